"""What the templates of the desk are given. Rooms above that save an act of their own answer with `saved_answer`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID, uuid4

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.codebook.tree import CodeEntry
from app.coding.comparing import comparable_assignments
from app.coding.desk import Answers, Card, Chip, answers_after, desk, incident_of
from app.coding.marked_text import MarkedParagraph, hand_of, marked_text, paragraph_numbers
from app.coding.step import Change, Step
from app.coding.submissions import submission_count
from app.rounds.models import Round
from app.rounds.queries import frozen_version
from app.studies.viewer import Viewer
from app.web.pages import fragment, is_htmx, redirect_after

SAVED = "Act-Saved"  # a browser forgets an act only when an answer names it
PURPOSES = {
    "calibration": "calibration",
    "reliability": "reliability",
    "single_coding": "single coding",
    "imported": "imported ratings",
    "recoding": "recoding",
}


@dataclass(frozen=True)
class Refusal:
    """An act that was not saved: why, and what was typed."""

    kind: str
    dimension_id: int | None
    sentence: str
    typed: Mapping[str, str] = field(default_factory=dict)
    is_incomplete: bool = False
    near: Sequence[CodeEntry] = ()  # codes that are nearly what was typed

    def said(self, field_name: str) -> str:
        return self.typed.get(field_name, "")


@dataclass(frozen=True)
class Collision:
    """An act built on an old state: what was tried, beside what is stored now."""

    act_id: UUID
    tried: str
    stored: str
    kind: str
    fields: Mapping[str, str]
    stored_in: Mapping[int, str]  # by dimension: what is stored there now, without its name


@dataclass(frozen=True)
class ChipGroup:
    """is_more: all of them stand behind *find*."""

    name: str
    chips: list[Chip]
    is_more: bool


@dataclass(frozen=True)
class DeskPage:
    """desk: a whole Desk for the whole page; for single dimensions their Answers do. text: of the incident, '' where
    nothing that is shown quotes it. may_compare: colleagues' answers may be opened by now."""

    desk: Answers
    text: str
    viewer: Viewer
    version_name: str
    suggestion_slot_url: str | None
    focused_id: int | None
    shown_whole: int | None = None  # the dimension whose codes beyond the ninth are shown
    refusal: Refusal | None = None
    collision: Collision | None = None
    may_compare: bool = False

    @property
    def url(self) -> str:
        return assignment_url(self.viewer, self.desk.assignment.id)

    @property
    def queue_url(self) -> str:
        return f"/studies/{self.viewer.study.slug}/coding"

    @property
    def round_words(self) -> str:
        return f"{self.desk.coding_round.name} · {plan_words(self.desk.coding_round, self.version_name)}"

    @cached_property
    def paragraphs(self) -> list[MarkedParagraph]:
        return marked_text(self.desk, self.text)

    @cached_property
    def paragraph_of(self) -> dict[int, int]:
        return paragraph_numbers(self.desk, self.text)

    @property
    def answered(self) -> int:
        return sum(card.is_answered for card in self.desk.cards)

    def new_act_id(self) -> str:
        return str(uuid4())

    def url_of(self, assignment_id: int | None) -> str | None:
        return assignment_url(self.viewer, assignment_id) if assignment_id else None

    def hand(self, card: Card) -> str:
        return hand_of(self.desk, card.dimension.id)

    def groups(self, card: Card) -> list[ChipGroup]:
        """Chips under the names of their categories, in the order of their digits."""
        parents = {chip.category.id for chip in card.chips if chip.category}
        found: dict[tuple[int, str], list[Chip]] = {}
        for chip in card.chips:
            head = chip.category or (chip.code if chip.code.id in parents else None)
            found.setdefault((head.id, head.name) if head else (0, ""), []).append(chip)
        return [ChipGroup(name, chips, all(self.is_more(card, c) for c in chips)) for (_, name), chips in found.items()]

    def is_more(self, card: Card, chip: Chip) -> bool:
        """Behind *find*: beyond the nine that have a digit, unless applied or asked for."""
        return not chip.digit and not chip.is_applied and self.shown_whole != card.dimension.id

    def quotable(self, card: Card) -> list[tuple[int, str]]:
        return [(chip.code.id, chip.code.name) for chip in card.applied]

    def more(self, card: Card) -> int:
        return sum(self.is_more(card, chip) for chip in card.chips)

    def refusal_of(self, kind: str, dimension_id: int | None = None) -> Refusal | None:
        found = self.refusal
        return found if found and (found.kind, found.dimension_id) == (kind, dimension_id) else None

    def refusals_beside_forms(self, dimension_id: int) -> Refusal | None:
        """Of a dimension, for acts that have no field in which to say so."""
        found = self.refusal
        return found if found and found.dimension_id == dimension_id and found.kind not in FIELDED else None

    @property
    def other_refusal(self) -> Refusal | None:
        """Of no dimension that is shown, and of no field."""
        found = self.refusal
        shown = {card.dimension.id for card in self.desk.cards}
        return found if found and found.dimension_id not in shown and found.kind not in FIELDED else None


