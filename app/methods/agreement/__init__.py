"""Agreement between raters: coefficients, their intervals and the plan of a reliability round.

Results are plain values; what computes them needs numpy and scipy and is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from app.methods.agreement.results import AgreementReport, CodeAgreement, Coefficient

if TYPE_CHECKING:
    from app.methods.agreement.planning import incidents_needed
    from app.methods.agreement.report import agreement_of

COMPUTING = {"agreement_of": "report", "incidents_needed": "planning"}

__all__ = ["AgreementReport", "CodeAgreement", "Coefficient", "agreement_of", "incidents_needed"]


def __getattr__(name: str) -> Any:
    if name not in COMPUTING:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{COMPUTING[name]}"), name)
