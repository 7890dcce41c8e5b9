"""One disagreement as one member may see it: their own, and what an exposure of theirs covers (promise 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import policy, queries
from app.adjudication.blind import Names, Somebody, names_beside, order_of_coders
from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.marked_text import MarkedText, Quote, marked_text
from app.adjudication.models import Ruling
from app.adjudication.narrowed_for import narrowed_for
from app.adjudication.narrowing import Narrowed, Narrowing
from app.adjudication.queries import Compared, Disagreement, Queue
from app.adjudication.taking_back import ShownTakingBack, taken_back
from app.adjudication.talk import Thread, callable_people, threads
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.coding.submissions import SubmittedSpan, SubmittedWork
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Round
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
    """state: as submitted, 'skipped', or '' where the dimension was left open. memos: shared ones only, as they may be
    read."""

    member: Somebody
    hand: str
    state: str
    codes: tuple[ShownCode, ...] = ()
    skip_reason: str = ""
    memos: tuple["ShownMemo", ...] = ()
    flags: tuple[str, ...] = ()  # the notes; blank where there is none

    @property
    def place(self) -> int:
        return HANDS.index(self.hand)

    @property
    def can_be_adopted(self) -> bool:
        return all(shown.code for shown in self.codes)

    @property
    def main_id(self) -> int | None:
        return next((shown.code.id for shown in self.codes if shown.is_main and shown.code), None)

    @property
    def spans(self) -> list[tuple[SubmittedSpan, str]]:
        """(quote, name of its code) in the order of the text."""
        return sorted((span, code.name) for code in self.codes for span in code.spans)


@dataclass(frozen=True)
class ShownMemo:
    id: int
    text: str


@dataclass(frozen=True)
class ShownRuling:
    """basis '': an answer of a later round is the final one. is_own_case: whoever ruled coded the incident.
    coders_beside: who of those that took part did.

    reason: as it may be read. taken_back: when it does not stand any more without another in its place.
    """

    ruling: Ruling
    by: Somebody
    codes: tuple[ShownCode, ...]
    participants: tuple[Somebody, ...]
    basis: str
    reason: str = ""
    is_own_case: bool = False
    coders_beside: tuple[Somebody, ...] = ()
    taken_back: ShownTakingBack | None = None


@dataclass(frozen=True)
class OtherDimension:
    """Another dimension of the same incident. disagreement None: the coders agree."""

    dimension: DimensionEntry
    disagreement: Disagreement | None


@dataclass(frozen=True)
class DisagreementPage:
    """hidden: how many things of others an opening would show. is_opened: all answers of others may be seen.

    people: who may have taken part. callable: names that a comment may call. is_blind: coders stand unnamed.
    is_own_case: the viewer coded this incident.
    """

    coding_round: Round
    incident: Incident
    dimension: DimensionEntry
    codebook: Codebook
    kind: str
    answers: tuple[CoderAnswer, ...]
    rulings: tuple[ShownRuling, ...]
    comments: tuple[Thread, ...]
    hidden: int
    is_opened: bool
    may_rule: bool
    may_comment: bool
    listed: Disagreement
    walk: Narrowed
    others: tuple[OtherDimension, ...] = ()
    people: tuple[Somebody, ...] = ()
    callable: tuple[str, ...] = ()
    is_blind: bool = False
    is_own_case: bool = False

    @property
    def key(self) -> tuple[int, int]:
        return self.incident.id, self.dimension.id

    @property
    def standing_ruling(self) -> ShownRuling | None:
        return self.rulings[0] if self.rulings and not self.rulings[0].taken_back else None

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

    @cached_property
    def quotes(self) -> list[tuple[str, str]]:
        """(start-end, words) of what coders quoted, once each, in the order of the text."""
        spans = sorted({(span.start, span.end) for answer in self.answers for span, _ in answer.spans})
        text = self.incident.text or ""
        return [(f"{start}-{end}", text[start:end]) for start, end in spans]

    @property
    def rule_codes(self) -> list[CodeEntry]:
        """A rule may be for any code of the dimension, a category among them."""
        active = [code for code in self.codebook.codes.values() if code.dimension_id == self.dimension.id]
        offered = {code.id for code in self.offered}
        others = sorted((c for c in active if c.is_active and c.id not in offered), key=lambda c: c.name.casefold())
        return [*(code for code in self.offered if code.is_active), *others]

    @property
    def rule_options(self) -> list[tuple[int, str]]:
        return [(code.id, code.name) for code in self.rule_codes]

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
    """What is covered for this member, and under which names."""

    member_id: int
    covered: Mapping[str, set[int]]
    names: Names
    codebook: Codebook
    hands: Mapping[int, str] = field(default_factory=dict)

    def shows(self, kind: str, member_id: int, key: int) -> bool:
        return member_id == self.member_id or key in self.covered[kind]

    def code(self, code_id: int, is_main: bool, spans: Sequence[SubmittedSpan] = ()) -> ShownCode:
        return ShownCode(self.codebook.codes.get(code_id), is_main, tuple(spans))

    def place(self, member_id: int) -> int | None:
        """Among the coders of the incident."""
        return HANDS.index(self.hands[member_id]) if member_id in self.hands else None


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
    everything = queries.compared(session, coding_round, incident_id=incident_id)
    found = next(each for each in everything if each.dimension_id == dimension_id)
    sight = _sight(session, viewer, coding_round, found, queue)
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
        comments=_threads(session, coding_round, found, sight),
        hidden=len(hidden),
        is_opened=is_opened,
        may_rule=is_opened and policy.may_rule(viewer, coding_round),
        may_comment=viewer.may_code,
        listed=listed,
        walk=narrowed_for(session, viewer, coding_round, queue, narrowing),
        others=_other_dimensions(queue, everything, dimension_id, sight) if is_opened else (),
        people=_people(viewer, sight, found) if is_opened else (),
        callable=callable_people(sight.names, viewer.member.id) if is_opened else (),
        is_blind=sight.names.is_blind,
        is_own_case=viewer.member.id in found.coder_ids,
    )


def _sight(session: Session, viewer: Viewer, coding_round: Round, found: Compared, queue: Queue) -> Sight:
    member_id = viewer.member.id
    ordered = order_of_coders(session, coding_round, found)
    return Sight(
        member_id=member_id,
        covered={
            kind: exposed_subjects(session, viewer.study.id, member_id, kind, found.incident_id)
            for kind in ("colleague_code", "comment", "ruling", "shared_memo", FLAG)
        },
        names=names_beside(session, viewer, coding_round, found, queue),
        codebook=visible_codebook(session, viewer.study.id, member_id),
        hands={coder_id: HANDS[place % len(HANDS)] for place, coder_id in enumerate(ordered)},
    )


def _answers(session: Session, coding_round: Round, found: Compared, sight: Sight) -> tuple[CoderAnswer, ...]:
    memos: dict[int, list[ShownMemo]] = {}
    for memo in queries.shared_memos(session, coding_round, found.incident_id):
        if sight.shows("shared_memo", memo.member_id, memo.id):
            memos.setdefault(memo.member_id, []).append(ShownMemo(memo.id, sight.names.words(memo.text)))
    flags: dict[int, list[str]] = {}
    for raised in raised_flags(session, coding_round, incident_id=found.incident_id):
        if sight.shows(FLAG, raised.member_id, raised.id):
            flags.setdefault(raised.member_id, []).append(sight.names.words(raised.flag.note))
    return tuple(
        replace(
            answer_of(work, found.dimension_id, sight, memos.get(work.submission.member_id, [])),
            flags=tuple(flags.get(work.submission.member_id, [])),
        )
        for work in sorted(found.works, key=lambda work: list(sight.hands).index(work.submission.member_id))
        if sight.shows("colleague_code", work.submission.member_id, work.submission.id)
    )


def answer_of(work: SubmittedWork, dimension_id: int, sight: Sight, memos: Sequence[ShownMemo]) -> CoderAnswer:
    member_id = work.submission.member_id
    reply = work.answers.get(dimension_id)
    skipped = work.submission.kind == "skipped"
    return CoderAnswer(
        member=sight.names.of(member_id),
        hand=sight.hands[member_id],
        state=reply.state if reply else "skipped" if skipped else "",
        codes=tuple(sight.code(c.code_id, c.is_main, c.evidence) for c in reply.codes) if reply else (),
        skip_reason=sight.names.words(work.submission.skip_reason or ""),
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
    returned = taken_back(session, rulings)
    names = sight.names
    return tuple(
        ShownRuling(
            ruling=ruling,
            by=names.of(ruling.member_id),
            codes=tuple(sight.code(code.code_id, code.is_main) for code in codes[ruling.id]),
            participants=tuple(names.of(member_id) for member_id in participants[ruling.id]),
            basis=bases.get(ruling.id, ""),
            reason=names.words(ruling.reason),
            is_own_case=ruling.member_id in found.coder_ids,
            coders_beside=tuple(names.of(key) for key in participants[ruling.id] if key in found.coder_ids),
            taken_back=ShownTakingBack.of(returned[ruling.id], names) if ruling.id in returned else None,
        )
        for ruling in rulings
    )


def _threads(session: Session, coding_round: Round, found: Compared, sight: Sight) -> tuple[Thread, ...]:
    shown = [
        comment
        for comment in queries.comments_on(session, coding_round, *found.key)
        if sight.shows("comment", comment.member_id, comment.id)
    ]
    return threads(shown, sight.names, sight.place)


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


def _people(viewer: Viewer, sight: Sight, found: Compared) -> tuple[Somebody, ...]:
    """Who may have taken part in a ruling: the coders of the incident first, in their order."""
    able = [
        member.id
        for member in sight.names.members.values()
        if member.id != viewer.member.id and member.kind != "model" and member.role != "reader" and not member.ended_at
    ]
    ordered = sorted(able, key=lambda key: (_rank(sight, key), key))
    return tuple(sight.names.of(member_id) for member_id in ordered)


def _rank(sight: Sight, member_id: int) -> int:
    hands = list(sight.hands)
    return hands.index(member_id) if member_id in sight.hands else len(hands)
