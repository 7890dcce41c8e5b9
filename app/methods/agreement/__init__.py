"""Agreement between raters: coefficients, their intervals and the plan of a reliability round.

Results are plain values; what computes them needs numpy and scipy and is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.methods.agreement.results import AgreementReport, CodeAgreement, Coefficient, Measures

if TYPE_CHECKING:
    from app.methods.agreement.analytic import cohen_error, gwet_error
    from app.methods.agreement.arrays import count_codes, count_long, count_long_sets
    from app.methods.agreement.contributions import unit_contributions
    from app.methods.agreement.evidence import evidence_agreement
    from app.methods.agreement.inclusion import inclusion_agreement
    from app.methods.agreement.mapping import differing, mapped, rolled_up
    from app.methods.agreement.matrices import code_confusion, confusion, confusion_of_two, pair_agreements
    from app.methods.agreement.planning import expected_width, incidents_needed, more_units, units_for_width
    from app.methods.agreement.report import agreement_of, agreement_of_patterns, alpha_of, measures_of
    from app.methods.agreement.tables import count_patterns, count_set_patterns

COMPUTING = {
    "agreement_of": "report",
    "agreement_of_patterns": "report",
    "alpha_of": "report",
    "code_confusion": "matrices",
    "cohen_error": "analytic",
    "confusion": "matrices",
    "confusion_of_two": "matrices",
    "count_codes": "arrays",
    "count_long": "arrays",
    "count_long_sets": "arrays",
    "count_patterns": "tables",
    "count_set_patterns": "tables",
    "differing": "mapping",
    "evidence_agreement": "evidence",
    "expected_width": "planning",
    "gwet_error": "analytic",
    "incidents_needed": "planning",
    "inclusion_agreement": "inclusion",
    "mapped": "mapping",
    "measures_of": "report",
    "more_units": "planning",
    "pair_agreements": "matrices",
    "rolled_up": "mapping",
    "unit_contributions": "contributions",
    "units_for_width": "planning",
}

__all__ = [
    "AgreementReport",
    "CodeAgreement",
    "Coefficient",
    "Measures",
    "agreement_of",
    "agreement_of_patterns",
    "alpha_of",
    "code_confusion",
    "cohen_error",
    "confusion",
    "confusion_of_two",
    "count_codes",
    "count_long",
    "count_long_sets",
    "count_patterns",
    "count_set_patterns",
    "differing",
    "evidence_agreement",
    "expected_width",
    "gwet_error",
    "incidents_needed",
    "inclusion_agreement",
    "mapped",
    "measures_of",
    "more_units",
    "pair_agreements",
    "rolled_up",
    "unit_contributions",
    "units_for_width",
]


def __getattr__(name: str) -> Any:
    if name not in COMPUTING:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{COMPUTING[name]}"), name)
