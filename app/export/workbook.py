"""Tables as an XLSX workbook, for people who open spreadsheets. Pure: the same tables give the same bytes.

Every cell is text or a number as it stands: nothing is taken for a formula or a link. What a cell cannot hold is cut
and says so; the CSV of the same table holds it whole.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.problems import Invalid

LONGEST_CELL = 32_767
MOST_ROWS = 1_048_576
CUT = " … (cut here: a cell holds no more; the CSV has it whole)"
MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the file tells no time, so that its bytes repeat
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TooManyRows(Invalid):
    """A sheet holds no more than 1,048,576 rows. Export a single round, or take the CSV."""


@dataclass(frozen=True)
class Sheet:
    """name: at most 31 characters, without []:*?/\\."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    from xlsxwriter import Workbook  # heavy, and rarely wanted

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, options) as book:
        book.set_properties({"title": title, "created": MADE})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            page.freeze_panes(1, 0)
            page.write_row(0, 0, sheet.header, head)
            widest = [len(name) for name in sheet.header]
            for number, row in enumerate(sheet.rows, start=1):
                if number >= MOST_ROWS:
                    raise TooManyRows
                for place, cell in enumerate(row):
                    said = _said(cell)
                    page.write(number, place, said)
                    widest[place] = max(widest[place], len(str(said)))
            for place, width in enumerate(widest):
                page.set_column(place, place, min(max(width, 6) + 2, 60))
    return out.getvalue()


def _said(cell: object) -> str | int | float | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    text = str(cell)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT
