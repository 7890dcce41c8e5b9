"""A codebook as JSON: what Tandem exports, or a list of objects with the names of the table's columns."""

import json
from typing import Any

from app.codebook.readers.hanging import Row, hung
from app.codebook.readers.listed import (
    MOST_DIMENSIONS,
    NO_DIMENSION,
    CodebookFileProblem,
    ListedCode,
    ListedCodebook,
    ListedDimension,
)
from app.codebook.readers.table import NAMES, column_of, lines_of
from app.codebook.texts import EXAMPLES, TEXTS, ExampleKind, as_written, kind_of

SENTENCE = "The file holds neither “dimensions” with their codes nor a list of codes."
KEYS = {column_of(called): name for name, names in NAMES.items() for called in reversed(names)} | {"id": "code_id"}


def read_json(content: bytes) -> ListedCodebook:
    try:
        return _listed(_document(content))
    except RecursionError as problem:
        raise CodebookFileProblem("The file is not JSON that can be read: it is nested too deeply.") from problem


def _listed(document: Any) -> ListedCodebook:
    if isinstance(document, list):
        return hung(_row(f"item {number}", _cells(item)) for number, item in enumerate(document, start=1))
    listed = document.get("dimensions") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise CodebookFileProblem(SENTENCE)
    if len(listed) > MOST_DIMENSIONS:
        raise CodebookFileProblem(f"The file lists {len(listed):,} dimensions, and at most {MOST_DIMENSIONS} come in.")
    return _whole(listed)


def _document(content: bytes) -> Any:
    try:
        return json.loads(content.decode(_encoding(content)))
    except UnicodeDecodeError as problem:
        raise CodebookFileProblem(
            f"The file is not written in UTF-8: byte {problem.start} is no part of a letter. Save it as UTF-8."
        ) from problem
    except ValueError as problem:
        raise CodebookFileProblem(f"The file is not JSON that can be read: {problem}.") from problem


def _encoding(content: bytes) -> str:
    """By its first bytes, as the standard has it; UTF-8 also with a byte order mark."""
    guessed = json.detect_encoding(content)
    return "utf-8-sig" if guessed.startswith("utf-8") else guessed


def _whole(listed: list[dict[str, Any]]) -> ListedCodebook:
    rows: list[Row] = []
    settings: list[ListedDimension] = []
    for number, dimension in enumerate(listed, start=1):
        name = _text(dimension.get("name"))
        if not name:
            raise CodebookFileProblem(f"Dimension {number} of the file has no name.")
        settings.append(_settings(name, dimension))
        codes = dimension.get("codes")
        for place, item in enumerate(codes if isinstance(codes, list) else [], start=1):
            rows.append(_row(f"{name}, code {place}", {**_cells(item), "dimension": name}))
    whole = hung(rows)
    trees = {each.name: each.codes for each in whole.dimensions}
    for each in settings:
        each.codes = trees.pop(each.name, [])
    whole.dimensions = settings
    return whole


def _settings(name: str, dimension: dict[str, Any]) -> ListedDimension:
    return ListedDimension(
        name,
        question=_text(dimension.get("question")),
        takes=dimension.get("takes") if dimension.get("takes") in ("one", "many") else None,
        openness=dimension.get("openness") if dimension.get("openness") in ("open", "closed") else None,
        has_main=dimension.get("has_main") is True,
        needs_evidence=dimension.get("needs_evidence") is True,
    )


def _cells(item: Any) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {}
    found: dict[str, Any] = {}
    for key, value in item.items():
        found.setdefault(KEYS.get(column_of(str(key))) or str(key), value)
    return found


def _row(place: str, cells: dict[str, Any]) -> Row:
    links = {name: _text(cells.get(name)) for name in ("parent_id", "parent", "path", "status")}
    dimension = _text(cells.get("dimension")) or NO_DIMENSION
    path = links["path"].split(">")[-1].strip()
    return Row(_code(place, _text(cells.get("code")) or path, cells), dimension, _text(cells.get("code_id")), **links)


def _code(place: str, name: str, cells: dict[str, Any]) -> ListedCode:
    return ListedCode(
        name=name,
        place=place,
        texts={words.name: as_written(words, _text(cells.get(words.name))) for words in TEXTS},
        examples=[each for kind in EXAMPLES for each in _examples(kind, cells.get(kind.name))],
        colour=_text(cells.get("colour")),
        source=_text(cells.get("source")),
        is_category=cells.get("is_category") is True or cells.get("is_category") in ("yes", "true", "1"),
    )


def _examples(kind: ExampleKind, value: Any) -> list[tuple[ExampleKind, str]]:
    """Objects with a text, which may say its kind; texts; or one text with an example a line."""
    if not isinstance(value, list):
        return [(kind, line) for line in lines_of(_text(value))]
    found = [(kind_of(each) if isinstance(each, dict) and "kind" in each else kind, _example(each)) for each in value]
    return [(kind, text) for kind, text in found if text]


def _example(value: Any) -> str:
    return _text(value.get("text") if isinstance(value, dict) else value)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_text(each) for each in value if not isinstance(each, list))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return value.strip() if isinstance(value, str) else "" if value is None or value is False else str(value)
