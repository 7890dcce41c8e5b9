"""Workbooks: what one sees in the cells is what comes in."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook

from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.readers import ReaderProblem, format_of, read_table
from app.incidents.readers.xlsx import LARGEST_UNPACKED
from tests import makers

HEADER = ["id", "description", "sev", "opened", "open?"]
ROWS = [
    ["P-1", "The index was rebuilt.\nSearches found nothing.", 2, datetime(2025, 3, 4, 12, 2), True],
    ["P-2", "A certificate ran out.", 1.5, date(2025, 3, 9), False],
]


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets:
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def test_cells_come_in_as_one_would_have_typed_them() -> None:
    table = read_table(workbook(("Empty", []), ("2025", [[], HEADER, *ROWS])), "xlsx")

    assert table.columns == ("id", "description", "sev", "opened", "open?") and table.form == "XLSX, sheet “2025”"
    assert [row.line for row in table.rows] == [3, 4]
    assert dict(table.rows[0].values) == {
        "id": "P-1",
        "description": "The index was rebuilt.\nSearches found nothing.",
        "sev": "2",
        "opened": "2025-03-04 12:02:00",
        "open?": "true",
    }
    assert [table.rows[1].values[name] for name in ("sev", "opened", "open?")] == ["1.5", "2025-03-09", "false"]


def test_further_sheets_are_named_so_that_nobody_misses_them() -> None:
    table = read_table(workbook(("2025", [HEADER, *ROWS]), ("Notes", [["x"]])), "xlsx")
    [problem] = table.problems
    assert problem.is_warning and "“Notes”" in problem.reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip at all", "no workbook that can be read"),
        (b"", "no workbook that can be read"),
        (workbook(("A", [])), "Every sheet of this workbook is empty"),
        (workbook(("A", [HEADER])), "No row follows the header in row 1"),
        (workbook(("A", [[f"c{n}" for n in range(1_001)], ["x"]])), "1,001 columns"),
    ],
)
def test_what_cannot_be_read_is_said(content: bytes, said: str) -> None:
    with pytest.raises(ReaderProblem) as refused:
        read_table(content, "xlsx")
    assert said in refused.value.sentence


def packed(entries: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_a_zip_that_is_no_workbook_is_said() -> None:
    with pytest.raises(ReaderProblem, match="cannot be read"):
        read_table(packed({"a.txt": b"x"}), "xlsx")


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed({"xl/worksheets/sheet1.xml": b" " * (LARGEST_UNPACKED + 1)})
    assert len(bomb) < 1 << 20
    with pytest.raises(ReaderProblem, match="larger than 256 MiB"):
        read_table(bomb, "xlsx")


def test_a_workbook_is_imported_like_any_file(session) -> None:
    lead = makers.make_study(session)
    uploaded = upload(session, lead, file_name="Incidents 2025.XLSX", content=workbook(("2025", [HEADER, *ROWS])))
    assert uploaded.format == format_of("a.xlsx") == "xlsx"

    import_incidents(session, lead, uploaded, guess_mapping(table_of(uploaded)))
    assert uploaded.added == 2 and all(problem["is_warning"] for problem in uploaded.problems)
