"""What each kind of act does. A handler checks, then changes, then says what was there before."""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import delete, update

from app.codebook.tree import CodeEntry
from app.coding.applying import (
    CodeNotApplied,
    add_quote,
    apply_code,
    as_it_stands,
    asked_dimension,
    quoted,
    remove_all,
    remove_answer,
    remove_application,
    seen_code,
    set_answer,
)
from app.coding.coining import find_or_create
from app.coding.handing_in import hand_in
from app.coding.models import CodeApplication, Evidence
from app.coding.notes import flag, unflag, write_memo
from app.coding.payload import ActNotUnderstood
from app.coding.standing import standing_answers
from app.coding.step import Change, Step
from app.coding.undoing import redo, undo
from app.problems import Invalid, NotFound

Handler = Callable[[Step], Change]


class NoMainHere(Invalid):
    """This dimension has no main code."""


class NoSkipReason(Invalid):
    """Say in a few words why you skip this incident. It is reported beside the agreement."""


def toggle_code(step: Step) -> Change:
    dimension = asked_dimension(step)
    code = seen_code(step, dimension, step.payload.key("code_id"))
    before = as_it_stands(step, dimension.id)
    application = before.code(code.id)
    if application is not None:
        remove_application(step, before, application)
        return Change(before.as_inverse(), dimension.id, code.id)
    return Change(before.as_inverse(), dimension.id, code.id, apply_code(step, dimension, before, code))


def set_main(step: Step) -> Change:
    """Without a code_id no code is the main one any more."""
    dimension = asked_dimension(step)
    if not dimension.has_main:
        raise NoMainHere
    code_id = step.payload.key_or_none("code_id")
    before = as_it_stands(step, dimension.id)
    if code_id is not None and before.code(code_id) is None:
        raise CodeNotApplied
    main = update(CodeApplication).where(
        CodeApplication.study_id == step.study_id,
        CodeApplication.assignment_id == step.assignment.id,
        CodeApplication.dimension_id == dimension.id,
    )
    step.session.execute(main.values(is_main=CodeApplication.code_id == code_id if code_id else False))
    return Change(before.as_inverse(), dimension.id, code_id)


def answer(step: Step) -> Change:
    """'none_applies' and 'not_enough_information' take the codes away; '' makes the dimension not coded."""
    dimension = asked_dimension(step)
    state = step.payload.text("state")
    if state not in ("", "none_applies", "not_enough_information"):
        raise ActNotUnderstood
    before = as_it_stands(step, dimension.id)
    remove_all(step, before.codes)
    if state:
        set_answer(step, dimension.id, state)
    else:
        remove_answer(step, dimension.id)
    return Change(before.as_inverse(), dimension.id)


def create_code(step: Step) -> Change:
    """Finds or creates the code and applies it; start and end add the words it was named from as evidence."""
    dimension = asked_dimension(step)
    payload = step.payload
    span = (payload.offset("start"), payload.offset("end")) if payload.has("start") or payload.has("end") else None
    quote = quoted(step, *span) if span else ""
    before, seen = as_it_stands(step, dimension.id), set(step.codebook.codes)
    code = find_or_create(step, dimension, payload, parent_id=payload.key_or_none("parent_id"))
    application_id = apply_code(step, dimension, before, code)
    evidence_id = add_quote(step, application_id, *span, quote) if span else None
    inverse = before.as_inverse() | _coined(step, code, seen)
    return Change(inverse, dimension.id, code.id, application_id, evidence_id)


def add_evidence(step: Step) -> Change:
    """A code that is not applied yet is applied first."""
    dimension = asked_dimension(step)
    code = seen_code(step, dimension, step.payload.key("code_id"))
    start, end = step.payload.offset("start"), step.payload.offset("end")
    quote = quoted(step, start, end, step.payload.text("quote"))
    before = as_it_stands(step, dimension.id)
    application_id = apply_code(step, dimension, before, code)
    evidence_id = add_quote(step, application_id, start, end, quote)
    return Change(before.as_inverse(), dimension.id, code.id, application_id, evidence_id)


