"""Everything that was handed in in one round, by column: for figures over hundreds of thousands of answers.

The same submissions as in app/coding/submissions.py, without their quotes and origins. Rows are only ever added, so
what one look has read is shared, and the next one reads what came since. Loads numpy: import it where it is used.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from app.coding.models import ANSWER_STATES, Submission, SubmittedAnswer, SubmittedCode
from app.db.shared import shared_by_sessions
from app.rounds.models import Assignment, Round, RoundLook
from app.rounds.policy import check_open_to_others

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Said = tuple[str, tuple[int, ...]]  # state of the answer, and its codes in order

ROWS_OF_A_SHARE = 20_000  # about a megabyte


@dataclass(frozen=True, eq=False)
class Submissions:
    """One place each, in the order of their ids."""

    ids: Ints
    assignments: Ints
    incidents: Ints
    members: Ints
    passes: Ints
    ordinals: Ints
    skipped: Bools
    independent: Bools

    @cached_property
    def is_first(self) -> Bools:
        """Of its assignment, in the first pass. A skip stands only where nothing was coded later."""
        return self._best(self.skipped, self.ordinals) & (self.passes == 1)

    @cached_property
    def is_last(self) -> Bools:
        return self._best(-self.ordinals) & (self.passes == 1)

    @cached_property
    def is_repeat(self) -> Bools:
        """The first of its assignment, in the second pass."""
        return self._best(self.skipped, self.ordinals) & (self.passes == 2)

    def of(self, incident_ids: Sequence[int]) -> Bools:
        return np.isin(self.incidents, np.array(incident_ids, dtype=np.int64))

    def by(self, member_ids: Sequence[int]) -> Bools:
        return np.isin(self.members, np.array(member_ids, dtype=np.int64))

    def _best(self, *lowest: NDArray[Any]) -> Bools:
        order = np.lexsort((*reversed(lowest), self.assignments))
        of = self.assignments[order]
        best = np.zeros(len(order), dtype=bool)
        best[order[np.r_[True, of[1:] != of[:-1]][: len(of)]]] = True
        return best


@dataclass(frozen=True, eq=False)
class HandedIn:
    """submissions: skips among them. said: every answer that occurs, once.

    The other columns have one place for each answer: at: which submission it is of. said_at: which of `said` it is.
    """

    submissions: Submissions
    at: Ints
    dimensions: Ints
    said_at: Ints
    said: tuple[Said, ...]

    @property
    def state(self) -> tuple[int, int]:
        """Submissions never change, so that it tells whether anything came."""
        return len(self.submissions.ids), self.newest

    @property
    def newest(self) -> int:
        return int(self.submissions.ids[-1]) if len(self.submissions.ids) else 0

    def codes_of(self, dimension_id: int) -> set[int]:
        """Those that stand in any submission."""
        here = np.unique(self.said_at[self.dimensions == dimension_id]).tolist()
        return {code_id for at in here for code_id in self.said[at][1]}

    def first_answers(self, dimension_ids: Collection[int]) -> Ints:
        """Places of the answers to these dimensions by first submissions."""
        asked = np.isin(self.dimensions, np.array(list(dimension_ids), dtype=np.int64))
        return np.flatnonzero(self.submissions.is_first[self.at] & asked)

    def times_said(self, places: Ints) -> list[tuple[Said, int]]:
        """What these answers say, and how many of them say it."""
        often = np.bincount(self.said_at[places], minlength=len(self.said)).tolist()
        return [(said, times) for said, times in zip(self.said, often, strict=True) if times]

    def answers(self, chosen: Bools, dimension_id: int) -> Ints:
        """Places of the answers to a dimension by the chosen submissions."""
        return np.flatnonzero(chosen[self.at] & (self.dimensions == dimension_id))


def handed_in(session: Session, coding_round: Round, look: RoundLook | None = None) -> HandedIn:
    """Raises StillBlind while the round runs, but for a lead's recorded look at it."""
    check_open_to_others(coding_round, look)
    return _all_of(session, coding_round)


