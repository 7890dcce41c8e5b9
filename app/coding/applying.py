"""Changes of the working state of one dimension of an assignment: its answer, its codes, their evidence."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from app.codebook.policy import NotActive
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import CodeApplication, Evidence, WorkingAnswer
from app.coding.standing import StandingAnswer, StandingCode, standing_answer
from app.coding.step import Step
from app.db.base import rows_of
from app.incidents.models import Incident
from app.problems import Conflict, Invalid, NotFound


class CategoryNotApplied(Invalid):
    """This is a category. Apply one of the codes under it."""


class CodeNotApplied(Conflict):
    """This code is not applied any more. Apply it again first."""


class QuoteDoesNotFit(Invalid):
    """This quote is not what the incident says at that place. Reload the page and select the words again."""


def asked_dimension(step: Step) -> DimensionEntry:
    """The active dimension that the act names."""
    dimension_id = step.payload.key("dimension_id")
    found = next((d for d in step.codebook.dimensions if d.id == dimension_id), None)
    if found is None:
        raise NotFound
    return found


def as_it_stands(step: Step, dimension_id: int) -> StandingAnswer:
    return standing_answer(step.session, step.assignment, dimension_id)


def seen_code(step: Step, dimension: DimensionEntry, code_id: int) -> CodeEntry:
    code = step.codebook.codes.get(code_id)
    if code is None or code.dimension_id != dimension.id:
        raise NotFound
    return code


def apply_code(
    step: Step, dimension: DimensionEntry, before: StandingAnswer, code: CodeEntry, *, origin: str = "own"
) -> int:
    """The id of the application. A code that is applied already stays as it is. Where a dimension takes one code, the
    former one goes. before: the answer as it stands now."""
    if code.is_category:
        raise CategoryNotApplied
    if standing := before.code(code.id):
        return standing.application_id
    if not code.is_active:
        raise NotActive
    if not dimension.takes_many:
        remove_all(step, before.codes)
    set_answer(step, dimension.id, "coded")
    row = {"code_id": code.id, "origin": origin, "codebook_seq": step.codebook.codebook_seq, "at": step.at}
    made: int = step.session.scalars(_NEW_CODE, _place(step, dimension.id) | row).one()
    return made


def remove_application(step: Step, before: StandingAnswer, application: StandingCode) -> None:
    """With its evidence. The answer goes with its last code."""
    remove_all(step, [application])
    if len(before.codes) == 1:
        remove_answer(step, before.dimension_id)


def remove_all(step: Step, codes: Collection[StandingCode]) -> None:
    """With their evidence."""
    if codes:
        gone = [code.application_id for code in codes]
        step.session.execute(_REMOVED_CODES, {"of_study": step.study_id, "gone": gone})


def set_answer(step: Step, dimension_id: int, state: str) -> None:
    step.session.execute(_ANSWERED, _place(step, dimension_id) | {"state": state, "changed_at": step.at})


def remove_answer(step: Step, dimension_id: int) -> None:
    named = {"of_study": step.study_id, "of_assignment": step.assignment.id, "of_dimension": dimension_id}
    step.session.execute(_REMOVED_ANSWER, named)


def _place(step: Step, dimension_id: int) -> dict[str, Any]:
    return {"study_id": step.study_id, "assignment_id": step.assignment.id, "dimension_id": dimension_id}


# Made once, and of columns: every act writes them, and nobody reads them back as objects.
_CODES, _ANSWERS = rows_of(CodeApplication), rows_of(WorkingAnswer)
_NEW_CODE = insert(_CODES).returning(_CODES.c.id)
_REMOVED_CODES = delete(_CODES).where(
    _CODES.c.study_id == bindparam("of_study"), _CODES.c.id.in_(bindparam("gone", expanding=True))
)
_NEW_ANSWER = insert(_ANSWERS)
_ANSWERED = _NEW_ANSWER.on_conflict_do_update(
    index_elements=["study_id", "assignment_id", "dimension_id"],
    set_={"state": _NEW_ANSWER.excluded.state, "changed_at": _NEW_ANSWER.excluded.changed_at},
)
_REMOVED_ANSWER = delete(_ANSWERS).where(
    _ANSWERS.c.study_id == bindparam("of_study"),
    _ANSWERS.c.assignment_id == bindparam("of_assignment"),
    _ANSWERS.c.dimension_id == bindparam("of_dimension"),
)


def quoted(step: Step, start: int, end: int, quote: str | None = None) -> str:
    """text[start:end] of the incident, in code points. quote: what the sender saw there; it must be the same."""
    text = step.session.scalar(
        select(Incident.text).where(Incident.study_id == step.study_id, Incident.id == step.assignment.incident_id)
    )
    if text is None or not 0 <= start < end <= len(text):
        raise QuoteDoesNotFit
    if quote is not None and text[start:end] != quote:
        raise QuoteDoesNotFit
    return text[start:end]


def add_quote(step: Step, application_id: int, start: int, end: int, quote: str) -> int:
    """The id of the evidence; the same words under the same code twice are one."""
    place = {"study_id": step.study_id, "code_application_id": application_id, "start": start, "end": end}
    row = insert(rows_of(Evidence)).values(assignment_id=step.assignment.id, quote=quote, at=step.at, **place)
    added = step.session.scalar(row.on_conflict_do_nothing().returning(Evidence.id))
    if added is not None:
        return added
    return step.session.scalars(select(Evidence.id).filter_by(**place)).one()
