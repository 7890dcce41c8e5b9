"""Workbooks of spreadsheet programs: the first sheet that holds anything, cells as one would have typed them."""

from datetime import date, datetime, time, timedelta
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from app.incidents.readers.table import RawRow, RawTable, ReaderProblem, RowProblem, unique_names

LARGEST_UNPACKED = 256 << 20  # bytes; a packed file of a few kilobytes may claim to be gigabytes
MOST_COLUMNS = 1_000
_PIECE = 1 << 16

Cell = str | float | int | bool | date | datetime | time | timedelta


def read_xlsx(content: bytes) -> RawTable:
    """The first row that is not blank names the columns; a formula counts as what it showed when the file was saved.

    Raises ReaderProblem.
    """
    _check_size(content)
    name, first_line, cells, others = _first_filled_sheet(content)
    lines = [(first_line + at, row) for at, row in enumerate(cells) if any(_words(cell).strip() for cell in row)]
    width = max(len(row) for _, row in lines)
    if width > MOST_COLUMNS:
        raise ReaderProblem(f"The sheet has {width:,} columns; at most {MOST_COLUMNS:,} can be read.")
    (header_line, header), *rest = lines
    if not rest:
        raise ReaderProblem(f"No row follows the header in row {header_line} of “{name}”. Choose another file.")
    columns = unique_names([_words(cell) for cell in header])
    rows = [RawRow(line, dict(zip(columns, map(_words, row), strict=True))) for line, row in rest]
    problems = []
    if others:
        more = ", ".join(f"“{other}”" for other in others[:5])
        words = f"only the sheet “{name}” is read; the workbook also holds {more}"
        problems.append(RowProblem(header_line, None, words, is_warning=True))
    return RawTable(columns, tuple(rows), tuple(problems), f"XLSX, sheet “{name}”")


def _check_size(content: bytes) -> None:
    """Unpacks it piece by piece and keeps nothing: what a packed file says of its size may be a lie."""
    unpacked = 0
    try:
        with ZipFile(BytesIO(content)) as packed:
            for entry in packed.infolist():
                with packed.open(entry) as part:
                    while piece := part.read(_PIECE):
                        unpacked += len(piece)
                        if unpacked > LARGEST_UNPACKED:
                            raise ReaderProblem(
                                f"Unpacked, this workbook is larger than {LARGEST_UNPACKED >> 20} MiB. "
                                "Save the sheet with the incidents alone, as CSV."
                            )
    except ReaderProblem:
        raise
    except (BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as problem:
        raise ReaderProblem(
            "This is no workbook that can be read (XLSX). Is it protected by a password? Save it as XLSX or CSV again."
        ) from problem


def _first_filled_sheet(content: bytes) -> tuple[str, int, list[list[Cell]], list[str]]:
    """(its name, the number of its first row, its cells, the names of further sheets that hold anything)"""
    from python_calamine import CalamineError, load_workbook  # heavy, and rarely wanted

    try:
        workbook = load_workbook(BytesIO(content))
        sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
        filled = [(name, sheet) for name, sheet in sheets if sheet.start is not None]
        if not filled:
            raise ReaderProblem("Every sheet of this workbook is empty. Choose a file with incidents in it.")
        (name, sheet), *others = filled
        assert sheet.start is not None
        return name, sheet.start[0] + 1, sheet.to_python(), [other for other, _ in others]
    except CalamineError as problem:
        raise ReaderProblem(f"This workbook cannot be read ({problem}). Save it as XLSX or CSV again.") from problem


def _words(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)
