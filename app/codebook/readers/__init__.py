"""Codebook files: bytes in, dimensions with their codes and what was left out out. One file a format."""

from app.codebook.readers.checked import checked
from app.codebook.readers.json import read_json
from app.codebook.readers.levels import by_level_sign, under_one_dimension
from app.codebook.readers.listed import CodebookFileProblem, ListedCode, ListedCodebook, ListedDimension, Refused
from app.codebook.readers.qdc import read_qdc
from app.codebook.readers.table import read_csv_codebook

READERS = {"csv": read_csv_codebook, "json": read_json, "qdc": read_qdc}


def codebook_format_of(file_name: str) -> str:
    """Raises CodebookFileProblem for an ending that has no reader."""
    ending = file_name.rpartition(".")[2].lower()
    known = {"csv": "csv", "tsv": "csv", "txt": "csv", "json": "json", "qdc": "qdc", "xml": "qdc"}
    if ending not in known:
        raise CodebookFileProblem(f"Codebooks that end in .{ending[:20]} cannot be read. Save it as CSV, JSON or QDC.")
    return known[ending]


def read_codebook(content: bytes, format: str, *, level_sign: str = "", one_dimension: bool = False) -> ListedCodebook:
    """level_sign: what stands between the levels in the names of codes. one_dimension: the file's are categories.

    Raises CodebookFileProblem when nothing of the file can be read.
    """
    if format not in READERS:
        raise CodebookFileProblem(f"There is no reader for {format}. Choose one of: {', '.join(READERS)}.")
    if not content.strip():
        raise CodebookFileProblem("The file is empty. Choose another one.")
    listed = READERS[format](content)
    if one_dimension:
        listed = under_one_dimension(listed)
    return checked(by_level_sign(listed, level_sign))


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
