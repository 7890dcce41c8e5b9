"""A codebook on its way into a file, and its parts in the order in which people read them."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.codebook.texts import paragraphs_of
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.export.codebook_formats import IN_NONE, CodebookFormat


@dataclass(frozen=True)
class CodePart:
    """paragraphs: (heading, text) of what is written about the code; depth: 0 at the top of its dimension."""

    code: CodeEntry
    depth: int
    paragraphs: list[tuple[str, str]]


@dataclass(frozen=True)
class Document:
    codebook: Codebook
    form: CodebookFormat
    slug: str
    title: str
    version: str

    @property
    def heading(self) -> str:
        return f"Codebook of {self.title}"

    @property
    def standing(self) -> str:
        """Which state of the codebook this is."""
        which = "As it stands" if self.version == "live" else f"Version {self.version}"
        return f"{which}, revision {self.codebook.told_seq} of the codebook."

    @property
    def missing(self) -> list[str]:
        return [*self.form.not_carried, *IN_NONE]

    def parts(self, dimension: DimensionEntry) -> Iterator[CodePart]:
        for code, depth in self.codebook.tree_of(dimension.id):
            yield CodePart(code, depth, paragraphs_of(code))

    def put_away(self, dimension: DimensionEntry) -> list[str]:
        """The retired and merged codes of a dimension, with what became of them."""
        return [
            f"{code.name} ({_became(self.codebook, code)})"
            for owner, code in entries(self.codebook)
            if owner.id == dimension.id and not code.is_active
        ]


def takes(dimension: DimensionEntry) -> str:
    many = "several codes, one of them the main one" if dimension.has_main else "several codes"
    said = f"Takes {many if dimension.takes_many else 'one code'}"
    said += "; open to new codes" if dimension.is_open else "; closed"
    return said + ("; every code needs a quote." if dimension.needs_evidence else ".")


def entries(codebook: Codebook) -> list[tuple[DimensionEntry, CodeEntry]]:
    """Every code in reading order: active ones as the tree stands, then retired and merged ones."""
    found = []
    for dimension in codebook.dimensions:
        active = codebook.codes_of(dimension.id)
        others = [c for c in codebook.codes.values() if c.dimension_id == dimension.id and not c.is_active]
        gone = [code for code in others if code.status != "undone"]
        found += [(dimension, code) for code in (*active, *sorted(gone, key=lambda c: c.id))]
    return found


def _became(codebook: Codebook, code: CodeEntry) -> str:
    into = codebook.codes.get(code.merged_into_id) if code.merged_into_id is not None else None
    return f"merged into {into.name}" if into else code.status
