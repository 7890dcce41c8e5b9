"""One disagreement as one member may see it: their own, and what an exposure of theirs covers (promise 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import policy, queries
from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.marked_text import MarkedText, Quote, marked_text
from app.adjudication.models import Comment, Ruling
from app.adjudication.narrowing import Narrowed, Narrowing, narrowed
from app.adjudication.openings import opened_keys
from app.adjudication.queries import Compared, Disagreement, Queue
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.coding.models import Memo
from app.coding.submissions import SubmittedSpan, SubmittedWork
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

HANDS = "abcd"
NOT_OPEN_YET = "a new code, still its author’s alone"


@dataclass(frozen=True)
class ShownCode:
    """code None: coined in another round that still hides it."""

    code: CodeEntry | None
    is_main: bool
    spans: tuple[SubmittedSpan, ...] = ()

    @property
    def name(self) -> str:
        return self.code.name if self.code else NOT_OPEN_YET


@dataclass(frozen=True)
class CoderAnswer:
    """state: as submitted, 'skipped', or '' where the dimension was left open. memos: shared ones only."""

    member: Membership
    hand: str
    state: str
    codes: tuple[ShownCode, ...] = ()
    skip_reason: str = ""
    memos: tuple[Memo, ...] = ()
    flags: tuple[str, ...] = ()  # the notes; blank where there is none

    @property
    def place(self) -> int:
        return HANDS.index(self.hand)

    @property
    def spans(self) -> list[tuple[SubmittedSpan, str]]:
        """(quote, name of its code) in the order of the text."""
        return sorted((span, code.name) for code in self.codes for span in code.spans)


@dataclass(frozen=True)
class ShownRuling:
    """basis '': an answer of a later round is the final one."""

    ruling: Ruling
    by: Membership
    codes: tuple[ShownCode, ...]
    participants: tuple[Membership, ...]
    basis: str


@dataclass(frozen=True)
class OtherDimension:
    """Another dimension of the same incident. disagreement None: the coders agree."""

    dimension: DimensionEntry
    disagreement: Disagreement | None


@dataclass(frozen=True)
class DisagreementPage:
    """hidden: how many things of others an opening would show. is_opened: all answers of others may be seen."""

    coding_round: Round
    incident: Incident
    dimension: DimensionEntry
    codebook: Codebook
    kind: str
    answers: tuple[CoderAnswer, ...]
    rulings: tuple[ShownRuling, ...]
    comments: tuple[tuple[Comment, Membership, int | None], ...]
    hidden: int
    is_opened: bool
    may_rule: bool
    may_comment: bool
    listed: Disagreement
    walk: Narrowed
    others: tuple[OtherDimension, ...] = ()
    people: tuple[Membership, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        return self.incident.id, self.dimension.id

    @property
    def standing_ruling(self) -> ShownRuling | None:
        return self.rulings[0] if self.rulings else None

    @cached_property
    def marked(self) -> MarkedText:
        quotes = [
            Quote(answer.hand, number, span.start, span.end, answer.member.initials, (answer.member.name, code))
            for answer in self.answers
            for number, (span, code) in enumerate(answer.spans, 1)
        ]
        return marked_text(self.incident.text or "", quotes)

    @cached_property
    def offered(self) -> list[CodeEntry]:
        """The codes that coders submitted, once each, in the order of the columns."""
        found = [shown.code for answer in self.answers for shown in answer.codes if shown.code]
        return list({code.id: code for code in found}.values())

    @cached_property
    def digits(self) -> dict[int, str]:
        """Code -> the key that picks it."""
        return {code.id: str(place) for place, code in enumerate(self.offered[:9], 1)}

    @cached_property
    def further(self) -> list[tuple[str, CodeEntry]]:
        """(category, code) of every other code that can be chosen."""
        offered = {code.id for code in self.offered}
        return [
            (category.name if (category := self.codebook.category_of(code.id)) else "", code)
            for code in self.codebook.appliable(self.dimension.id)
            if code.id not in offered
        ]

    @property
    def main_choices(self) -> list[tuple[int, str]]:
        return [(code.id, code.name) for code in [*self.offered, *(code for _, code in self.further)]]

    @property
    def position(self) -> int:
        """Among those that one walks through, from 1; 0 where it is none of them."""
        return self.walk.position(self.key)

    def neighbour(self, step: int) -> Disagreement | None:
        return self.walk.neighbour(self.key, step)


@dataclass
class Sight:
    """What is covered for this member."""

    member_id: int
    covered: Mapping[str, set[int]]
    members: Mapping[int, Membership]
    codebook: Codebook
    hands: Mapping[int, str] = field(default_factory=dict)

    def shows(self, kind: str, member_id: int, key: int) -> bool:
        return member_id == self.member_id or key in self.covered[kind]

    def code(self, code_id: int, is_main: bool, spans: Sequence[SubmittedSpan] = ()) -> ShownCode:
        return ShownCode(self.codebook.codes.get(code_id), is_main, tuple(spans))


def disagreement_page(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    incident_id: int,
    dimension_id: int,
    narrowing: Narrowing | None = None,
) -> DisagreementPage:
    """What the queue does not list is not found: nobody answered it, or all agree. narrowing: one’s way through."""
    queue = queries.queue(session, coding_round)
    listed = queue.find((incident_id, dimension_id))
    if listed is None:
        raise NotFound
    narrowing = narrowing or Narrowing()
    opened = opened_keys(session, viewer, queue) if narrowing.codes else ()
    everything = queries.compared(session, coding_round, incident_id=incident_id)
    found = next(each for each in everything if each.dimension_id == dimension_id)
    sight = _sight(session, viewer, found)
    dimension = sight.codebook.dimension(dimension_id)
    if dimension is None:
        raise NotFound
    others = queries.of_others(session, coding_round, viewer.member.id, found)
    hidden = [(kind, key) for kind, key in others if key not in sight.covered[kind]]
    is_opened = not any(kind == "colleague_code" for kind, _ in hidden)
    return DisagreementPage(
        coding_round=coding_round,
        incident=session.scalars(
            select(Incident).where(Incident.study_id == viewer.study.id, Incident.id == incident_id)
        ).one(),
        dimension=dimension,
        codebook=sight.codebook,
        kind=found.comparison.kind,
        answers=_answers(session, coding_round, found, sight),
        rulings=_rulings(session, coding_round, found, sight),
        comments=_comments(session, coding_round, found, sight),
        hidden=len(hidden),
        is_opened=is_opened,
        may_rule=is_opened and policy.may_rule(viewer, coding_round),
        may_comment=viewer.may_code,
        listed=listed,
        walk=narrowed(queue, narrowing, opened),
        others=_other_dimensions(queue, everything, dimension_id, sight) if is_opened else (),
        people=_people(viewer, sight, found) if is_opened else (),
    )


def _sight(session: Session, viewer: Viewer, found: Compared) -> Sight:
    member_id = viewer.member.id
    return Sight(
        member_id=member_id,
        covered={
            kind: exposed_subjects(session, viewer.study.id, member_id, kind, found.incident_id)
            for kind in ("colleague_code", "comment", "ruling", "shared_memo", FLAG)
        },
        members=members_by_id(session, viewer.study.id),
        codebook=visible_codebook(session, viewer.study.id, member_id),
        hands={coder_id: HANDS[place % len(HANDS)] for place, coder_id in enumerate(found.coder_ids)},
    )


def _answers(session: Session, coding_round: Round, found: Compared, sight: Sight) -> tuple[CoderAnswer, ...]:
    memos: dict[int, list[Memo]] = {}
    for memo in queries.shared_memos(session, coding_round, found.incident_id):
        if sight.shows("shared_memo", memo.member_id, memo.id):
            memos.setdefault(memo.member_id, []).append(memo)
    flags: dict[int, list[str]] = {}
    for raised in raised_flags(session, coding_round, incident_id=found.incident_id):
        if sight.shows(FLAG, raised.member_id, raised.id):
            flags.setdefault(raised.member_id, []).append(raised.flag.note)
    return tuple(
        replace(
            answer_of(work, found.dimension_id, sight, memos.get(work.submission.member_id, [])),
            flags=tuple(flags.get(work.submission.member_id, [])),
        )
        for work in found.works
        if sight.shows("colleague_code", work.submission.member_id, work.submission.id)
    )


def answer_of(work: SubmittedWork, dimension_id: int, sight: Sight, memos: Sequence[Memo]) -> CoderAnswer:
    member_id = work.submission.member_id
    reply = work.answers.get(dimension_id)
    skipped = work.submission.kind == "skipped"
    return CoderAnswer(
        member=sight.members[member_id],
        hand=sight.hands[member_id],
        state=reply.state if reply else "skipped" if skipped else "",
        codes=tuple(sight.code(c.code_id, c.is_main, c.evidence) for c in reply.codes) if reply else (),
        skip_reason=work.submission.skip_reason or "",
        memos=tuple(memos),
    )


def _rulings(session: Session, coding_round: Round, found: Compared, sight: Sight) -> tuple[ShownRuling, ...]:
    """Newest first."""
    rulings = [
        ruling
        for ruling in queries.rulings_on(session, coding_round, *found.key)
        if sight.shows("ruling", ruling.member_id, ruling.id)
    ]
    codes = queries.ruled_codes(session, rulings)
    participants = queries.participants(session, rulings)
    bases = queries.bases(session, rulings)
    return tuple(
        ShownRuling(
            ruling=ruling,
            by=sight.members[ruling.member_id],
            codes=tuple(sight.code(code.code_id, code.is_main) for code in codes[ruling.id]),
            participants=tuple(sight.members[member_id] for member_id in participants[ruling.id]),
            basis=bases.get(ruling.id, ""),
        )
        for ruling in rulings
    )


def _comments(
    session: Session, coding_round: Round, found: Compared, sight: Sight
) -> tuple[tuple[Comment, Membership, int | None], ...]:
    """(comment, author, place among the coders of the incident)"""
    return tuple(
        (comment, sight.members[comment.member_id], _place(sight, comment.member_id))
        for comment in queries.comments_on(session, coding_round, *found.key)
        if sight.shows("comment", comment.member_id, comment.id)
    )


def _place(sight: Sight, member_id: int) -> int | None:
    return HANDS.index(sight.hands[member_id]) if member_id in sight.hands else None


def _other_dimensions(
    queue: Queue, everything: Sequence[Compared], dimension_id: int, sight: Sight
) -> tuple[OtherDimension, ...]:
    by_key = {each.key: each for each in queue.disagreements}
    shown = [
        OtherDimension(dimension, by_key.get(each.key))
        for each in everything
        if each.dimension_id != dimension_id and (dimension := sight.codebook.dimension(each.dimension_id))
    ]
    return tuple(sorted(shown, key=lambda other: (other.dimension.position, other.dimension.id)))


def _people(viewer: Viewer, sight: Sight, found: Compared) -> tuple[Membership, ...]:
    """Who may have taken part in a ruling: the coders of the incident first."""
    able = [
        member
        for member in sight.members.values()
        if member.id != viewer.member.id and member.kind != "model" and member.role != "reader" and not member.ended_at
    ]
    return tuple(sorted(able, key=lambda member: (member.id not in found.coder_ids, member.id)))
