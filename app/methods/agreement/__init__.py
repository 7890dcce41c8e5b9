"""Agreement between raters: coefficients, their intervals and the plan of a reliability round."""

from app.methods.agreement.planning import incidents_needed
from app.methods.agreement.report import (
    AgreementReport,
    CodeAgreement,
    Coefficient,
    agreement_of,
)

__all__ = ["AgreementReport", "CodeAgreement", "Coefficient", "agreement_of", "incidents_needed"]
