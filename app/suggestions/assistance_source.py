"""Who handed in what on the incidents of a run, under which arm, and what they had seen by then.

Only of a round that is open to others (promise 1). Repeats (second passes) and withdrawn assignments are left out; a
skip is counted and answers nothing. Loads numpy: import it where it is used.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.agreement.figures import NOT_ENOUGH
from app.agreement.lens import CodeOf
from app.coding.handed_in import HandedIn, handed_in
from app.coding.models import AssignmentWork, Exposure, Submission
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round, RoundIncident
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun

Said = tuple[str, tuple[int, ...]]  # state of the answer, and its codes
Answers = Mapping[int, Said]  # dimension -> what was said
Codes = frozenset[int | str]
BLIND = "blind"


@dataclass(frozen=True)
class Share:
    """One coder's work on one incident, first pass.

    last: the answers that count in the end: the last that were handed in before anything of colleagues was shown, and
    in the arm blind before anything was shown at all; None where there are none. own: the last that were handed in
    before anything was shown, mostly the first ones; None where there are none. opened: dimension -> when the coder was
    first shown this run's suggestions there. pressed: they were shown any suggestion on the incident. is_skipped: the
    assignment ended as a skip. is_exposed: answers there are, but all of them were handed in after something was shown
    that does not belong to the arm. seconds: 0 where not known.
    """

    assignment_id: int
    incident_id: int
    member_id: int
    arm: str
    own: Answers | None = None
    last: Answers | None = None
    opened: Mapping[int, datetime] = field(default_factory=dict)
    pressed: bool = False
    is_skipped: bool = False
    is_exposed: bool = False
    seconds: int = 0


class Offered(NamedTuple):
    """One code that the run offered. code_id None: a new one, under this name."""

    id: int
    incident_id: int
    dimension_id: int
    code_id: int | None
    new_code_name: str | None


@dataclass(frozen=True)
class Work:
    """shares: of the incidents that the run was asked about. double: those of them that were dealt to two coders or
    more, so that chance alone said which are blind. offered: (incident, dimension) -> the run's suggestions."""

    shares: Sequence[Share]
    double: frozenset[int]
    offered: Mapping[tuple[int, int], Sequence[Offered]]
    not_asked: int

    @property
    def randomised(self) -> list[Share]:
        return [share for share in self.shares if share.incident_id in self.double]


@dataclass(frozen=True)
class _Shown:
    """of_others: (member, incident) -> when anything but a suggestion was first shown or declared. suggested: when any
    suggestion was. opened: (member, incident) -> dimension -> when this run's was."""

    of_others: Mapping[tuple[int, int], datetime]
    suggested: Mapping[tuple[int, int], datetime]
    opened: Mapping[tuple[int, int], Mapping[int, datetime]]


class _Turn(NamedTuple):
    """One submission. place: in HandedIn, by which its answers are found."""

    place: int
    is_skip: bool
    independent: bool
    at: datetime


def codes_said(said: Said, code_of: CodeOf) -> Codes | None:
    """As a set: none applies is the empty one. None where a code of it is not settled."""
    state, given = said
    codes = [code_of(code_id) for code_id in given]
    if None in codes:
        return None
    found: set[int | str] = {code for code in codes if code is not None}
    return frozenset(found | {NOT_ENOUGH}) if state == "not_enough_information" else frozenset(found)


def work_of(session: Session, coding_round: Round, run: SuggestionRun) -> Work:
    """Raises StillBlind while the round runs."""
    work = handed_in(session, coding_round)
    of_run = set(_column(session, select(RunIncident.incident_id).filter_by(study_id=run.study_id, run_id=run.id)))
    rows = _assignments(session, coding_round)
    here = [row for row in rows if row.incident_id in of_run]
    shown = _shown(session, coding_round, run)
    turns = _turns(session, coding_round, work)
    answers = _answers(work)
    seconds = _seconds(session, coding_round)
    shares = [_share(row, turns.get(row.id, []), answers, shown, seconds.get(row.id, 0)) for row in here]
    return Work(
        shares=shares,
        double=frozenset(one for one, many in _coders_dealt(session, coding_round, rows).items() if many >= 2),
        offered=_offered(session, run),
        not_asked=len({row.incident_id for row in rows} - of_run),
    )


def _share(row: "_Row", turns: Sequence[_Turn], answers: Mapping[int, Answers], shown: _Shown, seconds: int) -> Share:
    key = row.member_id, row.incident_id
    handed = [turn for turn in turns if not turn.is_skip]
    is_skipped = bool(turns) and turns[-1].is_skip
    counted = [] if is_skipped else [turn for turn in handed if _counts(row.arm, turn, shown.of_others.get(key))]
    alone = [turn for turn in handed if turn.independent]
    return Share(
        assignment_id=row.id,
        incident_id=row.incident_id,
        member_id=row.member_id,
        arm=row.arm,
        own=answers.get(alone[-1].place, {}) if alone and not is_skipped else None,
        last=answers.get(counted[-1].place, {}) if counted else None,
        opened=shown.opened.get(key, {}),
        pressed=key in shown.suggested,
        is_skipped=is_skipped,
        is_exposed=bool(handed) and not is_skipped and not counted,
        seconds=seconds,
    )


