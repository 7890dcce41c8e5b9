"""The working state of one dimension of an assignment: its answer, its codes, their evidence."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.codebook.policy import NotActive
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import CodeApplication, Evidence, WorkingAnswer
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


def seen_code(step: Step, dimension: DimensionEntry, code_id: int) -> CodeEntry:
    code = step.codebook.codes.get(code_id)
    if code is None or code.dimension_id != dimension.id:
        raise NotFound
    return code


def applications(step: Step, dimension_id: int) -> Sequence[CodeApplication]:
    return step.session.scalars(
        select(CodeApplication)
        .where(
            CodeApplication.study_id == step.study_id,
            CodeApplication.assignment_id == step.assignment.id,
            CodeApplication.dimension_id == dimension_id,
        )
        .order_by(CodeApplication.id)
    ).all()


def state_before(step: Step, dimension_id: int, applied: Sequence[CodeApplication]) -> dict[str, Any]:
    """The inverse of any act on a dimension: all that stands there now. applied: its `applications`."""
    answer = step.session.scalar(
        select(WorkingAnswer.state).where(
            WorkingAnswer.study_id == step.study_id,
            WorkingAnswer.assignment_id == step.assignment.id,
            WorkingAnswer.dimension_id == dimension_id,
        )
    )
    quotes: dict[int, list[dict[str, Any]]] = {application.id: [] for application in applied}
    for row in _evidence_under(step, quotes):
        spot = {"evidence_id": row.id, "start": row.start, "end": row.end, "quote": row.quote}
        quotes[row.code_application_id].append(spot | {"at": row.at.isoformat()})
    codes = [
        {
            "code_application_id": application.id,
            "code_id": application.code_id,
            "is_main": application.is_main,
            "origin": application.origin,
            "codebook_seq": application.codebook_seq,
            "at": application.at.isoformat(),
            "evidence": quotes[application.id],
        }
        for application in applied
    ]
    return {"dimension_id": dimension_id, "state": answer, "codes": codes}


def _evidence_under(step: Step, application_ids: Collection[int]) -> Sequence[Evidence]:
    if not application_ids:
        return ()
    return step.session.scalars(
        select(Evidence)
        .where(Evidence.study_id == step.study_id, Evidence.code_application_id.in_(application_ids))
        .order_by(Evidence.id)
    ).all()


def apply_code(
    step: Step,
    dimension: DimensionEntry,
    applied: Sequence[CodeApplication],
    code: CodeEntry,
    *,
    origin: str = "own",
) -> CodeApplication:
    """A code that is applied already stays as it is. Where a dimension takes one code, the former one goes.

    applied: the `applications` of the dimension as they are now.
    """
    if code.is_category:
        raise CategoryNotApplied
    for application in applied:
        if application.code_id == code.id:
            return application
    if not code.is_active:
        raise NotActive
    if not dimension.takes_many:
        remove_all(step, applied)
    set_answer(step, dimension.id, "coded")
    application = CodeApplication(
        study_id=step.study_id,
        assignment_id=step.assignment.id,
        dimension_id=dimension.id,
        code_id=code.id,
        origin=origin,
        codebook_seq=step.codebook.codebook_seq,
        at=step.at,
    )
    step.session.add(application)
    step.session.flush()
    return application


def remove_application(step: Step, applied: Sequence[CodeApplication], application: CodeApplication) -> None:
    """With its evidence. The answer goes with the last code of `applied`."""
    remove_all(step, [application])
    if len(applied) == 1:
        remove_answer(step, application.dimension_id)


def remove_all(step: Step, applied: Sequence[CodeApplication]) -> None:
    for application in applied:
        step.session.delete(application)
    step.session.flush()


def set_answer(step: Step, dimension_id: int, state: str) -> None:
    row = insert(rows_of(WorkingAnswer)).values(
        study_id=step.study_id,
        assignment_id=step.assignment.id,
        dimension_id=dimension_id,
        state=state,
        changed_at=step.at,
    )
    changed = {"state": state, "changed_at": step.at}
    keys = ["study_id", "assignment_id", "dimension_id"]
    step.session.execute(row.on_conflict_do_update(index_elements=keys, set_=changed))


def remove_answer(step: Step, dimension_id: int) -> None:
    step.session.execute(
        delete(WorkingAnswer).where(
            WorkingAnswer.study_id == step.study_id,
            WorkingAnswer.assignment_id == step.assignment.id,
            WorkingAnswer.dimension_id == dimension_id,
        )
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


def add_quote(step: Step, application: CodeApplication, start: int, end: int, quote: str) -> int:
    """The id of the evidence; the same words under the same code twice are one."""
    place = {"study_id": step.study_id, "code_application_id": application.id, "start": start, "end": end}
    row = insert(Evidence).values(assignment_id=step.assignment.id, quote=quote, at=step.at, **place)
    added = step.session.scalar(row.on_conflict_do_nothing().returning(Evidence.id))
    if added is not None:
        return added
    return step.session.scalars(select(Evidence.id).filter_by(**place)).one()
