"""What a group of proposed codes becomes: ordinary acts on the codebook, in the group's own transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.policy import NotActive
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import CodeEntry
from app.curation import policy
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class GroupWords:
    """kept_id: of the group, for *merged*. into_id: of the codebook, for *into_existing*. under_id: a category of the
    codebook, for *merged*, *kept* and *category*; None leaves codes where they stand.

    seen_code_ids, seen_seq: the codes of the group, and the codebook, that the scribe had before them.
    """

    outcome: str
    name: str
    definition: str
    reason: str
    seen_code_ids: Sequence[int]
    seen_seq: int
    kept_id: int | None = None
    into_id: int | None = None
    under_id: int | None = None


def make_outcome(
    session: Session,
    viewer: Viewer,
    dimension_id: int,
    code_ids: Sequence[int],
    proposed: Collection[int],
    words: GroupWords,
) -> int | None:
    """The code that the group became, if it became one. proposed: all that are pooled on this board.

    A code that was merged or retired in the codebook meanwhile raises NotActive: nothing of the group is settled then.
    """
    for code in _codes(session, viewer, code_ids):
        if not code.is_active:
            raise NotActive(
                f"“{code.name}” was merged or retired in the codebook in the meantime. Take it out of the group first."
            )
    if words.outcome in policy.STAND_UNDER:
        _check_category(session, viewer, dimension_id, words.under_id)
    if words.outcome == "merged":
        return _merge_into_one(session, viewer, code_ids, words)
    if words.outcome == "into_existing":
        return _merge_into_existing(session, viewer, dimension_id, code_ids, proposed, words)
    if words.outcome == "category":
        return _put_under_category(session, viewer, dimension_id, code_ids, words)
    for code_id in code_ids:
        if words.outcome == "retired":
            codebook.retire_code(session, viewer.study.id, viewer.member, code_id, reason=words.reason)
        else:
            _keep(session, viewer, code_id, words, under=words.under_id)
    return None


def _check_category(session: Session, viewer: Viewer, dimension_id: int, category_id: int | None) -> None:
    if category_id is None:
        return
    found = disclosed_codebook(session, viewer.study.id).codes.get(category_id)
    if found is None or found.dimension_id != dimension_id or not (found.is_category and found.is_active):
        raise policy.NoCategory


def _merge_into_one(session: Session, viewer: Viewer, code_ids: Sequence[int], words: GroupWords) -> int:
    kept_id = words.kept_id if words.kept_id is not None or len(code_ids) > 1 else code_ids[0]
    if kept_id is None or kept_id not in code_ids:
        raise policy.NoKept
    # The others first: their names are free from then on, and the one kept may take one of them.
    _merge(session, viewer, [code_id for code_id in code_ids if code_id != kept_id], kept_id, words)
    kept = _codes(session, viewer, [kept_id])[0]
    said = replace(_text_of(kept), name=words.name, definition=words.definition)
    codebook.edit_code(
        session, viewer.study.id, viewer.member, kept_id, said,
        seen_seq=words.seen_seq, parent_id=words.under_id or kept.parent_id, reason=words.reason,
    )  # fmt: skip
    return kept_id


def _merge_into_existing(
    session: Session,
    viewer: Viewer,
    dimension_id: int,
    code_ids: Sequence[int],
    proposed: Collection[int],
    words: GroupWords,
) -> int:
    target = disclosed_codebook(session, viewer.study.id).codes.get(words.into_id or 0)
    if target is None or target.dimension_id != dimension_id or target.id in proposed or not target.can_be_applied:
        raise policy.NoTarget
    _merge(session, viewer, code_ids, target.id, words)
    return target.id


def _put_under_category(
    session: Session, viewer: Viewer, dimension_id: int, code_ids: Sequence[int], words: GroupWords
) -> int:
    category = codebook.create_code(
        session, viewer.study.id, viewer.member, dimension_id, CodeText(words.name, words.definition),
        origin="curation", parent_id=words.under_id, is_category=True, reason=words.reason,
    )  # fmt: skip
    for code_id in code_ids:
        _keep(session, viewer, code_id, words, under=category.id)
    return category.id


def _keep(session: Session, viewer: Viewer, code_id: int, words: GroupWords, *, under: int | None = None) -> None:
    """In its own words, by a revision that says who settled it and why: that is what pools it."""
    code = _codes(session, viewer, [code_id])[0]
    codebook.edit_code(
        session, viewer.study.id, viewer.member, code_id, _text_of(code),
        seen_seq=words.seen_seq, parent_id=code.parent_id if under is None else under, reason=words.reason,
    )  # fmt: skip


def _text_of(code: CodeEntry) -> CodeText:
    return CodeText.of(code)


def _merge(session: Session, viewer: Viewer, code_ids: Sequence[int], into_id: int, words: GroupWords) -> None:
    for code_id in code_ids:
        codebook.merge_codes(session, viewer.study.id, viewer.member, code_id, into_id, reason=words.reason)


def _codes(session: Session, viewer: Viewer, code_ids: Sequence[int]) -> list[CodeEntry]:
    codes = disclosed_codebook(session, viewer.study.id).codes
    return [codes[code_id] for code_id in code_ids]
