"""The codebook as CSV, XLSX and JSON: a row or an object a code."""

import json
from collections.abc import Iterator
from typing import Any

from app.codebook.texts import EXAMPLES, TEXTS, examples_of, paragraphs_of, text_of
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.export.codebook_document import Document, entries
from app.export.naming import path_of
from app.export.workbook import Sheet, workbook
from app.export.writing import csv_bytes

COLUMNS = (
    *("dimension", "path", "code", "code_id", "parent", "parent_id", "is_category"),
    *(words.name for words in TEXTS),
    *(kind.name for kind in EXAMPLES),
    *("colour", "status", "merged_into", "origin", "source"),
    "description",  # all the texts in one cell, for tools that have one place for them
)
DIMENSIONS = ("dimension", "question", "takes", "has_main", "openness", "needs_evidence")


def csv_table(document: Document) -> bytes:
    return csv_bytes(COLUMNS, _rows(document.codebook))


def xlsx_workbook(document: Document) -> bytes:
    dimensions = ([getattr(each, name) for name in DIMENSIONS[1:]] for each in document.codebook.dimensions)
    named = zip((each.name for each in document.codebook.dimensions), dimensions, strict=True)
    about = [(document.heading,), (document.standing,), *((f"Not in this file: {each}.",) for each in document.missing)]
    sheets = [
        Sheet("codes", COLUMNS, _rows(document.codebook)),
        Sheet("dimensions", DIMENSIONS, [(name, *(_yes(fact) for fact in facts)) for name, facts in named]),
        Sheet("about", ("about",), about),
    ]
    return workbook(sheets, title=document.title)


def json_document(document: Document) -> bytes:
    codebook = document.codebook
    whole = {
        "study": document.slug,
        "title": document.title,
        "version": document.version,
        "codebook_seq": codebook.told_seq,
        "not_in_this_file": document.missing,
        "dimensions": [_dimension(codebook, dimension) for dimension in codebook.dimensions],
    }
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def _rows(codebook: Codebook) -> Iterator[tuple[object, ...]]:
    for dimension, code in entries(codebook):
        yield (
            *(dimension.name, path_of(codebook, code), code.name, code.id),
            *(_name_of(codebook, code.parent_id), _seen(codebook, code.parent_id) or "", _yes(code.is_category)),
            *(text_of(code, words) for words in TEXTS),
            *("\n".join(" ".join(text.splitlines()) for text in examples_of(code, kind)) for kind in EXAMPLES),
            *(code.colour, code.status, _name_of(codebook, code.merged_into_id), code.origin, code.source),
            description_of(code),
        )


def description_of(code: CodeEntry) -> str:
    """The definition, then the other texts under their headings."""
    first = TEXTS[0].heading
    return "\n\n".join(text if head == first else f"{head}: {text}" for head, text in paragraphs_of(code))


def _dimension(codebook: Codebook, dimension: DimensionEntry) -> dict[str, Any]:
    return {
        "id": dimension.id,
        "name": dimension.name,
        **{name: getattr(dimension, name) for name in DIMENSIONS[1:]},
        "codes": [_code(codebook, code) for owner, code in entries(codebook) if owner.id == dimension.id],
    }


def _code(codebook: Codebook, code: CodeEntry) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": code.name,
        "parent_id": _seen(codebook, code.parent_id),
        "is_category": code.is_category,
        **{words.name: getattr(code, words.name) for words in TEXTS},
        "examples": [dict(example) for example in code.examples],
        "colour": code.colour,
        "status": code.status,
        "merged_into_id": _seen(codebook, code.merged_into_id),
        "origin": code.origin,
        "source": code.source,
    }


def _seen(codebook: Codebook, code_id: int | None) -> int | None:
    return code_id if code_id in codebook.codes else None


def _name_of(codebook: Codebook, code_id: int | None) -> str:
    return codebook.codes[code_id].name if code_id is not None and code_id in codebook.codes else ""


def _yes(fact: object) -> object:
    return ("yes" if fact else "no") if isinstance(fact, bool) else fact
