"""Undo and redo: every act says what was there before, and that is brought back by an act of its own.

So what was undone stays on record, an undo can wait in a browser like any other act, and reloads forget nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from app.codebook import actions as codebook
from app.coding.applying import as_it_stands, remove_all, remove_answer, set_answer
from app.coding.models import Act, CodeApplication, Evidence, SubmittedCode
from app.coding.notes import put_flag, put_memo
from app.coding.standing import StandingCode, StandingQuote
from app.coding.step import Change, Step
from app.db.base import rows_of
from app.problems import Invalid

BOUNDARIES = ("submit", "skip", "take_back")


class NothingToUndo(Invalid):
    """There is nothing to undo: nothing was changed since the incident was opened or last submitted."""


class NothingToRedo(Invalid):
    """There is nothing to redo: nothing was undone since the last change."""


class History(NamedTuple):
    """Ids of acts whose inverse an undo or a redo brings back; the last is next."""

    done: list[int]
    undone: list[int]


def undo(step: Step) -> Change:
    done = _history(step).done
    if not done:
        raise NothingToUndo
    return _brought_back(step, done[-1])


def redo(step: Step) -> Change:
    undone = _history(step).undone
    if not undone:
        raise NothingToRedo
    return _brought_back(step, undone[-1])


def _history(step: Step) -> History:
    """Since the last submission, which is never undone: it is taken back, and stays on record."""
    of_assignment = (Act.study_id == step.study_id, Act.assignment_id == step.assignment.id)
    boundary = select(func.max(Act.id)).where(*of_assignment, Act.kind.in_(BOUNDARIES)).scalar_subquery()
    acts = step.session.execute(
        select(Act.id, Act.kind).where(*of_assignment, Act.id > func.coalesce(boundary, 0)).order_by(Act.id)
    )
    return history_of([(key, kind) for key, kind in acts])


def history_of(acts: Sequence[tuple[int, str]]) -> History:
    """acts: (id, kind) in the order in which they were done. A new act leaves nothing to redo."""
    history = History([], [])
    for key, kind in acts:
        if kind == "undo":
            history.done.pop()
            history.undone.append(key)
        elif kind == "redo":
            history.undone.pop()
            history.done.append(key)
        else:
            history.done.append(key)
            history.undone.clear()
    return history


def _brought_back(step: Step, act_id: int) -> Change:
    inverse = step.session.scalars(select(Act.inverse).where(Act.study_id == step.study_id, Act.id == act_id)).one()
    if "memo" in inverse:
        return Change(put_memo(step, inverse["memo"], inverse["sharing"]))
    if "flag" in inverse:
        return Change(put_flag(step, inverse["flag"]))
    if "rejections" in inverse:
        turned = {"stood": inverse["stands"], "stands": inverse["stood"]}
        return Change({**inverse, **turned}, inverse["of_dimension"])
    return _restored(step, inverse)


def _restored(step: Step, wanted: Mapping[str, Any]) -> Change:
    """All that stood in the dimension, under the ids that it had: later acts may name them."""
    dimension_id = wanted["dimension_id"]
    before = as_it_stands(step, dimension_id)
    kept = {code["code_application_id"] for code in wanted["codes"]}
    remove_all(step, [code for code in before.codes if code.application_id not in kept])
    present = {code.application_id: code for code in before.codes if code.application_id in kept}
    for code in wanted["codes"]:
        _restore_code(step, dimension_id, code, present.get(code["code_application_id"]))
    if wanted["state"]:
        set_answer(step, dimension_id, wanted["state"])
    else:
        remove_answer(step, dimension_id)
    return Change(before.as_inverse() | _coining_turned(step, wanted), dimension_id)


def _restore_code(step: Step, dimension_id: int, code: Mapping[str, Any], present: StandingCode | None) -> None:
    row = insert(rows_of(CodeApplication)).values(
        id=code["code_application_id"],
        study_id=step.study_id,
        assignment_id=step.assignment.id,
        dimension_id=dimension_id,
        code_id=code["code_id"],
        is_main=code["is_main"],
        origin=code["origin"],
        codebook_seq=code["codebook_seq"],
        at=datetime.fromisoformat(code["at"]),
    )
    step.session.execute(row.on_conflict_do_update(index_elements=["id"], set_={"is_main": code["is_main"]}))
    _restore_quotes(step, code, () if present is None else present.quotes)


def _restore_quotes(step: Step, code: Mapping[str, Any], standing: Sequence[StandingQuote]) -> None:
    wanted = {quote["evidence_id"]: quote for quote in code["evidence"]}
    present = {quote.evidence_id for quote in standing}
    gone = delete(Evidence).where(Evidence.study_id == step.study_id, Evidence.id.in_(present - wanted.keys()))
    step.session.execute(gone)
    rows = [
        {
            "id": quote["evidence_id"],
            "study_id": step.study_id,
            "assignment_id": step.assignment.id,
            "code_application_id": code["code_application_id"],
            "start": quote["start"],
            "end": quote["end"],
            "quote": quote["quote"],
            "at": datetime.fromisoformat(quote["at"]),
        }
        for quote in wanted.values()
        if quote["evidence_id"] not in present
    ]
    if rows:
        step.session.execute(insert(rows_of(Evidence)), rows)


def _coining_turned(step: Step, wanted: Mapping[str, Any]) -> dict[str, int]:
    """A code that was coined by what is undone goes too, unless it is used elsewhere by now; redo brings it back."""
    study_id, member = step.study_id, step.viewer.member
    if code_id := wanted.get("uncoined"):
        codebook.restore_code(step.session, study_id, member, code_id, reason="Redone where it was coined.")
        step.forget_codebook()
        return {"coined": code_id}
    code_id = wanted.get("coined")
    code = step.codebook.codes.get(code_id) if code_id else None
    if code is None or not code.is_active or _is_used(step, code.id):
        return {}
    codebook.retire_code(step.session, study_id, member, code.id, reason="Undone where it was coined.")
    step.forget_codebook()
    return {"uncoined": code.id}


def _is_used(step: Step, code_id: int) -> bool:
    if any(code.parent_id == code_id and code.is_active for code in step.codebook.codes.values()):
        return True
    places = [
        exists().where(table.study_id == step.study_id, table.code_id == code_id)
        for table in (CodeApplication, SubmittedCode)
    ]
    return any(step.session.scalar(select(place)) for place in places)
