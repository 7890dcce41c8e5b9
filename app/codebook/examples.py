"""Examples of a code, of three kinds, and quotes of incidents that become examples."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.incidents.models import Incident
from app.methods.quotes import QuoteStatus, locate_quote
from app.problems import Invalid

KINDS = {"typical": "Typical example", "close_call": "Close call", "atypical": "Atypical example"}


class NoSuchKind(Invalid):
    """An example is typical, a close call, or atypical. Choose one."""


class NoQuote(Invalid):
    """There is nothing quoted yet. Copy the words out of the incident."""


class NoSuchIncident(Invalid):
    """The study has no incident of this number."""


class NotInTheText(Invalid):
    """The incident does not say these words. Copy them out of its text, or leave the number blank."""


def kind_of(example: Mapping[str, Any]) -> str:
    """Of those that were written before there were kinds, each is typical."""
    kind = example.get("kind")
    return kind if kind in KINDS else "typical"


def quoted_example(session: Session, study_id: int, *, kind: str, text: str, number: int | None) -> dict[str, Any]:
    """number: of the incident that says so, None for words of one's own. The quote is stored as the text has it."""
    if kind not in KINDS:
        raise NoSuchKind
    if not text.strip():
        raise NoQuote
    if number is None:
        return {"kind": kind, "text": text.strip()}
    incident = session.scalar(select(Incident).where(Incident.study_id == study_id, Incident.number == number))
    if incident is None:
        raise NoSuchIncident
    found = locate_quote(incident.text or "", text)
    if found.status not in (QuoteStatus.EXACT, QuoteStatus.FOLDED):
        raise NotInTheText
    return {"kind": kind, "text": (incident.text or "")[found.start : found.end], "incident_id": incident.id}
