"""The codebook of a published version, as a reader outside the study meets it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.codebook.comparing import written_in
from app.codebook.told_values import label_of, told_value
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry

FIRST = ("definition", "use_when", "not_when")  # further texts follow in the order in which entries hold them


@dataclass(frozen=True)
class PublishedCode:
    """depth: how many it stands under. texts: (label, words). examples: each with its kind, where it has one."""

    code: CodeEntry
    depth: int
    texts: list[tuple[str, str]]
    examples: list[str]


@dataclass(frozen=True)
class PublishedDimension:
    """put_away: codes that were retired or merged by then, in words."""

    dimension: DimensionEntry
    codes: list[PublishedCode]
    put_away: list[str]


def told_dimensions(codebook: Codebook) -> list[PublishedDimension]:
    return [
        PublishedDimension(
            dimension=dimension,
            codes=[_told(codebook, code, depth) for code, depth in codebook.tree_of(dimension.id)],
            put_away=list(_put_away(codebook, dimension)),
        )
        for dimension in codebook.dimensions
    ]


def _told(codebook: Codebook, code: CodeEntry, depth: int) -> PublishedCode:
    names = [each.name for each in written_in(code) if each.name != "examples"]
    in_order = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
    return PublishedCode(
        code=code,
        depth=min(depth, 4),
        texts=[(label_of(name), told_value(name, getattr(code, name), codebook)) for name in in_order],
        examples=[_example(each) for each in code.examples],
    )


def _example(example: Mapping[str, Any]) -> str:
    """Those quoted from incidents are here only if the lead published them with it."""
    kind = f"{str(example['kind']).replace('_', ' ').capitalize()}: " if example.get("kind") else ""
    return f"{kind}“{example.get('text', '')}”"


def _put_away(codebook: Codebook, dimension: DimensionEntry) -> Iterator[str]:
    gone = [code for code in codebook.codes.values() if code.dimension_id == dimension.id and not code.is_active]
    for code in sorted(gone, key=lambda code: (code.name.casefold(), code.id)):
        if code.status == "merged":
            yield f"{code.name} (merged into {told_value('merged_into_id', code.merged_into_id, codebook)})"
        elif code.status != "undone":
            yield f"{code.name} ({code.status})"
