"""New codes made while coding."""

from app.codebook import actions as codebook
from app.codebook.actions import CodeText, NotOpenToNewCodes
from app.codebook.policy import NameTaken
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.applying import seen_code
from app.coding.payload import Payload
from app.coding.step import Step
from app.methods.names import same_name


def find_or_create(
    step: Step, dimension: DimensionEntry, words: Payload, *, origin: str = "coding", parent_id: int | None = None
) -> CodeEntry:
    """The code of that name that the coder may see and apply, else a new one.

    A code that another coder coined privately is neither found nor in the way, so nothing is told of it (promise 1).
    """
    name = " ".join(words.text("name").split())
    found = _found(step, dimension, name, parent_id)
    if found is not None:
        return found
    if not dimension.is_open:
        raise NotOpenToNewCodes
    if parent_id is not None:
        seen_code(step, dimension, parent_id)
    try:
        return _create(step, dimension, CodeText(name, words.text("definition")), origin, parent_id)
    except NameTaken:
        # A colleague may have coined it openly a moment ago; by now it can be seen.
        step.forget_codebook()
        found = _found(step, dimension, name, parent_id)
        if found is None:
            raise
        return found


def _found(step: Step, dimension: DimensionEntry, name: str, parent_id: int | None) -> CodeEntry | None:
    """Beside the wanted place first, then anywhere in the dimension."""
    same = [c for c in step.codebook.appliable(dimension.id) if same_name(c.name, name)]
    return next((code for code in same if code.parent_id == parent_id), same[0] if same else None)


def _create(step: Step, dimension: DimensionEntry, words: CodeText, origin: str, parent_id: int | None) -> CodeEntry:
    code = codebook.create_code(
        step.session,
        step.study_id,
        step.viewer.member,
        dimension.id,
        words,
        origin=origin,
        parent_id=parent_id,
        created_in_round=step.coding_round.id,
        disclosed="name" if step.coding_round.code_sharing == "shared" else "",
    )
    step.forget_codebook()
    return code
