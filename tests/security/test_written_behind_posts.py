"""What people write runs nowhere: in what stands behind a post, in refusals, in tables and workbooks.

Each text is a payload with a number of its own. The answers are read by a parser: a payload that became an element,
an attribute or a script shows there as one. The pages: test_stored_script.py.
"""

import csv
import io
import itertools

import openpyxl
import pytest
from lxml import html

from app.export.actions import codebook_export, dataset_export
from tests.support.clients import HTMX, client_for
from tests.support.filled_study import Filled, fill, offer

__all__ = ["client_for"]

PAYLOADS = (
    "<script>told({})</script>",
    '"><img src=x onerror=told({})>',
    "' autofocus onfocus=told({}) x='",
    "</script><script>told({})</script>",
    "</textarea></title></template><svg onload=told({})>",
    "<a href=javascript:told({})>a</a>",
    "{{{{ 7 * {}7 }}}}{{% raw %}}",
    "=HYPERLINK({},1)",
)
numbers = itertools.count(1)


def hostile(words: str) -> str:
    number = next(numbers)
    return f"{PAYLOADS[number % len(PAYLOADS)].format(number)} {words}"


@pytest.fixture
def filled(session, database) -> Filled:
    filled = fill(session, hostile)
    session.flush()
    offer(database, filled, hostile)
    session.expire_all()
    return filled


def ran(shown: str) -> list[str]:
    """What of a payload became part of the page's own structure."""
    if not shown.strip():
        return []
    page = html.fromstring(f"<div>{shown}</div>" if not shown.lstrip().lower().startswith("<!doctype") else shown)
    found = [f"script: {one.text}" for one in page.iter("script") if one.text and one.text.strip()]
    for element in page.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.attrib.items():
            if name.startswith("on") or value.strip().lower().startswith(("javascript:", "data:text")):
                found.append(f"<{element.tag} {name}={value[:60]!r}>")
        if element.tag == "img" and element.get("src") == "x":
            found.append("img")
    return found


def test_the_reading_would_find_a_payload_that_ran():
    for payload in PAYLOADS[:2] + PAYLOADS[3:6]:
        assert ran(f"<!doctype html><html><body><p>{payload.format(1)}</p></body></html>"), payload
    assert ran("<!doctype html><input value='" + PAYLOADS[2].format(1) + "'>")
    assert not ran("<!doctype html><p>&lt;script&gt;told(1)&lt;/script&gt;</p>")


def test_what_is_shown_after_a_post_is_no_part_of_a_page_either(session, filled, client_for):
    """The coders' answers, comments and memos, and what the model offered, stand behind a post."""
    study = f"/studies/{filled.lead.study.slug}"
    place = f"{study}/disagreements/{filled.settled.number}/{filled.apart.id}/{filled.cause.id}"
    desk = f"{study}/assignments/{filled.draft.id}"
    judge, ada, lead = (client_for(who) for who in (filled.judge, filled.ada, filled.lead))
    for client, path, fields, told in (
        (judge, f"{place}/openings", {}, "I read it so"),
        (judge, f"{place}/rulings", {"reason": hostile("half a ruling"), "cause": ""}, "half a ruling"),
        (ada, f"{desk}/suggestions/openings", {"dimension_id": filled.cause.id}, "The reason of the model"),
        (lead, f"{study}/members", {"name": hostile("x" * 300), "role": "coder"}, "longer"),
    ):
        answer = client.post(path, data=fields, headers=HTMX)
        assert told in answer.text, path
        assert ran(answer.text) == [], path


def test_a_file_of_any_name_is_named_and_not_run(session, filled, client_for):
    client = client_for(filled.lead)
    for payload in PAYLOADS:
        name = payload.format(0).replace('"', "'") + ".txt"
        answer = client.post(f"/studies/{filled.lead.study.slug}/imports", files={"file": (name, b"\x00")})
        assert answer.status_code in (400, 422)
        assert ran(answer.text) == []


def test_tables_for_spreadsheets_hold_no_formula(session, filled, client_for):
    client = client_for(filled.lead)
    study = f"/studies/{filled.lead.study.slug}"
    for address in (
        f"{study}/agreement/table.csv?round={filled.settled.number}",
        f"{study}/imports/{filled.imported.id}/refused.csv",
    ):
        rows = list(csv.reader(io.StringIO(client.get(address).text.lstrip("\ufeff"))))
        assert len(rows) > 1, address
        assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r")], address


def test_workbooks_hold_text_and_never_a_formula(session, filled):
    """The CSVs are for programs and stay as written (ADR 14); the page says so and offers the workbook instead."""
    study = filled.lead.study
    for file in (
        codebook_export(session, study, version_id=None, format="xlsx"),
        dataset_export(session, study, form="xlsx", round_number=filled.settled.number),
    ):
        cells = [
            c for page in openpyxl.load_workbook(io.BytesIO(file.content)) for row in page.iter_rows() for c in row
        ]
        assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
        assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
