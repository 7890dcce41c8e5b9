"""Workbooks hold what the CSVs hold, as text and nothing else."""

import io

import pytest
from openpyxl import load_workbook

from app.export.actions import codebook_export, dataset_export
from app.export.workbook import CUT, LONGEST_CELL, MOST_ROWS, Sheet, TooManyRows, workbook
from tests.export.test_dataset import rows_of


def sheets_of(content: bytes) -> dict[str, list[dict[str, object]]]:
    found = {}
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        found[sheet.title] = [dict(zip(header, row, strict=True)) for row in rows]
    return found


def test_the_workbook_holds_the_three_forms_of_the_data_set(session, finished):
    sheets = sheets_of(dataset_export(session, finished.lead.study, form="xlsx", round_number=None).content)
    assert list(sheets) == ["wide", "long", "ratings"]
    for form, rows in sheets.items():
        in_csv = rows_of(dataset_export(session, finished.lead.study, form=form, round_number=None))
        assert [{name: str(value or "") for name, value in row.items()} for row in rows] == in_csv


def test_the_codebook_as_a_workbook_holds_what_the_csv_holds(session, finished):
    def exported(format):
        return codebook_export(session, finished.lead.study, version_id=None, format=format)

    rows = sheets_of(exported("xlsx").content)["codes"]
    assert [{name: str(value or "") for name, value in row.items()} for row in rows] == rows_of(exported("csv"))


def test_promise_11_the_same_state_gives_the_same_workbook(session, finished):
    one = dataset_export(session, finished.lead.study, form="xlsx", round_number=None)
    assert one == dataset_export(session, finished.lead.study, form="xlsx", round_number=None)


def test_nothing_is_taken_for_a_formula_a_link_or_a_number():
    said = ['=HYPERLINK("http://x.example","y")', "http://x.example", "007", "+1", "@x"]
    content = workbook([Sheet("all", ["said"], [[text] for text in said])], title="T")
    cells = [row[0] for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in cells] == [(text, "s", None) for text in said]


def test_what_no_cell_can_hold_is_cut_and_says_so():
    content = workbook([Sheet("all", ["said"], [["x" * (LONGEST_CELL + 1)]])], title="T")
    value = load_workbook(io.BytesIO(content)).worksheets[0]["A2"].value
    assert len(value) == LONGEST_CELL and value.endswith(CUT)


def test_more_rows_than_a_sheet_holds_are_refused():
    with pytest.raises(TooManyRows):
        workbook([Sheet("all", [], ([] for _ in range(MOST_ROWS)))], title="T")
