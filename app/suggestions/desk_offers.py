"""What the templates of the desk's suggestions are given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry
from app.coding.policy import codable_codebook
from app.coding.queries import work_on
from app.incidents.models import Incident
from app.methods.text import to_utf16_offset
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer
from app.suggestions.injection import ways_it_speaks
from app.suggestions.offers import offers
from app.suggestions.paragraphs import Paragraph, paragraphs
from app.suggestions.shown import Offer, ShownQuote, ShownSuggestion

CAME_TO = {
    "refused": "The model declined to answer. Code this one by hand.",
    "filtered": "The filter of the model’s provider stopped its answer. Code this one by hand.",
    "cut": "The model’s answer was cut off before its end. Code this one by hand.",
    "invalid": "The model’s answer could not be read. Code this one by hand.",
    "unread": "The model’s answer could not be read. Code this one by hand.",
    "failed": "The model gave no answer. Code this one by hand.",
}
CAUSE_WORDS = {
    "other_code": "Another code fits",
    "no_evidence": "The text does not say so",
    "too_vague": "Too vague to be used",
    "not_asked": "Not what is asked here",
}


@dataclass(frozen=True)
class DecisionRefusal:
    """A decision that was not saved: about which suggestion, why, and what was typed. near: codes nearly as it was
    named."""

    suggestion_id: int
    decision: str
    sentence: str
    name: str = ""
    reason: str = ""
    code_id: int | None = None
    near: Sequence[CodeEntry] = ()


@dataclass(frozen=True)
class DeskOffers:
    """offers: of the dimensions that are shown. together: what may be taken over at once, of all dimensions.
    is_handed_in: taking something over makes the incident a draft again."""

    viewer: Viewer
    assignment: Assignment
    coding_round: Round
    incident: Incident
    offers: list[Offer]
    dimension_names: Mapping[int, str]
    last_act_id: UUID | None
    is_handed_in: bool
    together: tuple[ShownSuggestion, ...] = ()
    refusal: DecisionRefusal | None = None

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

    @property
    def causes(self) -> Mapping[str, str]:
        return CAUSE_WORDS

    def came_to(self, offer: Offer) -> str:
        return CAME_TO[offer.came_to]

    def refusal_of(self, one: ShownSuggestion, decision: str) -> DecisionRefusal | None:
        found = self.refusal
        return found if found and (found.suggestion_id, found.decision) == (one.id, decision) else None

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


def desk_offers(
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    dimension_id: int | None,
    *,
    refusal: DecisionRefusal | None = None,
) -> DeskOffers:
    """Of one's own assignment; another's is not found."""
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    work = work_on(session, assignment.study_id, assignment.id)
    codebook = codable_codebook(session, viewer, coding_round)
    every = offers(session, viewer, assignment, coding_round)
    return DeskOffers(
        viewer=viewer,
        assignment=assignment,
        coding_round=coding_round,
        incident=session.get_one(Incident, assignment.incident_id),
        offers=[offer for offer in every if dimension_id in (None, offer.dimension_id)],
        dimension_names={dimension.id: dimension.name for dimension in codebook.dimensions},
        last_act_id=work.last_act_id if work else None,
        is_handed_in=work is not None and work.state != "draft",
        together=tuple(one for offer in every if offer.may_decide for one in offer.together),
        refusal=refusal,
    )
