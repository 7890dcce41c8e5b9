"""Codebook files: bytes in, dimensions with their codes and what was left out out. One file a format."""

from app.codebook.readers.json import read_json
from app.codebook.readers.listed import CodebookFileProblem, ListedCode, ListedCodebook, ListedDimension, Refused
from app.codebook.readers.qdc import read_qdc
from app.codebook.readers.table import read_csv_codebook

READERS = {"csv": read_csv_codebook, "json": read_json, "qdc": read_qdc}


def codebook_format_of(file_name: str) -> str:
    """Raises CodebookFileProblem for an ending that has no reader."""
    ending = file_name.rpartition(".")[2].lower()
    known = {"csv": "csv", "tsv": "csv", "txt": "csv", "json": "json", "qdc": "qdc", "xml": "qdc"}
    if ending not in known:
        raise CodebookFileProblem(f"Codebooks that end in .{ending} cannot be read. Save it as CSV, JSON or QDC.")
    return known[ending]


def read_codebook(content: bytes, format: str) -> ListedCodebook:
    """Raises CodebookFileProblem when nothing of the file can be read."""
    if format not in READERS:
        raise CodebookFileProblem(f"There is no reader for {format}. Choose one of: {', '.join(READERS)}.")
    return READERS[format](content)


__all__ = [
    "READERS",
    "CodebookFileProblem",
    "ListedCode",
    "ListedCodebook",
    "ListedDimension",
    "Refused",
    "codebook_format_of",
    "read_codebook",
]
