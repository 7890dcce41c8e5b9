"""What the templates of the desk's suggestions are given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.coding.policy import codable_codebook
from app.coding.queries import work_on
from app.incidents.models import Incident
from app.methods.text import to_utf16_offset
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer
from app.suggestions.injection import ways_it_speaks
from app.suggestions.offers import Offer, ShownQuote, offers
from app.suggestions.paragraphs import Paragraph, paragraphs


@dataclass(frozen=True)
class DeskOffers:
    """is_handed_in: taking something over makes the incident a draft again."""

    viewer: Viewer
    assignment: Assignment
    coding_round: Round
    incident: Incident
    offers: list[Offer]
    dimension_names: Mapping[int, str]
    last_act_id: UUID | None
    is_handed_in: bool

    @property
    def desk_url(self) -> str:
        return f"/studies/{self.viewer.study.slug}/assignments/{self.assignment.id}"

    @property
    def url(self) -> str:
        return f"{self.desk_url}/suggestions"

    @property
    def anything(self) -> bool:
        return any(offer.state != "nothing" for offer in self.offers)

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        return paragraphs(self.incident.text or "")

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """How the text speaks to a model, in words. Whoever reads a suggestion is told."""
        return ways_it_speaks(self.incident.text or "")

    def start_of(self, paragraph: Paragraph) -> int:
        """In UTF-16 units, as browsers count."""
        return to_utf16_offset(self.incident.text or "", paragraph.start)

    def new_act_id(self) -> str:
        return str(uuid4())

    def places(self, quote: ShownQuote) -> dict[str, int]:
        """What a link carries that shows the quote in the text, in the same units."""
        text = self.incident.text or ""
        return {
            "data_flash_start": to_utf16_offset(text, quote.start or 0),
            "data_flash_end": to_utf16_offset(text, quote.end or 0),
        }


def desk_offers(session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None) -> DeskOffers:
    """Of one's own assignment; another's is not found."""
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    work = work_on(session, assignment.study_id, assignment.id)
    codebook = codable_codebook(session, viewer, coding_round)
    return DeskOffers(
        viewer=viewer,
        assignment=assignment,
        coding_round=coding_round,
        incident=session.get_one(Incident, assignment.incident_id),
        offers=offers(session, viewer, assignment, coding_round, dimension_id),
        dimension_names={dimension.id: dimension.name for dimension in codebook.dimensions},
        last_act_id=work.last_act_id if work else None,
        is_handed_in=work is not None and work.state != "draft",
    )
