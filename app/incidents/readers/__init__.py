"""One file a format: bytes in, rows and problems out."""

from app.incidents.readers.csv import read_csv
from app.incidents.readers.jsonl import read_jsonl
from app.incidents.readers.table import RawTable, ReaderProblem
from app.incidents.readers.xlsx import read_xlsx

READERS = {"csv": read_csv, "jsonl": read_jsonl, "xlsx": read_xlsx}
_ENDINGS = {
    "csv": "csv",
    "tsv": "csv",
    "tab": "csv",
    "txt": "csv",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "jsonl",
    "xlsx": "xlsx",
}


def format_of(file_name: str) -> str:
    """The format that the ending of the name tells. Raises ReaderProblem for one that has no reader."""
    ending = file_name.rpartition(".")[2].lower()
    if ending not in _ENDINGS:
        raise ReaderProblem(f"Files that end in .{ending} cannot be read. Save it as CSV, XLSX or JSON lines.")
    return _ENDINGS[ending]


def read_table(content: bytes, format: str) -> RawTable:
    """The file as a table. Raises ReaderProblem."""
    if format not in READERS:
        raise ReaderProblem(f"There is no reader for {format}. Choose one of: {', '.join(READERS)}.")
    return READERS[format](content)


__all__ = ["READERS", "RawTable", "ReaderProblem", "format_of", "read_table"]