def _counts(arm: str, turn: _Turn, of_others: datetime | None) -> bool:
    """Blind is who had been shown nothing; elsewhere suggestions belong to it, and what colleagues said does not."""
    if arm == BLIND:
        return turn.independent
    return of_others is None or turn.at < of_others


class _Row(NamedTuple):
    id: int
    incident_id: int
    member_id: int
    arm: str


def _assignments(session: Session, coding_round: Round) -> list[_Row]:
    """First passes that were not withdrawn."""
    rows = session.execute(
        select(Assignment.id, Assignment.incident_id, Assignment.member_id, Assignment.arm)
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.pass_ == 1,
            counts(),
        )
        .order_by(Assignment.id)
    )
    return [_Row(*row) for row in rows]


def _coders_dealt(session: Session, coding_round: Round, rows: Sequence[_Row]) -> dict[int, int]:
    """incident -> how many coders it was to have. Chance set aside the blind share among those with two or more."""
    has = Counter(row.incident_id for row in rows)
    wanted = session.execute(
        select(RoundIncident.incident_id, RoundIncident.coders_wanted).where(
            RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id
        )
    )
    return {incident_id: has[incident_id] if many is None else many for incident_id, many in wanted}


def _turns(session: Session, coding_round: Round, work: HandedIn) -> dict[int, list[_Turn]]:
    """assignment -> its submissions, in their order."""
    when = select(Submission.id, Submission.at).where(
        Submission.study_id == coding_round.study_id, Submission.round_id == coding_round.id
    )
    at = {row.id: row.at for row in session.execute(when)}
    every = work.submissions
    columns = (every.assignments, every.ordinals, every.ids, every.skipped, every.independent)
    found: defaultdict[int, list[tuple[int, _Turn]]] = defaultdict(list)
    for place, (assignment, ordinal, key, skipped, independent) in enumerate(
        zip(*(column.tolist() for column in columns), strict=True)
    ):
        found[assignment].append((ordinal, _Turn(place, skipped, independent, at[key])))
    return {key: [turn for _, turn in sorted(rows, key=lambda row: row[0])] for key, rows in found.items()}


def _answers(work: HandedIn) -> dict[int, dict[int, Said]]:
    """place of a submission -> its answers."""
    found: defaultdict[int, dict[int, Said]] = defaultdict(dict)
    for place, dimension, said in zip(work.at.tolist(), work.dimensions.tolist(), work.said_at.tolist(), strict=True):
        found[place][dimension] = work.said[said]
    return found


def _seconds(session: Session, coding_round: Round) -> dict[int, int]:
    rows = session.execute(
        select(AssignmentWork.assignment_id, AssignmentWork.active_seconds)
        .join(
            Assignment,
            (Assignment.study_id == AssignmentWork.study_id) & (Assignment.id == AssignmentWork.assignment_id),
        )
        .where(Assignment.study_id == coding_round.study_id, Assignment.round_id == coding_round.id)
    )
    return {row.assignment_id: row.active_seconds for row in rows}


def _shown(session: Session, coding_round: Round, run: SuggestionRun) -> _Shown:
    first = func.min(Exposure.at)
    of_round = select(RoundIncident.incident_id).where(
        RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id
    )
    keys = (Exposure.member_id, Exposure.incident_id)
    here = (Exposure.study_id == coding_round.study_id, Exposure.incident_id.in_(of_round))
    opened: defaultdict[tuple[int, int], dict[int, datetime]] = defaultdict(dict)
    for member_id, incident_id, dimension_id, at in session.execute(
        select(*keys, Suggestion.dimension_id, first)
        .join(Suggestion, (Suggestion.study_id == Exposure.study_id) & (Suggestion.id == Exposure.subject_id))
        .where(*here, Exposure.kind == "suggestion", Suggestion.run_id == run.id)
        .group_by(*keys, Suggestion.dimension_id)
    ):
        opened[member_id, incident_id][dimension_id] = at

    def when(kind: ColumnElement[bool]) -> dict[tuple[int, int], datetime]:
        rows = session.execute(select(*keys, first).where(*here, kind).group_by(*keys))
        return {(member_id, incident_id): at for member_id, incident_id, at in rows}

    return _Shown(when(Exposure.kind != "suggestion"), when(Exposure.kind == "suggestion"), opened)


def _offered(session: Session, run: SuggestionRun) -> dict[tuple[int, int], list[Offered]]:
    found: defaultdict[tuple[int, int], list[Offered]] = defaultdict(list)
    columns = (
        Suggestion.id, Suggestion.incident_id, Suggestion.dimension_id, Suggestion.code_id, Suggestion.new_code_name
    )  # fmt: skip
    of_run = (Suggestion.study_id == run.study_id, Suggestion.run_id == run.id)
    for row in session.execute(select(*columns).where(*of_run).order_by(Suggestion.id)):
        one = Offered(*row)
        found[one.incident_id, one.dimension_id].append(one)
    return dict(found)


def _column(session: Session, asked: Select[int]) -> Sequence[int]:
    return session.scalars(asked).all()
