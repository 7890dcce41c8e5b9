"""Rows on their way out, one after the other, so that no file of a hundred thousand calls is ever whole in memory."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from app.export.writing import LargeFile
from app.problems import Invalid

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "jsonl": "application/jsonl"}
Told = Mapping[str, object]


class NoSuchRows(Invalid):
    """Rows are taken out as csv, json or jsonl."""


def rows_file(name: str, format: str, header: Sequence[str], rows: Iterable[Told]) -> LargeFile:
    """name: without its ending. CSV holds the data unchanged (ADR 15); in JSON what is not known is null."""
    if format not in MEDIA_TYPES:
        raise NoSuchRows
    out = TemporaryFile()  # noqa: SIM115 -- it outlives this function
    try:
        write_rows(out, format, header, rows)
        return LargeFile.at_its_end(f"{name}.{format}", MEDIA_TYPES[format], out)
    except BaseException:
        out.close()
        raise


def write_rows(out: IO[bytes], format: str, header: Sequence[str], rows: Iterable[Told]) -> None:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    if format == "csv":
        _as_csv(text, header, rows)
    elif format == "jsonl":
        text.writelines(f"{as_json(row)}\n" for row in rows)
    else:
        _as_json(text, rows)
    text.flush()
    text.detach()


def _as_csv(text: io.TextIOWrapper, header: Sequence[str], rows: Iterable[Told]) -> None:
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(row[name]) for name in header] for row in rows)


def _as_json(text: io.TextIOWrapper, rows: Iterable[Told]) -> None:
    before = "[\n"
    for row in rows:
        text.write(before + as_json(row))
        before = ",\n"
    text.write("[]\n" if before == "[\n" else "\n]\n")


def as_json(row: Told) -> str:
    return json.dumps(dict(row), ensure_ascii=False, default=_plain)


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _plain(value) if isinstance(value, datetime | Decimal) else value


def _plain(value: object) -> str:
    """Money as a decimal in words, since no binary number holds it exactly."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not written into a file")
