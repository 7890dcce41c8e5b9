"""A codebook as JSON: what Tandem exports, or a list of objects with the names of the table's columns."""

import json
from typing import Any

from app.codebook.readers.listed import CodebookFileProblem, ListedCodebook, ListedDimension
from app.codebook.readers.table import codebook_of_rows

SENTENCE = "The file holds neither “dimensions” with their codes nor a list of codes."


def read_json(content: bytes) -> ListedCodebook:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise CodebookFileProblem(f"The file is not JSON that can be read: {problem}.") from problem
    if isinstance(document, list):
        return codebook_of_rows((f"item {number}", _cells(item)) for number, item in enumerate(document, start=1))
    listed = document.get("dimensions") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise CodebookFileProblem(SENTENCE)
    whole = ListedCodebook([])
    for number, dimension in enumerate(listed, start=1):
        _add_dimension(whole, number, dimension)
    return whole


def _add_dimension(whole: ListedCodebook, number: int, dimension: dict[str, Any]) -> None:
    name = _text(dimension.get("name"))
    if not name:
        raise CodebookFileProblem(f"Dimension {number} of the file has no name.")
    codes = dimension.get("codes")
    if not isinstance(codes, list):
        codes = []
    paths = _paths(codes)
    rows = [
        (f"{name}, code {place}", {**_cells(code), "dimension": name, "path": paths.get(place, "")})
        for place, code in enumerate(codes, start=1)
    ]
    read = codebook_of_rows(rows)
    whole.refused += read.refused
    whole.left_out += read.left_out
    found = read.dimensions[0] if read.dimensions else ListedDimension(name)
    found.question = _text(dimension.get("question"))
    found.takes = dimension.get("takes") if dimension.get("takes") in ("one", "many") else None
    found.openness = dimension.get("openness") if dimension.get("openness") in ("open", "closed") else None
    found.has_main = dimension.get("has_main") is True
    found.needs_evidence = dimension.get("needs_evidence") is True
    whole.dimensions.append(found)


def _paths(codes: list[Any]) -> dict[int, str]:
    """The whole path of each code, by its place; parents are named by id."""
    by_id = {code["id"]: code for code in codes if isinstance(code, dict) and isinstance(code.get("id"), int | str)}
    found = {}
    for place, code in enumerate(codes, start=1):
        names: list[str] = []
        seen: set[int] = set()
        while isinstance(code, dict) and id(code) not in seen:
            seen.add(id(code))
            names.insert(0, _text(code.get("name")))
            parent = code.get("parent_id")
            code = by_id.get(parent) if isinstance(parent, int | str) else None
        found[place] = " > ".join(names) if all(names) and not any(">" in name for name in names) else ""
    return found


def _cells(item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        return {}
    names: dict[str, str] = {"name": "code", "color": "colour", "description": "definition"}
    cells = {names.get(key, str(key)): _text(value) for key, value in item.items()}
    return {**cells, "is_category": "yes" if item.get("is_category") is True else cells.get("is_category", "")}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_text(each.get("text") if isinstance(each, dict) else each) for each in value)
    return value.strip() if isinstance(value, str) else "" if value is None or value is False else str(value)
