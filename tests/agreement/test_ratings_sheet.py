"""Files of ratings as people save them: CSV of any delimiter and encoding, workbooks, and what is said of the rest."""

from io import BytesIO

import pytest
from openpyxl import Workbook

from app.agreement.ratings_columns import CsvForm
from app.agreement.ratings_sheet import NoSuchColumn, Sheet, UnreadableRatings, read_sheet
from app.incidents.readers.table import ReaderProblem

ROWS = [["unit", "rater", "code"], ["u1", "Zoë", "überlast"], ["u2", "Ben", "langsam, träge"]]


def cells(sheet: Sheet, *names: str, filled: tuple[str, ...] = ()) -> list[tuple[int, ...] | tuple[str, ...]]:
    return [row for part in sheet.columns(names, filled=filled) for row in zip(part.numbers, *part.cells, strict=True)]


def csv_of(delimiter: str, newline: str = "\n") -> str:
    return newline.join(delimiter.join(f'"{cell}"' for cell in row) for row in ROWS) + newline


def workbook(*sheets: list[list[object]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    saved = BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_and_encoding_are_found_out(encoding: str, delimiter: str) -> None:
    sheet = read_sheet(csv_of(delimiter, "\r\n").encode(encoding))
    assert cells(sheet, "unit", "code") == [(2, "u1", "überlast"), (3, "u2", "langsam, träge")]


@pytest.mark.parametrize(("delimiter", "encoding"), [("^", "utf-8"), (":", "mac-roman"), (",", "utf-16-be")])
def test_delimiter_and_encoding_can_be_told(delimiter: str, encoding: str) -> None:
    sheet = read_sheet(csv_of(delimiter).encode(encoding), CsvForm(delimiter, encoding))
    assert cells(sheet, "rater", "code") == [(2, "Zoë", "überlast"), (3, "Ben", "langsam, träge")]


def test_a_file_that_is_not_in_the_encoding_told_is_refused() -> None:
    with pytest.raises(UnreadableRatings, match="not ascii"):
        read_sheet(csv_of(",").encode(), CsvForm(encoding="ascii"))


def test_a_workbook_is_read_by_its_first_filled_sheet() -> None:
    sheet = read_sheet(workbook([], [*ROWS, [], [7, "Ben", 3.0]], [["other"], ["x"]]))
    assert cells(sheet, "unit", "code") == [(2, "u1", "überlast"), (3, "u2", "langsam, träge"), (5, "7", "3")]
    assert sheet.note == "only the sheet “Sheet 1” is read; the workbook also holds “Sheet 2”"


def test_no_workbook_is_read_that_is_none() -> None:
    with pytest.raises(ReaderProblem, match="no workbook"):
        read_sheet(b"PK\x03\x04 and then nothing")


@pytest.mark.parametrize(
    "content",
    [b"code,unit,code\nx,u1,y\n", workbook([["code", "unit", "code"], ["x", "u1", "y"]])],
    ids=["csv", "xlsx"],
)
def test_a_name_that_two_columns_bear_is_refused_when_it_is_asked_for(content: bytes) -> None:
    assert cells(read_sheet(content), "unit") == [(2, "u1")]
    with pytest.raises(UnreadableRatings, match='more than one column "code"'):
        cells(read_sheet(content), "code")


def test_a_header_read_as_one_name_hints_at_the_delimiter() -> None:
    with pytest.raises(NoSuchColumn, match="which sign parts them"):
        cells(read_sheet(b"unit^rater^code\nu1^Ada^x\n"), "unit")


@pytest.mark.parametrize("content", [b"", b" \n", b"\n\n", b"\xef\xbb\xbf", b",,\nu1,Ada,x\n"])
def test_a_file_without_names_of_columns_is_empty(content: bytes) -> None:
    with pytest.raises(UnreadableRatings, match="first row with the names"):
        read_sheet(content)


def test_rows_are_numbered_as_a_spreadsheet_numbers_them_also_far_down() -> None:
    lines = ["unit,code", *(f"u{n},x" for n in range(50_000)), "", "last,y", ",z"]
    with pytest.raises(UnreadableRatings, match='Row 50004: column "unit" is blank'):
        cells(read_sheet("\n".join(lines).encode()), "unit", "code", filled=("unit",))
    assert cells(read_sheet("\n".join(lines[:-1]).encode()), "unit")[-1] == (50_003, "last")


def test_a_quote_that_never_closes_is_found_far_down() -> None:
    lines = ["unit,code", *(f"u{n},x" for n in range(30_000)), 'u,"y', "v,z"]
    with pytest.raises(UnreadableRatings, match="Row 30002 cannot be read"):
        cells(read_sheet("\n".join(lines).encode()), "unit")
