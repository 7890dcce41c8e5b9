"""A codebook as it stood at one codebook_seq, as plain values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.codebook.models import Code, CodeRevision, DimensionRevision


@dataclass(frozen=True)
class CodeEntry:
    """A code with the properties of its newest revision up to the asked codebook_seq.

    disclosed: 'whole' for what everybody may read, 'name' where others may see the name only, '' for its author alone.
    split_from_id: the code that it and others came out of.
    """

    id: int
    dimension_id: int
    parent_id: int | None
    name: str
    definition: str
    use_when: str
    not_when: str
    examples: tuple[Mapping[str, Any], ...]
    colour: str
    position: float
    status: str
    merged_into_id: int | None
    is_category: bool
    origin: str
    source: str
    created_by: int | None
    created_in_round: int | None
    codebook_seq: int
    disclosed: str
    short_definition: str = ""
    synonyms: tuple[str, ...] = ()
    split_from_id: int | None = None

    @property
    def is_active(self) -> bool:
        return self.status == "active"

    @property
    def can_be_applied(self) -> bool:
        return self.is_active and not self.is_category

    @property
    def content(self) -> "CodeEntry":
        """What its revisions say, whichever of them said it."""
        return replace(self, codebook_seq=0)

    @classmethod
    def of(cls, code: Code, revision: CodeRevision, disclosed: str) -> "CodeEntry":
        return cls(
            id=code.id,
            dimension_id=revision.dimension_id,
            parent_id=revision.parent_id,
            name=revision.name,
            definition=revision.definition,
            use_when=revision.use_when,
            not_when=revision.not_when,
            examples=tuple(revision.examples),
            colour=revision.colour,
            position=revision.position,
            status=revision.status,
            merged_into_id=revision.merged_into_id,
            is_category=revision.is_category,
            origin=code.origin,
            source=code.source if revision.source is None else revision.source,
            created_by=code.created_by,
            created_in_round=code.created_in_round,
            codebook_seq=revision.codebook_seq,
            disclosed=disclosed,
            short_definition=revision.short_definition,
            synonyms=tuple(revision.synonyms),
            split_from_id=revision.split_from_id,
        )

    def without_texts(self) -> "CodeEntry":
        """As those see it who may see its name only."""
        return replace(
            self, definition="", short_definition="", use_when="", not_when="", examples=(), synonyms=(), source=""
        )


@dataclass(frozen=True)
class DimensionEntry:
    id: int
    name: str
    question: str
    takes: str
    has_main: bool
    openness: str
    position: int
    status: str
    codebook_seq: int
    needs_evidence: bool = False  # each code that is applied wants a quote before it is handed in

    @property
    def takes_many(self) -> bool:
        return self.takes == "many"

    @property
    def is_open(self) -> bool:
        return self.openness == "open"

    @classmethod
    def of(cls, revision: DimensionRevision) -> "DimensionEntry":
        return cls(
            id=revision.dimension_id,
            name=revision.name,
            question=revision.question,
            takes=revision.takes,
            has_main=revision.has_main,
            openness=revision.openness,
            position=revision.position,
            status=revision.status,
            codebook_seq=revision.codebook_seq,
            needs_evidence=revision.needs_evidence,
        )


@dataclass(frozen=True)
class Codebook:
    """dimensions: active ones in order. codes: every visible code by id, whatever its status."""

    codebook_seq: int
    dimensions: tuple[DimensionEntry, ...]
    codes: Mapping[int, CodeEntry]
    retired_dimensions: tuple[DimensionEntry, ...] = field(default=())

    def dimension(self, dimension_id: int) -> DimensionEntry | None:
        return next((d for d in (*self.dimensions, *self.retired_dimensions) if d.id == dimension_id), None)

    def codes_of(self, dimension_id: int) -> list[CodeEntry]:
        """Active codes of a dimension, depth first, each parent before its children."""
        return [entry for entry, _ in self.tree_of(dimension_id)]

    def tree_of(self, dimension_id: int) -> list[tuple[CodeEntry, int]]:
        """(code, depth) of the active codes of a dimension. A code whose parent is out of sight stands at the top."""
        active = [c for c in self.codes.values() if c.dimension_id == dimension_id and c.is_active]
        ids = {code.id for code in active}
        children: dict[int | None, list[CodeEntry]] = {}
        for code in active:
            children.setdefault(code.parent_id if code.parent_id in ids else None, []).append(code)

        def walk(parent: int | None, depth: int) -> Iterator[tuple[CodeEntry, int]]:
            for code in sorted(children.get(parent, []), key=lambda c: (c.position, c.id)):
                yield code, depth
                yield from walk(code.id, depth + 1)

        return list(walk(None, 0))

    def appliable(self, dimension_id: int) -> list[CodeEntry]:
        return [code for code in self.codes_of(dimension_id) if code.can_be_applied]

    def category_of(self, code_id: int) -> CodeEntry | None:
        """The topmost parent of a code, or None where it stands at the top."""
        code, top = self.codes.get(code_id), None
        while code is not None and code.parent_id is not None and code.parent_id in self.codes:
            top = code = self.codes[code.parent_id]
        return top

    @property
    def told_seq(self) -> int:
        """The newest revision of what is in sight; codebook_seq itself tells how many codes others coined alone."""
        dimensions = [entry.codebook_seq for entry in (*self.dimensions, *self.retired_dimensions)]
        return max([*dimensions, *(entry.codebook_seq for entry in self.codes.values())], default=0)

    def living(self, code_id: int) -> int | None:
        """Where a merged code went, followed to its end. None where that was split: which of the new codes an
        application means is settled by people, and never guessed."""
        code = self.codes.get(code_id)
        while code is not None and code.merged_into_id is not None:
            code_id, code = code.merged_into_id, self.codes.get(code.merged_into_id)
        return None if code is not None and code.status == "split" else code_id

    def parts_of(self, code_id: int) -> list[CodeEntry]:
        """The codes that a code was split into, whatever became of them since."""
        parts = [c for c in self.codes.values() if c.split_from_id == code_id and c.status != "undone"]
        return sorted(parts, key=lambda code: (code.position, code.id))

    @property
    def state(self) -> tuple[Mapping[int, DimensionEntry], Mapping[int, CodeEntry]]:
        """What two codebooks have in common that say the same, by whatever acts they came to it."""
        dimensions = (*self.dimensions, *self.retired_dimensions)
        return (
            {each.id: replace(each, codebook_seq=0) for each in dimensions if each.status != "undone"},
            {each.id: each.content for each in self.codes.values() if each.status != "undone"},
        )
