"""What a lead sees of what leaves for a model: what was spent, and an incident as it would be sent."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.ledger.budget import Spending, spending
from app.llm.marks import preview_mark
from app.methods.redaction import Redacted
from app.studies.models import Study
from app.suggestions.injection import ways_it_speaks
from app.suggestions.leaving import Leaving
from app.suggestions.prompt import incident_part


@dataclass(frozen=True)
class LeavingPage:
    """incident None: the study has none with a text. sent: its part of the message, byte for byte but for the mark."""

    spending: Spending
    version: str
    incident: Incident | None
    redacted: Redacted | None
    sent: str
    before: int | None
    after: int | None

    @property
    def flags(self) -> tuple[str, ...]:
        """How the text speaks to a model, in words."""
        return ways_it_speaks(self.incident.text or "") if self.incident else ()

    @property
    def taken_out(self) -> list[tuple[str, str]]:
        """(placeholder, what stands there), each once, in the order of the text."""
        if self.redacted is None:
            return []
        return list(
            dict.fromkeys((r.placeholder, r.original.of(self.redacted.original)) for r in self.redacted.replaced)
        )


def leaving_page(session: Session, study_id: int, number: int | None) -> LeavingPage:
    """number: of the incident to show; the first with a text where there is no such one."""
    study = session.get_one(Study, study_id)
    leaving = Leaving.of(study)
    numbers = list(
        session.scalars(
            select(Incident.number)
            .where(Incident.study_id == study_id, Incident.text.is_not(None))
            .order_by(Incident.number)
        )
    )
    at = numbers.index(number) if number in numbers else 0
    incident = (
        session.scalars(select(Incident).where(Incident.study_id == study_id, Incident.number == numbers[at])).one()
        if numbers
        else None
    )
    redacted = leaving.of_text(incident.text or "") if incident else None
    return LeavingPage(
        spending=spending(session, study_id),
        version=leaving.version,
        incident=incident,
        redacted=redacted,
        sent=incident_part(redacted.text, mark=preview_mark(redacted.text)) if redacted else "",
        before=numbers[at - 1] if at > 0 else None,
        after=numbers[at + 1] if at + 1 < len(numbers) else None,
    )
