"""Taking a code out of a merger again, also long after it: it stands in the codebook as it did, and what was submitted
under it counts as it again."""

from dataclasses import replace

from sqlalchemy.orm import Session

from app.codebook.policy import check_may_alter, code_in_sight, usable_name
from app.codebook.queries import whole_codebook
from app.codebook.revisions import next_seq, revise_code
from app.codebook.tree import Codebook, CodeEntry
from app.problems import Conflict
from app.studies.events import record
from app.studies.models import Membership


class NotMerged(Conflict):
    """This code is not merged into another one by now, so there is nothing to take it out of."""


def take_out_of_merger(session: Session, study_id: int, member: Membership, code_id: int, *, reason: str) -> None:
    """What stood under it when it was merged, and was not touched since, comes along."""
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    merged = code_in_sight(codebook, code_id, member)
    if merged.merged_into_id is None:
        raise NotMerged
    check_may_alter(merged, member)
    parent_id = standing_parent(codebook, merged.parent_id)
    usable_name(codebook, merged.name, merged.dimension_id, parent_id, code_id, member)
    after = replace(merged, status="active", merged_into_id=None, parent_id=parent_id)
    revise_code(session, study_id, member, after, seq, kind="restored", reason=reason)
    for child in moved_with(codebook, merged):
        revise_code(session, study_id, member, replace(child, parent_id=code_id), seq, kind="moved", reason=reason)
    veil = merged.created_in_round if merged.disclosed != "whole" else None
    record(
        session, study_id, member, "code.taken_out",
        subject=("code", code_id), veiled_by_round_id=veil, reason=reason, out_of=merged.merged_into_id,
    )  # fmt: skip


def moved_with(codebook: Codebook, merged: CodeEntry) -> list[CodeEntry]:
    """What the merger of a code put under the code that it went into, and nobody touched since."""
    return [
        code
        for code in codebook.codes.values()
        if code.parent_id == merged.merged_into_id
        and code.codebook_seq == merged.codebook_seq
        and code.is_active
        and merged.merged_into_id is not None
    ]


def standing_parent(codebook: Codebook, parent_id: int | None) -> int | None:
    """What a code would stand under today: where its parent went, or the top."""
    parent = codebook.codes.get(parent_id) if parent_id is not None else None
    while parent is not None and parent.merged_into_id is not None:
        parent = codebook.codes.get(parent.merged_into_id)
    return parent.id if parent is not None and parent.is_active else None