def remove_evidence(step: Step) -> Change:
    evidence_id = step.payload.key("evidence_id")
    for before in standing_answers(step.session, step.assignment).values():
        for code in before.codes:
            if evidence_id in {quote.evidence_id for quote in code.quotes}:
                gone = delete(Evidence).where(Evidence.study_id == step.study_id, Evidence.id == evidence_id)
                step.session.execute(gone)
                return Change(before.as_inverse(), before.dimension_id, code.code_id, code.application_id)
    raise NotFound


def apply_offered(step: Step) -> Change:
    """What a model offered, taken over by the coder. A code that the coder had applied before stays their own."""
    dimension = asked_dimension(step)
    origin = step.payload.text("origin")
    if origin not in ("accepted", "revised") or step.payload.has("code_id") == step.payload.has("new_code"):
        raise ActNotUnderstood
    quotes = [(part.offset("start"), part.offset("end"), part.text("quote")) for part in step.payload.parts("evidence")]
    for start, end, quote in quotes:
        quoted(step, start, end, quote)
    before, seen = as_it_stands(step, dimension.id), set(step.codebook.codes)
    if step.payload.has("code_id"):
        code = seen_code(step, dimension, step.payload.key("code_id"))
    else:
        code = find_or_create(step, dimension, step.payload.part("new_code"), origin="suggestion")
    application_id = apply_code(step, dimension, before, code, origin=origin)
    for start, end, quote in quotes:
        add_quote(step, application_id, start, end, quote)
    return Change(before.as_inverse() | _coined(step, code, seen), dimension.id, code.id, application_id)


def reject_offered(step: Step) -> Change:
    """What a model offered, put aside. The room that knows the offer keeps why, as a row of its own."""
    return _weighed(step, stands=True)


def restore_offered(step: Step) -> Change:
    """Rejections, taken back."""
    return _weighed(step, stands=False)


def _weighed(step: Step, *, stands: bool) -> Change:
    """Nothing of the answer changes. An undo turns whether the rejections count (`app/coding/undoing.py`)."""
    dimension = asked_dimension(step)
    rejections = step.payload.fields.get("rejections")
    if not isinstance(rejections, list) or not all(isinstance(each, int) for each in rejections):
        raise ActNotUnderstood
    turned = {"rejections": rejections, "stood": not stands, "stands": stands, "of_dimension": dimension.id}
    return Change(turned, dimension.id)


def _coined(step: Step, code: CodeEntry, seen: Collection[int]) -> dict[str, int]:
    """What an undo needs to know of a code that this act made. seen: the codes that were there before."""
    return {"coined": code.id} if code.id not in seen and code.created_by == step.viewer.member.id else {}


def skip(step: Step) -> Change:
    reason = " ".join(step.payload.text("reason").split())
    if not reason:
        raise NoSkipReason
    submission = hand_in(step, skip_reason=reason)
    before, step.work.state = step.work.state, "skipped"
    return Change({"assignment_state": before}, submission_id=submission.id)


def submit(step: Step) -> Change:
    submission = hand_in(step)
    before, step.work.state = step.work.state, "submitted"
    return Change({"assignment_state": before}, submission_id=submission.id)


def take_back(step: Step) -> Change:
    """Back to draft. What was submitted stays on record."""
    before, step.work.state = step.work.state, "draft"
    return Change({"assignment_state": before})


KINDS: Mapping[str, Handler] = {
    "toggle_code": toggle_code,
    "set_main": set_main,
    "answer": answer,
    "create_code": create_code,
    "add_evidence": add_evidence,
    "remove_evidence": remove_evidence,
    "write_memo": write_memo,
    "flag": flag,
    "unflag": unflag,
    "skip": skip,
    "submit": submit,
    "take_back": take_back,
    "undo": undo,
    "redo": redo,
}
OFFERED: Mapping[str, Handler] = {"apply_offered": apply_offered}
WEIGHED: Mapping[str, Handler] = {"reject_offered": reject_offered, "restore_offered": restore_offered}