def _all_of(session: Session, coding_round: Round) -> HandedIn:
    """Shared between looks. Ids are given before rows are committed: only their count tells that one came late."""
    shared = shared_by_sessions(session)
    if shared is None:
        return _read(session, coding_round, None)
    key = "handed in", coding_round.study_id, coding_round.id
    known: HandedIn | None = shared.find(key)
    there, newest = session.execute(
        select(func.count(), func.coalesce(func.max(Submission.id), 0)).where(*_of_round(Submission, coding_round))
    ).one()
    if known is not None and known.state == (there, newest):
        return known
    found = _read(session, coding_round, known)
    if known is not None and len(found.submissions.ids) != there:
        found = _read(session, coding_round, None)
    shared.keep(key, found, weight=1 + len(found.at) // ROWS_OF_A_SHARE)
    return found


def _read(session: Session, coding_round: Round, known: HandedIn | None) -> HandedIn:
    """All of the round, or what came after what is known, put behind it."""
    after = known.newest if known else 0
    of_assignment = (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id)
    columns = (
        Submission.id, Submission.assignment_id, Submission.incident_id, Submission.member_id, Assignment.pass_,
        Submission.ordinal, cast(Submission.kind == "skipped", Integer), cast(Submission.independent, Integer),
    )  # fmt: skip
    new = columns_of(
        session,
        columns,
        select(Submission).join(Assignment, of_assignment).where(*_of_round(Submission, coding_round)),
        Submission.id > after,
    )
    ids, assignments, incidents, members, passes, ordinals, skipped, independent = (
        column[np.argsort(new[0])] for column in new
    )
    came = Submissions(
        ids, assignments, incidents, members, passes, ordinals, skipped.astype(bool), independent.astype(bool)
    )
    submissions = _behind(known.submissions, came) if known else came
    return _with_answers(session, coding_round, known, submissions, ids if known else None)


def _with_answers(
    session: Session, coding_round: Round, known: HandedIn | None, submissions: Submissions, new_ids: Ints | None
) -> HandedIn:
    """new_ids: of the submissions whose answers are read; None for all of the round."""
    answer, code = SubmittedAnswer, SubmittedCode
    state = case({state: number for number, state in enumerate(ANSWER_STATES)}, value=answer.state)
    answers = select(answer).where(*_of_round(answer, coding_round))
    codes = select(code).where(*_of_round(code, coding_round))
    if new_ids is not None:
        answers = answers.where(answer.submission_id.in_(new_ids.tolist()))
    ids, submission_ids, dimensions, states = columns_of(
        session, (answer.id, answer.submission_id, answer.dimension_id, state), answers
    )
    if new_ids is not None:
        codes = codes.where(code.answer_id.in_(ids.tolist()))
    given = columns_of(session, (code.answer_id, code.code_id), codes)
    said, said_at = _interned(known.said if known else (), ids, states, *given)
    at = np.searchsorted(submissions.ids, submission_ids)
    here = np.isin(submission_ids, submissions.ids)  # another may have been committed between the two questions
    at, dimensions, said_at = at[here], dimensions[here], said_at[here]
    if known is not None:
        at, dimensions = np.concatenate([known.at, at]), np.concatenate([known.dimensions, dimensions])
        said_at = np.concatenate([known.said_at, said_at])
    return HandedIn(submissions, at, dimensions, said_at, said)


def _interned(
    known: Sequence[Said], ids: Ints, states: Ints, answer_ids: Ints, code_ids: Ints
) -> tuple[tuple[Said, ...], Ints]:
    """(every answer that occurs, which of them each is). Answers of the same number of codes are told apart at once."""
    order = np.argsort(ids)
    place = order[np.searchsorted(ids, answer_ids, sorter=order)]
    codes_in_order = np.lexsort((code_ids, place))
    place, code_ids = place[codes_in_order], code_ids[codes_in_order]
    many = np.bincount(place, minlength=len(ids))
    begins = np.cumsum(many) - many
    index = {each: number for number, each in enumerate(known)}
    said_at = np.empty(len(ids), dtype=np.int64)
    for size in np.unique(many).tolist():
        rows = np.flatnonzero(many == size)
        cells = np.column_stack([states[rows], *(code_ids[begins[rows] + offset] for offset in range(size))])
        distinct, where = np.unique(cells, axis=0, return_inverse=True)
        numbers = [
            index.setdefault((ANSWER_STATES[state], tuple(codes)), len(index)) for state, *codes in distinct.tolist()
        ]
        said_at[rows] = np.array(numbers, dtype=np.int64)[where.ravel()]
    return tuple(index), said_at


def columns_of(
    session: Session, columns: Sequence[Any], rows: Select[Any], *wanted: ColumnElement[bool]
) -> tuple[Ints, ...]:
    """All values of a column at once: hundreds of thousands of rows one by one take seconds."""
    asked = rows.where(*wanted).with_only_columns(*(func.array_agg(column) for column in columns))
    return tuple(np.array(values or (), dtype=np.int64) for values in session.execute(asked).one())


def _behind(known: Submissions, came: Submissions) -> Submissions:
    columns = (np.concatenate([getattr(known, each.name), getattr(came, each.name)]) for each in fields(Submissions))
    return Submissions(*columns)


def _of_round(table: type[Submission | SubmittedAnswer | SubmittedCode], coding_round: Round) -> tuple[Any, Any]:
    return table.study_id == coding_round.study_id, table.round_id == coding_round.id
