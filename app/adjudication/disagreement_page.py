"""One disagreement as one member may see it: their own, and what an exposure of theirs covers (promise 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import policy, queries
from app.adjudication.blind import Names, Somebody, names_beside, order_of_coders
from app.adjudication.case_law import LawLine, case_law
from app.adjudication.disagreement_shown import (
    HANDS,
    CoderAnswer,
    DisagreementPage,
    OtherDimension,
    ShownCode,
    ShownMemo,
    ShownRuling,
)
from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.models import Ruling
from app.adjudication.narrowed_for import narrowed_for
from app.adjudication.narrowing import Narrowing
from app.adjudication.queries import Compared, Queue
from app.adjudication.taking_back import ShownTakingBack, taken_back
from app.adjudication.talk import Thread, callable_people, threads
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.coding.exposures import exposed_subjects
from app.coding.submissions import SubmittedSpan, SubmittedWork
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Round
from app.studies.viewer import Viewer


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
        rulings=_rulings(session, viewer, coding_round, found, sight),
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


def _rulings(
    session: Session, viewer: Viewer, coding_round: Round, found: Compared, sight: Sight
) -> tuple[ShownRuling, ...]:
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
    rules = _rules(session, viewer, rulings)
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
            rules=tuple(rules[ruling.id]),
        )
        for ruling in rulings
    )


def _rules(session: Session, viewer: Viewer, rulings: Sequence[Ruling]) -> dict[int, list[LawLine]]:
    """Ruling -> the rules that came of it, as its case law may be read."""
    found: dict[int, list[LawLine]] = {ruling.id: [] for ruling in rulings}
    if found:
        for line in reversed(case_law(session, viewer, ruling_ids=found.keys()).lines):
            found[line.ruling.id].append(line)
    return found


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
