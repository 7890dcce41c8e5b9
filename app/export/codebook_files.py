"""The codebook as CSV, JSON, XLSX and REFI-QDA QDC. Pure: the same codebook gives the same bytes."""

import json
from collections.abc import Iterator
from typing import Any

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.export.naming import path_of
from app.export.qdc import qdc_file
from app.export.workbook import XLSX, Sheet, workbook
from app.export.writing import ExportFile, csv_bytes

COLUMNS = (
    "dimension",
    "path",
    "code",
    "code_id",
    "parent",
    "is_category",
    "definition",
    "use_when",
    "not_when",
    "examples",
    "status",
    "merged_into",
    "origin",
    "source",
)
FORMATS = ("csv", "json", "qdc", "xlsx")


def codebook_file(codebook: Codebook, *, slug: str, title: str, version: str, format: str) -> ExportFile:
    """version: the name under which the file goes, e.g. 'v3' or 'live'."""
    name = f"{slug}-codebook-{version}.{format}"
    if format == "csv":
        return ExportFile(name, "text/csv; charset=utf-8", csv_bytes(COLUMNS, _rows(codebook)))
    if format == "xlsx":
        return ExportFile(name, XLSX, workbook([Sheet("codes", COLUMNS, _rows(codebook))], title=title))
    if format == "json":
        return ExportFile(name, "application/json", _json(codebook, slug, title, version))
    return ExportFile(name, "application/xml", qdc_file(codebook, slug))


def entries(codebook: Codebook) -> list[tuple[DimensionEntry, CodeEntry]]:
    """Every code in reading order: active ones as the tree stands, then retired and merged ones."""
    found = []
    for dimension in codebook.dimensions:
        active = codebook.codes_of(dimension.id)
        gone = [c for c in codebook.codes.values() if c.dimension_id == dimension.id and not c.is_active]
        found += [(dimension, code) for code in (*active, *sorted(gone, key=lambda c: c.id))]
    return found


def _name_of(codebook: Codebook, code_id: int | None) -> str:
    return codebook.codes[code_id].name if code_id is not None and code_id in codebook.codes else ""


def _rows(codebook: Codebook) -> Iterator[tuple[object, ...]]:
    for dimension, code in entries(codebook):
        yield (
            dimension.name,
            path_of(codebook, code),
            code.name,
            code.id,
            _name_of(codebook, code.parent_id),
            "yes" if code.is_category else "no",
            code.definition,
            code.use_when,
            code.not_when,
            "\n".join(str(example.get("text", "")) for example in code.examples),
            code.status,
            _name_of(codebook, code.merged_into_id),
            code.origin,
            code.source,
        )


def _json(codebook: Codebook, slug: str, title: str, version: str) -> bytes:
    document = {
        "study": slug,
        "title": title,
        "version": version,
        "codebook_seq": codebook.codebook_seq,
        "dimensions": [_dimension(codebook, dimension) for dimension in codebook.dimensions],
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _dimension(codebook: Codebook, dimension: DimensionEntry) -> dict[str, Any]:
    return {
        "id": dimension.id,
        "name": dimension.name,
        "question": dimension.question,
        "takes": dimension.takes,
        "has_main": dimension.has_main,
        "openness": dimension.openness,
        "needs_evidence": dimension.needs_evidence,
        "codes": [_code(code) for owner, code in entries(codebook) if owner.id == dimension.id],
    }


def _code(code: CodeEntry) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": code.name,
        "parent_id": code.parent_id,
        "is_category": code.is_category,
        "definition": code.definition,
        "use_when": code.use_when,
        "not_when": code.not_when,
        "examples": [dict(example) for example in code.examples],
        "status": code.status,
        "merged_into_id": code.merged_into_id,
        "origin": code.origin,
        "source": code.source,
    }
