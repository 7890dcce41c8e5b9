"""One JSON object a line, a JSON array of objects, or an object that holds one list of objects."""

import json
import re
from collections.abc import Iterator
from typing import Any

from app.incidents.readers.decoding import decoded
from app.incidents.readers.statuspage import flattened, is_statuspage
from app.incidents.readers.table import RawRow, RawTable, ReaderProblem, RowProblem, unique_names

_SPACE = " \t\r\n"
_OF_AN_INCIDENT = frozenset(("id", "title", "name", "number", "text", "description", "summary", "body", "incident_id"))
_SURROGATE = re.compile("[\ud800-\udfff]")
_decoder = json.JSONDecoder()


def read_jsonl(content: bytes) -> RawTable:
    """Lines that are no JSON object become problems. Raises ReaderProblem when none is."""
    text, encoding = decoded(content)
    listed = _list_in(text)
    items, form = (_lines(text), "JSON lines") if listed is None else (_elements(text, listed), "JSON")
    objects: list[tuple[int, dict[str, Any]]] = []
    problems: list[RowProblem] = []
    for line, value in items:
        if isinstance(value, dict) and _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
            problems.append(
                RowProblem(line, None, "Half of a character (a lone surrogate) stands in it. Mend it in the file")
            )
        elif isinstance(value, dict):
            objects.append((line, value))
        else:
            reason = value.reason if isinstance(value, _Fault) else "not an object with names and values"
            problems.append(RowProblem(line, None, reason))
    if not any(value for _, value in objects):
        where = f" Line {problems[0].line}: {problems[0].reason}." if problems else ""
        raise ReaderProblem(f"The file holds no incident as a JSON object.{where} Give one object a line, or a list.")
    if all(is_statuspage(value) for _, value in objects):
        objects, form = [(line, flattened(value)) for line, value in objects], f"Statuspage {form}"
    keys = list(dict.fromkeys(key for _, value in objects for key in value))
    columns = unique_names(keys)
    named = list(zip(keys, columns, strict=True))
    rows = tuple(RawRow(line, {name: _cell(value.get(key)) for key, name in named}) for line, value in objects)
    return RawTable(columns, rows, tuple(problems), f"{form}, {encoding}")


class _Fault:
    def __init__(self, reason: str) -> None:
        self.reason = reason


def _lines(text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.splitlines() if "\n" not in text else text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, _Fault(_sentence(error))


def _sentence(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {error.msg[0].lower()}{error.msg[1:]} at column {error.colno}"
    return "not JSON that can be read: nested too deeply, or a number too long"


def _list_in(text: str) -> int | None:
    """Where the list of objects opens; None when the file has one object a line."""
    start = _skip(text, 0)
    if text[start : start + 1] == "[":
        return start
    if text[start : start + 1] != "{":
        return None
    try:
        members = list(_members(text, start))
    except (ValueError, RecursionError):
        return None
    end = members[-1][2] if members else start
    if text[_skip(text, end) + 1 :].strip():
        return None
    lists = [place for _, place, _, value in members if _is_list_of_objects(value)]
    return lists[0] if len(lists) == 1 and not any(key in _OF_AN_INCIDENT for key, *_ in members) else None


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _members(text: str, start: int) -> Iterator[tuple[str, int, int, Any]]:
    """(key, where the value begins, where it ends, value) of the object that opens at `start`."""
    place = _skip(text, start + 1)
    while text[place : place + 1] != "}":
        key, place = _decoder.raw_decode(text, place)
        place = _skip(text, _expect(text, _skip(text, place), ":"))
        value, end = _decoder.raw_decode(text, place)
        yield key, place, end, value
        place = _skip(text, end)
        if text[place : place + 1] != "}":
            place = _skip(text, _expect(text, place, ","))


def _elements(text: str, start: int) -> Iterator[tuple[int, Any]]:
    """(line, value) of every element of the list that opens at `start`. Raises ReaderProblem."""
    line, counted = 1, 0
    place = _skip(text, start + 1)
    try:
        while text[place : place + 1] != "]":
            line, counted = line + text.count("\n", counted, place), place
            value, end = _decoder.raw_decode(text, place)
            yield line, value
            place = _skip(text, end)
            if text[place : place + 1] != "]":
                place = _skip(text, _expect(text, place, ","))
    except json.JSONDecodeError as error:
        raise ReaderProblem(
            f"The file is not JSON: line {error.lineno}, column {error.colno}: {error.msg}. Mend it and try again."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ReaderProblem(f"The item in line {line} is {_sentence(error)}. Mend it and try again.") from error


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _expect(text: str, place: int, sign: str) -> int:
    if text[place : place + 1] != sign:
        raise json.JSONDecodeError(f"Expecting '{sign}'", text, place)
    return place + 1


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