FIELDED = ("create_code", "add_evidence", "write_memo", "flag", "skip", "submit")


def desk_page(
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    *,
    focused_id: int | None = None,
    shown_whole: int | None = None,
    refusal: Refusal | None = None,
    collision: Collision | None = None,
) -> DeskPage:
    shown = desk(session, viewer, assignment_id)
    version = frozen_version(session, shown.coding_round)
    return DeskPage(
        desk=shown,
        text=shown.incident.text or "",
        viewer=viewer,
        version_name=version.name if version else "",
        suggestion_slot_url=_slot(session, viewer, shown),
        focused_id=_focused(shown, focused_id),
        shown_whole=shown_whole,
        refusal=refusal,
        collision=collision,
        may_compare=_may_compare(session, viewer, shown),
    )


def saved_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    assignment_id: int,
    act_id: object,
    *,
    dimension_id: int | None = None,
) -> Response:
    """After an act: for scripts the answers as they are now with all that goes with them, for plain forms the desk."""
    url = assignment_url(viewer, assignment_id)
    if is_htmx(request):
        shown = desk_page(session, viewer, assignment_id, focused_id=dimension_id)
        response: Response = fragment(request, "coding/_saved_act.html", bench=shown)
    else:
        place = f"?dimension={dimension_id}#dimension-{dimension_id}" if dimension_id else ""
        response = redirect_after(request, url + place)
    response.headers[SAVED] = str(act_id)
    return response


def saved_dimensions(request: Request, step: Step, change: Change, act_id: object, alone: Collection[int]) -> Response:
    """After an act on a dimension: the dimensions `alone` as they are now, and of the rest what such an act changes."""
    given = answers_after(step)
    quotes_moved = change.moves_quotes
    needs_text = quotes_moved or any(card.evidence for card in given.cards if card.dimension.id in alone)
    shown = DeskPage(
        desk=given,
        text=incident_of(step.session, step.assignment).text or "" if needs_text else "",
        viewer=step.viewer,
        version_name="",
        suggestion_slot_url=_slot(step.session, step.viewer, given),
        focused_id=change.dimension_id,
    )
    response = fragment(request, "coding/_saved_cards.html", bench=shown, alone=alone, quotes_moved=quotes_moved)
    response.headers[SAVED] = str(act_id)
    return response


def assignment_url(viewer: Viewer, assignment_id: int) -> str:
    return f"/studies/{viewer.study.slug}/assignments/{assignment_id}"


def plan_words(coding_round: Round, version_name: str) -> str:
    return f"{PURPOSES[coding_round.purpose]} · " + (f"codebook {version_name}" if version_name else "live codebook")


def _slot(session: Session, viewer: Viewer, shown: Answers) -> str | None:
    """Where suggestions may come from; the room that has them decides whether they do."""
    arm, assignment = shown.assignment.arm, shown.assignment
    if arm == "blind" or (arm == "after" and not submission_count(session, assignment.study_id, assignment.id)):
        return None
    return f"{assignment_url(viewer, assignment.id)}/suggestions"


def _may_compare(session: Session, viewer: Viewer, shown: Answers) -> bool:
    incident_id = shown.assignment.incident_id
    return shown.assignment.id in comparable_assignments(session, viewer, shown.coding_round, incident_id=incident_id)


def _focused(shown: Answers, asked: int | None) -> int | None:
    if asked is not None and shown.card(asked):
        return asked
    still_open = shown.open_dimensions or [card.dimension for card in shown.cards]
    return still_open[0].id if still_open else None
