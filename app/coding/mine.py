"""A coder's own codings of a round: incidents by dimensions. Nothing of another coder is read here.

While the round runs an incident is one line, of the pass that was worked on last: two would show a silent repeat, and
beside it the answers of its first pass. Afterwards each pass is a line of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.coding.models import AssignmentWork, CodeApplication, WorkingAnswer
from app.coding.queries import is_newest_begun
from app.incidents.models import Incident
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer

Columns = TypeVarTuple("Columns")
A_PAGE = 50
SORTS = ("queue", "newest", "oldest", "saved")
NOT_CODED = "not_coded"
ANSWERS = ("none_applies", "not_enough_information", NOT_CODED)
STATES = ("pending", "draft", "submitted", "skipped")
_STATE: ColumnElement[str] = func.coalesce(cast(AssignmentWork.state, Text), literal_column("'pending'"))
_BEGAN = func.coalesce(Incident.started_at, Incident.detected_at)
_ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "queue": (),
    "newest": (_BEGAN.desc().nulls_last(),),
    "oldest": (_BEGAN.asc().nulls_last(),),
    "saved": (AssignmentWork.changed_at.desc().nulls_last(),),
}


@dataclass(frozen=True)
class Wanted:
    """dimension_ids: those that the round asks, or the one that is looked at. answer: one of ANSWERS, or ''."""

    dimension_ids: Sequence[int]
    code_id: int | None = None
    answer: str = ""
    words: str = ""
    state: str = ""


@dataclass(frozen=True)
class Cell:
    """state: coded, none_applies, not_enough_information, or '' for not coded. codes: (code id, whether main)."""

    state: str = ""
    codes: tuple[tuple[int, bool], ...] = ()


@dataclass(frozen=True)
class MineLine:
    assignment_id: int
    incident_label: str
    incident_title: str
    began_at: datetime | None
    state: str
    cells: Mapping[int, Cell]  # by dimension

    def cell(self, dimension_id: int) -> Cell:
        return self.cells.get(dimension_id, Cell())


def state_counts(session: Session, viewer: Viewer, coding_round: Round, wanted: Wanted) -> dict[str, int]:
    """State -> how many lines the rest of the filter leaves."""
    query = _narrowed(_own(select(_STATE, func.count()), viewer, coding_round), wanted)
    return dict(session.execute(query.group_by(_STATE)).all())


def mine(
    session: Session, viewer: Viewer, coding_round: Round, wanted: Wanted, *, sort: str, at: int
) -> list[MineLine]:
    """One page of lines, by four questions whatever the size of the round."""
    columns = (Assignment.id, Incident.external_id, Incident.number, Incident.title, _BEGAN, _STATE)
    query = _narrowed(_own(select(*columns), viewer, coding_round), wanted)
    if wanted.state:
        query = query.where(_STATE.in_([wanted.state]))
    order = (*_ORDERS.get(sort, ()), Assignment.order, Assignment.id)
    rows = session.execute(query.order_by(*order).offset((at - 1) * A_PAGE).limit(A_PAGE)).all()
    cells = _cells(session, viewer, [row[0] for row in rows])
    return [
        MineLine(key, external_id or f"#{number}", title, began, state, cells.get(key, {}))
        for key, external_id, number, title, began, state in rows
    ]


def _own(query: Select[*Columns], viewer: Viewer, coding_round: Round) -> Select[*Columns]:
    return (
        query.select_from(Assignment)
        .join(Incident, and_(Incident.study_id == Assignment.study_id, Incident.id == Assignment.incident_id))
        .outerjoin(
            AssignmentWork,
            and_(AssignmentWork.study_id == Assignment.study_id, AssignmentWork.assignment_id == Assignment.id),
        )
        .where(
            Assignment.study_id == viewer.study.id,
            Assignment.round_id == coding_round.id,
            Assignment.member_id == viewer.member.id,
            counts(),
            *([is_newest_begun()] if coding_round.phase == "running" else []),
        )
    )


def _narrowed(query: Select[*Columns], wanted: Wanted) -> Select[*Columns]:
    if wanted.code_id is not None:
        query = query.where(
            exists().where(
                CodeApplication.study_id == Assignment.study_id,
                CodeApplication.assignment_id == Assignment.id,
                CodeApplication.code_id == wanted.code_id,
            )
        )
    if wanted.answer == NOT_CODED:
        query = query.where(or_(*(~_answered(WorkingAnswer.dimension_id == one) for one in wanted.dimension_ids)))
    elif wanted.answer:
        of_asked = WorkingAnswer.dimension_id.in_(wanted.dimension_ids)
        query = query.where(_answered(of_asked, WorkingAnswer.state == wanted.answer))
    if wanted.words.strip():
        words = wanted.words.strip()
        query = query.where(
            or_(
                Incident.search.op("@@")(func.websearch_to_tsquery("english", words)),
                Incident.title.icontains(words, autoescape=True),
                Incident.external_id.istartswith(words, autoescape=True),
            )
        )
    return query


def _answered(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        WorkingAnswer.study_id == Assignment.study_id, WorkingAnswer.assignment_id == Assignment.id, *more
    )


def _cells(session: Session, viewer: Viewer, assignment_ids: list[int]) -> dict[int, dict[int, Cell]]:
    answers = session.execute(
        select(WorkingAnswer.assignment_id, WorkingAnswer.dimension_id, WorkingAnswer.state).where(
            WorkingAnswer.study_id == viewer.study.id, WorkingAnswer.assignment_id.in_(assignment_ids)
        )
    )
    codes: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    applied = (
        select(
            CodeApplication.assignment_id,
            CodeApplication.dimension_id,
            CodeApplication.code_id,
            CodeApplication.is_main,
        )
        .where(CodeApplication.study_id == viewer.study.id, CodeApplication.assignment_id.in_(assignment_ids))
        .order_by(CodeApplication.is_main.desc(), CodeApplication.id)
    )
    for assignment_id, dimension_id, code_id, is_main in session.execute(applied):
        codes.setdefault((assignment_id, dimension_id), []).append((code_id, is_main))
    found: dict[int, dict[int, Cell]] = {}
    for assignment_id, dimension_id, state in answers:
        cell = Cell(state, tuple(codes.get((assignment_id, dimension_id), ())))
        found.setdefault(assignment_id, {})[dimension_id] = cell
    return found
