"""Agreement between raters: coefficients, their intervals and the plan of a reliability round.

Results are plain values; what computes them needs numpy and scipy and is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.methods.agreement.results import AgreementReport, CodeAgreement, Coefficient, Measures

if TYPE_CHECKING:
    from app.methods.agreement.arrays import count_codes, count_long, count_long_sets
    from app.methods.agreement.mapping import differing, mapped
    from app.methods.agreement.planning import incidents_needed
    from app.methods.agreement.report import agreement_of, agreement_of_patterns, alpha_of, measures_of
    from app.methods.agreement.tables import count_patterns, count_set_patterns

COMPUTING = {
    "agreement_of": "report",
    "agreement_of_patterns": "report",
    "alpha_of": "report",
    "count_codes": "arrays",
    "count_long": "arrays",
    "count_long_sets": "arrays",
    "count_patterns": "tables",
    "count_set_patterns": "tables",
    "differing": "mapping",
    "incidents_needed": "planning",
    "mapped": "mapping",
    "measures_of": "report",
}

__all__ = [
    "AgreementReport",
    "CodeAgreement",
    "Coefficient",
    "Measures",
    "agreement_of",
    "agreement_of_patterns",
    "alpha_of",
    "count_codes",
    "count_long",
    "count_long_sets",
    "count_patterns",
    "count_set_patterns",
    "differing",
    "incidents_needed",
    "mapped",
    "measures_of",
]


def __getattr__(name: str) -> Any:
    if name not in COMPUTING:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{COMPUTING[name]}"), name)
