"""The coding screen as plain values: one incident, and a card for each dimension."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.models import AssignmentWork, Flag
from app.coding.notes import own_flag, own_memo
from app.coding.policy import codable_codebook, may_act
from app.coding.queries import STATE_WORDS, Place, place_in_queue, undone_after, work_on
from app.coding.standing import StandingAnswer, StandingCode, standing_answers
from app.coding.step import Step
from app.incidents.models import Incident
from app.rounds.models import KEPT, WITHDRAWN, Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer

DIGITS = "123456789"


@dataclass(frozen=True)
class Quote:
    """A piece of evidence: text[start:end], in code points."""

    evidence_id: int
    code_id: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Chip:
    """A code that can be pressed. digit: its key, or ''. is_gone: applied once, no longer to be had."""

    code: CodeEntry
    category: CodeEntry | None
    digit: str
    is_applied: bool
    is_main: bool
    is_gone: bool
    origin: str
    code_application_id: int | None
    evidence: tuple[Quote, ...]


@dataclass(frozen=True)
class Card:
    """state: coded, none_applies, not_enough_information, or '' for not coded."""

    dimension: DimensionEntry
    state: str
    chips: tuple[Chip, ...]

    @property
    def applied(self) -> list[Chip]:
        return [chip for chip in self.chips if chip.is_applied]

    @property
    def applied_ids(self) -> set[int]:
        return {chip.code.id for chip in self.applied}

    @property
    def main(self) -> Chip | None:
        return next((chip for chip in self.chips if chip.is_main), None)

    @property
    def evidence(self) -> list[Quote]:
        """In the order of the text."""
        found = [quote for chip in self.chips for quote in chip.evidence]
        return sorted(found, key=lambda quote: (quote.start, quote.end, quote.evidence_id))

    @property
    def is_answered(self) -> bool:
        return self.state != ""


@dataclass(frozen=True)
class Answers:
    """One's own assignment as far as an act on one of its dimensions may change it.

    state: pending, draft, submitted, skipped or withdrawn. may_change: whether acts other than taking back are possible
    now.
    """

    assignment: Assignment
    coding_round: Round
    codebook: Codebook
    cards: tuple[Card, ...]
    state: str
    may_act: bool
    last_act_id: UUID | None
    saved_at: datetime | None

    @property
    def state_word(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def may_change(self) -> bool:
        return self.may_act and self.state in ("pending", "draft")

    @property
    def may_take_back(self) -> bool:
        return self.may_act and self.state in ("submitted", "skipped")

    @property
    def open_dimensions(self) -> list[DimensionEntry]:
        return [card.dimension for card in self.cards if not card.is_answered]

    def card(self, dimension_id: int) -> Card | None:
        return next((card for card in self.cards if card.dimension.id == dimension_id), None)


@dataclass(frozen=True)
class Desk(Answers):
    """Everything that the coding screen shows of one's own assignment."""

    incident: Incident
    memo: str
    memo_is_shared: bool
    flag: Flag | None
    place: Place


def desk(session: Session, viewer: Viewer, assignment_id: int) -> Desk:
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    work = work_on(session, assignment.study_id, assignment.id)
    given = _answers(session, viewer, assignment, coding_round, work, codable_codebook(session, viewer, coding_round))
    memo = own_memo(session, assignment)
    return Desk(
        **vars(given),
        incident=incident_of(session, assignment),
        memo=memo.text if memo else "",
        memo_is_shared=memo.sharing == "shared" if memo else True,
        flag=own_flag(session, assignment),
        place=place_in_queue(session, assignment),
    )


def next_undone(session: Session, viewer: Viewer, assignment_id: int) -> int | None:
    """The assignment that coding goes on with, after this one."""
    assignment, _ = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    return undone_after(session, assignment)


def answers_after(step: Step) -> Answers:
    """As they are now that the act is saved."""
    return _answers(step.session, step.viewer, step.assignment, step.coding_round, step.work, step.codebook)


def incident_of(session: Session, assignment: Assignment) -> Incident:
    return session.scalars(
        select(Incident).where(Incident.study_id == assignment.study_id, Incident.id == assignment.incident_id)
    ).one()


def _answers(
    session: Session,
    viewer: Viewer,
    assignment: Assignment,
    coding_round: Round,
    work: AssignmentWork | None,
    codebook: Codebook,
) -> Answers:
    standing = standing_answers(session, assignment)
    return Answers(
        assignment=assignment,
        coding_round=coding_round,
        codebook=codebook,
        cards=tuple(_card(codebook, dimension, standing.get(dimension.id)) for dimension in codebook.dimensions),
        state=_state_of(assignment, work),
        may_act=may_act(viewer, coding_round, assignment),
        last_act_id=work.last_act_id if work else None,
        saved_at=work.changed_at if work else None,
    )


def _state_of(assignment: Assignment, work: AssignmentWork | None) -> str:
    """Who left the round has done what they handed in, also where they had taken it back."""
    if assignment.ending == WITHDRAWN:
        return WITHDRAWN
    state = work.state if work else "pending"
    return "submitted" if assignment.ending == KEPT and state == "draft" else state


def _card(codebook: Codebook, dimension: DimensionEntry, standing: StandingAnswer | None) -> Card:
    applied = {code.code_id: code for code in standing.codes} if standing else {}
    appliable = codebook.appliable(dimension.id)
    offered = {code.id for code in appliable}
    gone = [codebook.codes[key] for key in applied if key not in offered and key in codebook.codes]
    digits = dict(zip((code.id for code in appliable), DIGITS, strict=False))
    chips = [
        _chip(codebook, code, digits.get(code.id, ""), code.id not in offered, applied.get(code.id))
        for code in appliable + gone
    ]
    return Card(dimension, (standing and standing.state) or "", tuple(chips))


def _chip(codebook: Codebook, code: CodeEntry, digit: str, is_gone: bool, application: StandingCode | None) -> Chip:
    return Chip(
        code=code,
        category=codebook.category_of(code.id),
        digit=digit,
        is_applied=application is not None,
        is_main=application.is_main if application else False,
        is_gone=is_gone,
        origin=application.origin if application else "",
        code_application_id=application.application_id if application else None,
        evidence=_quotes(application) if application else (),
    )


def _quotes(application: StandingCode) -> tuple[Quote, ...]:
    """In the order of the text."""
    found = (Quote(each.evidence_id, application.code_id, *each[1:4]) for each in application.quotes)
    return tuple(sorted(found, key=lambda quote: (quote.start, quote.end)))
