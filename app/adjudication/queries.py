"""What coders of a round disagree on, and what was said and ruled about it. A round that still hides it is not read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.models import Comment, FinalCode, RuledCode, Ruling, RulingParticipant
from app.adjudication.ruling_models import RulingTakenBack
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import DimensionEntry
from app.coding.memos import may_be_opened
from app.coding.models import Memo
from app.coding.submissions import SubmittedReply, SubmittedWork, last_submissions
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.methods.disagreement import Comparison, Reply, compare
from app.problems import NotFound
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import round_by_number, rounds_of


@dataclass(frozen=True)
class Compared:
    """One dimension of one incident. works: the last submission of each coder, skips among them, by member."""

    incident_id: int
    dimension_id: int
    works: tuple[SubmittedWork, ...]
    comparison: Comparison

    @property
    def key(self) -> tuple[int, int]:
        return self.incident_id, self.dimension_id

    @property
    def replies(self) -> list[SubmittedReply]:
        """Of those who answered."""
        return [work.answers[self.dimension_id] for work in self.works if self.dimension_id in work.answers]

    @property
    def coder_ids(self) -> tuple[int, ...]:
        return tuple(work.submission.member_id for work in self.works)


@dataclass(frozen=True)
class Disagreement:
    """strength: 1 - mean pairwise agreement. coder_ids: who handed in this incident, by member."""

    incident: Incident
    dimension: DimensionEntry
    strength: float
    kind: str
    coder_ids: tuple[int, ...]
    ruling_id: int | None

    @property
    def is_ruled(self) -> bool:
        return self.ruling_id is not None

    @property
    def key(self) -> tuple[int, int]:
        return self.incident.id, self.dimension.id


@dataclass(frozen=True)
class Queue:
    """disagreements: strongest first. agreed: answers of incidents that finished by themselves."""

    disagreements: list[Disagreement] = field(default_factory=list)
    agreed: int = 0

    @property
    def open(self) -> list[Disagreement]:
        return [each for each in self.disagreements if not each.is_ruled]

    @property
    def ruled(self) -> list[Disagreement]:
        return [each for each in self.disagreements if each.is_ruled]

    def next_open(self, key: tuple[int, int]) -> Disagreement | None:
        """The next open one after this, from the top again at the end."""
        keys = [each.key for each in self.disagreements]
        at = keys.index(key) if key in keys else -1
        around = [*self.disagreements[at + 1 :], *self.disagreements[: max(at, 0)]]
        return next((each for each in around if not each.is_ruled), None)


def open_round(session: Session, study_id: int, number: int) -> Round:
    """A round that still hides its answers is not found (promise 1)."""
    coding_round = round_by_number(session, study_id, number)
    if not is_open_to_others(coding_round):
        raise NotFound
    return coding_round


def open_rounds(session: Session, study_id: int) -> list[Round]:
    """Newest first."""
    return [coding_round for coding_round in rounds_of(session, study_id) if is_open_to_others(coding_round)]


def compared(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[Compared]:
    """Every dimension that a coder of the incident answered. Silent repeats stay out. Raises StillBlind."""
    by_incident: dict[int, list[SubmittedWork]] = {}
    for work in last_submissions(session, coding_round, incident_id=incident_id):
        if work.pass_ == 1:
            by_incident.setdefault(work.submission.incident_id, []).append(work)
    found = []
    for incident, works in by_incident.items():
        works.sort(key=lambda work: work.submission.member_id)
        for dimension_id in sorted({dimension for work in works for dimension in work.answers}):
            found.append(Compared(incident, dimension_id, tuple(works), comparison_of(works, dimension_id)))
    return found


def comparison_of(works: Sequence[SubmittedWork], dimension_id: int) -> Comparison:
    return compare([_reply(work.answers.get(dimension_id)) for work in works])


def compared_dimension(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Compared:
    """One that nobody answered is not found."""
    for each in compared(session, coding_round, incident_id=incident_id):
        if each.dimension_id == dimension_id:
            return each
    raise NotFound


def queue(session: Session, coding_round: Round) -> Queue:
    """Raises StillBlind while the round runs."""
    everything = compared(session, coding_round)
    standing = standing_rulings(session, coding_round)
    apart = [each for each in everything if each.comparison.is_disagreement or each.key in standing]
    incidents = incidents_by_id(session, coding_round.study_id, {each.incident_id for each in apart})
    codebook = disclosed_codebook(session, coding_round.study_id)
    found = [
        Disagreement(
            incident=incidents[each.incident_id],
            dimension=dimension,
            strength=each.comparison.strength,
            kind=each.comparison.kind,
            coder_ids=each.coder_ids,
            ruling_id=standing.get(each.key),
        )
        for each in apart
        if (dimension := codebook.dimension(each.dimension_id)) is not None
    ]
    found.sort(key=lambda each: (-each.strength, each.incident.number, each.dimension.position, each.dimension.id))
    return Queue(found, agreed=len(everything) - len(apart))


def disagreements(
    session: Session, coding_round: Round, *, dimension_id: int | None = None, standing: str = ""
) -> list[Disagreement]:
    """Strongest first. standing: 'open', 'ruled' or '' for both."""
    return narrowed(queue(session, coding_round).disagreements, dimension_id, standing)


def open_disagreements(session: Session, study_id: int, number: int) -> int:
    """How many of a round wait for a ruling; none while its answers are hidden."""
    coding_round = round_by_number(session, study_id, number)
    is_open = is_open_to_others(coding_round)
    return len(narrowed(queue(session, coding_round).disagreements, None, "open")) if is_open else 0


def narrowed(found: Iterable[Disagreement], dimension_id: int | None, standing: str) -> list[Disagreement]:
    return [
        each
        for each in found
        if dimension_id in (None, each.dimension.id) and standing in ("", "ruled" if each.is_ruled else "open")
    ]


def standing_rulings(session: Session, coding_round: Round) -> dict[tuple[int, int], int]:
    """(incident, dimension) -> the ruling that no later one superseded and nobody took back."""
    superseded = select(Ruling.supersedes_id).where(
        Ruling.study_id == coding_round.study_id, Ruling.supersedes_id.is_not(None)
    )
    rows = session.execute(
        select(Ruling.incident_id, Ruling.dimension_id, Ruling.id).where(
            Ruling.study_id == coding_round.study_id,
            Ruling.round_id == coding_round.id,
            Ruling.id.not_in(superseded),
            Ruling.id.not_in(_taken_back(coding_round.study_id)),
        )
    )
    return {(incident_id, dimension_id): ruling_id for incident_id, dimension_id, ruling_id in rows}


def rulings_on(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Sequence[Ruling]:
    """Newest first: the first one stands, unless it was taken back."""
    return session.scalars(
        select(Ruling)
        .where(
            Ruling.study_id == coding_round.study_id,
            Ruling.round_id == coding_round.id,
            Ruling.incident_id == incident_id,
            Ruling.dimension_id == dimension_id,
        )
        .order_by(Ruling.id.desc())
    ).all()


def ruled_codes(session: Session, rulings: Sequence[Ruling]) -> dict[int, list[RuledCode]]:
    found: dict[int, list[RuledCode]] = {ruling.id: [] for ruling in rulings}
    for code in session.scalars(select(RuledCode).where(_of(RuledCode, rulings)).order_by(RuledCode.id)):
        found[code.ruling_id].append(code)
    return found


def participants(session: Session, rulings: Sequence[Ruling]) -> dict[int, list[int]]:
    """Ruling -> members who took part beside its author."""
    found: dict[int, list[int]] = {ruling.id: [] for ruling in rulings}
    query = select(RulingParticipant).where(_of(RulingParticipant, rulings)).order_by(RulingParticipant.id)
    for row in session.scalars(query):
        found[row.ruling_id].append(row.member_id)
    return found


def bases(session: Session, rulings: Sequence[Ruling]) -> dict[int, str]:
    """Ruling -> the basis that its final codes were given."""
    rows = session.execute(select(FinalCode.ruling_id, FinalCode.basis).where(_of(FinalCode, rulings)).distinct())
    return {ruling_id: basis for ruling_id, basis in rows if ruling_id is not None}


def comments_on(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Sequence[Comment]:
    """In the order they were written; those on the incident as a whole among them."""
    return session.scalars(
        select(Comment)
        .where(
            Comment.study_id == coding_round.study_id,
            Comment.round_id == coding_round.id,
            Comment.incident_id == incident_id,
            Comment.dimension_id.is_(None) | (Comment.dimension_id == dimension_id),
        )
        .order_by(Comment.id)
    ).all()


def shared_memos(session: Session, coding_round: Round, incident_id: int) -> Sequence[Memo]:
    """On the incident as a whole. A private memo is its author's alone and never among them, nor is one in a draft that
    was withdrawn."""
    found = session.scalars(
        select(Memo)
        .join(Assignment, (Assignment.study_id == Memo.study_id) & (Assignment.id == Memo.assignment_id))
        .where(
            Memo.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.incident_id == incident_id,
            counts(),
            Memo.subject_kind == "incident",
            Memo.sharing == "shared",
        )
        .order_by(Memo.id)
    ).all()
    return may_be_opened(session, coding_round, found)


def of_others(session: Session, coding_round: Round, member_id: int, found: Compared) -> list[tuple[str, int]]:
    """(kind, id) of everything on this page that is not the member's own: what an opening exposes them to."""
    place = (coding_round, *found.key)
    submissions = [work.submission for work in found.works]
    kinds: list[tuple[str, Sequence[object]]] = [
        ("colleague_code", submissions),
        ("comment", comments_on(session, *place)),
        ("ruling", rulings_on(session, *place)),
        ("shared_memo", shared_memos(session, coding_round, found.incident_id)),
        (FLAG, raised_flags(session, coding_round, incident_id=found.incident_id)),
    ]
    return [(kind, row.id) for kind, rows in kinds for row in rows if row.member_id != member_id]  # type: ignore[attr-defined]


def _taken_back(study_id: int) -> Select[int]:
    return select(RulingTakenBack.ruling_id).where(RulingTakenBack.study_id == study_id)


def _reply(submitted: SubmittedReply | None) -> Reply | None:
    if submitted is None:
        return None
    main = next((choice.code_id for choice in submitted.codes if choice.is_main), None)
    return Reply(submitted.state, frozenset(choice.code_id for choice in submitted.codes), main)


def _of(
    table: type[RuledCode] | type[RulingParticipant] | type[FinalCode], rulings: Sequence[Ruling]
) -> ColumnElement[bool]:
    study_ids = {ruling.study_id for ruling in rulings}
    return table.study_id.in_(study_ids) & table.ruling_id.in_([ruling.id for ruling in rulings])
