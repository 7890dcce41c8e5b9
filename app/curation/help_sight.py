"""What a lead may see of an asking. One about codes is open to all leads; a definition is made of quotes, and these are
shown only after they were opened (promises 1 and 3)."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from app.coding.exposures import exposed_subjects
from app.curation import help_queries as queries
from app.curation.help_models import CodebookHelp
from app.curation.help_queries import AppliedQuote
from app.studies.viewer import Viewer


class Sight(StrEnum):
    """closed: may be opened, by a POST that records the exposures first. hidden: its words stay unseen for now."""

    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


def sight_of(session: Session, viewer: Viewer, asked: CodebookHelp) -> Sight:
    """Hidden while a round of its quotes runs again, and while the viewer codes one of their incidents."""
    wanted = asked.material["evidence_ids"]
    if not wanted:
        return Sight.OPEN
    quotes = queries.quotes_by_id(session, viewer.study.id, wanted)
    incident_ids = {quote.incident_id for quote in quotes}
    if len(quotes) < len(wanted) or queries.still_to_code(session, viewer.study.id, viewer.member.id, incident_ids):
        return Sight.HIDDEN
    return Sight.CLOSED if unopened(session, viewer, quotes) else Sight.OPEN


def unopened(session: Session, viewer: Viewer, quotes: Sequence[AppliedQuote]) -> list[AppliedQuote]:
    """Those of colleagues that no exposure covers."""
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code")
    return [quote for quote in quotes if quote.member_id != viewer.member.id and quote.submission_id not in seen]
