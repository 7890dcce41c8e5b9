"""A codebook as the algebra of codebooks takes it."""

from app.codebook.tree import Codebook, CodeEntry
from app.methods.codebook_algebra import Node


def shelf_of(codebook: Codebook) -> dict[int, Node]:
    moved: dict[tuple[int | None, int], list[int]] = {}
    for code in codebook.codes.values():
        if code.is_active:
            moved.setdefault((code.parent_id, code.codebook_seq), []).append(code.id)
    with_it: dict[int, int] = {}
    for code in codebook.codes.values():
        if code.merged_into_id is not None:
            with_it |= dict.fromkeys(moved.get((code.merged_into_id, code.codebook_seq), ()), code.id)
    return {code.id: _node(code, with_it.get(code.id)) for code in codebook.codes.values()}


def _node(code: CodeEntry, moved_with: int | None) -> Node:
    return Node(
        name=code.name,
        dimension=code.dimension_id,
        parent=code.parent_id,
        is_category=code.is_category,
        is_active=code.is_active,
        merged_into=code.merged_into_id,
        moved_with=moved_with,
        is_split=code.status == "split",
    )
