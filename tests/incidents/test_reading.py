import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.guessing import guess_mapping
from app.incidents.mapping import IncidentField, Mapping, UnusableMapping
from app.incidents.readers import ReaderProblem, format_of, read_table
from app.incidents.readers.csv import read_csv
from app.incidents.readers.jsonl import read_jsonl
from app.incidents.reading import Reading, apply_mapping
from tests.conftest import SHARED

LONG = "The latency monitor fired for two regions and the gateway was rolled back by the engineers on call."
HEADER = "id,title,text,started_at,detected_at,url,team"
GOOD = f"1,Slow,{LONG},2025-04-03 02:58,2025-04-03 03:12,https://t.example/1,chat"


def reading(*lines: str, header: str = HEADER, mapping: Mapping | None = None) -> Reading:
    table = read_csv("\n".join([header, *lines]).encode())
    return apply_mapping(table, mapping or STANDARD)


STANDARD = guess_mapping(read_csv(f"{HEADER}\n{GOOD}\n2,Down,{LONG} b,,,,blob".encode()))


def refusals(found: Reading) -> list[tuple[int, str | None, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in found.refused]


def test_a_row_becomes_an_incident() -> None:
    (row,) = reading(GOOD).rows
    assert (row.external_id, row.title, row.text, row.service, row.url) == (
        "1",
        "Slow",
        LONG,
        "chat",
        "https://t.example/1",
    )
    assert row.started_at == datetime(2025, 4, 3, 2, 58, tzinfo=UTC)
    assert row.resolved_at is None and row.attributes == {}


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("2,Down,,,,,", "text", "No text: cannot be coded"),
        ("2,,[],,,,", "text", "No text and no title: cannot be coded"),
        (f"2,Down,{LONG},yesterday,,,", "started_at", "not a time: yesterday"),
        (f"2,Down,{LONG} x,03/04/2025,,,", "started_at", "day and month could be swapped: 03/04/2025"),
        (f"2,Down,{LONG} \0,,,,", "text", "A NUL byte stands in the text. Take it out of the file and try again."),
        (f"2,Down,{LONG},,,,\0", "team", "A NUL byte stands in the text. Take it out of the file and try again."),
        (f"{'9' * 501},Down,{LONG},,,,", "id", "external_id longer than 500 characters"),
        (f"1,Slow,{LONG} Other.,,,,", "id", "id also in line 2, other text"),
        (f"1,Slower,{LONG},,,,", "id", "id also in line 2, same text"),
        (GOOD, None, "the same as line 2"),
        ("2,Down", None, "2 values for 7 columns"),
    ],
)
def test_a_bad_row_is_named_and_the_others_come_through(line: str, column: str | None, reason: str) -> None:
    found = reading(GOOD, line, f"3,Last,{LONG} c,,,,")
    assert [row.external_id for row in found.rows] == ["1", "3"]
    assert refusals(found) == [(3, column, reason)]


def test_what_is_odd_but_can_be_coded_comes_with_a_warning() -> None:
    found = reading("1,Slow,Only four words here,2025-04-03 03:12,2025-04-03 02:58,,")
    assert len(found.rows) == 1
    assert [(problem.column, problem.reason) for problem in found.warnings] == [
        ("detected_at", "Detected before started"),
        ("text", "Very short text: 4 words"),
    ]


def test_an_address_that_is_no_web_address_is_kept_as_an_attribute() -> None:
    (row,) = reading(f"1,Slow,{LONG},,,javascript:alert(1),").rows
    assert row.url is None and row.attributes == {"url": "javascript:alert(1)"}


def test_several_columns_make_the_text_with_headings_in_the_order_given() -> None:
    mapping = STANDARD.with_text_from(["team", "text", "title"]).changed("url", field=IncidentField.LEAVE_OUT)
    (row,) = reading(f"1,,<p>{LONG}</p><p>B &amp; C</p>,,,https://t.example,chat", mapping=mapping).rows
    assert row.text == f"Team\nchat\n\nText\n{LONG}\n\nB & C"
    assert row.title == "chat"
    assert row.url is None and row.attributes == {}


def test_values_may_get_other_words_and_all_rows_one_cohort() -> None:
    mapping = STANDARD.changed("team", renames={"chat": "Chat"})
    (row,) = reading(GOOD, mapping=Mapping(mapping.columns, mapping.text_from, cohort="GenAI")).rows
    assert (row.service, row.cohort) == ("Chat", "GenAI")


def test_a_list_of_updates_reads_as_paragraphs() -> None:
    table = read_jsonl(
        b'{"id": 1, "components": ["API", "Web"],'
        b' "updates": [{"at": "09:00", "status": "Down", "message": "All of it."},'
        b' {"at": "10:00", "status": "Up", "message": "<p>Good &amp; well, and everything is as it was before.</p>"}]}'
    )
    (row,) = apply_mapping(table, guess_mapping(table)).rows
    assert row.text == "09:00 · Down\nAll of it.\n\n10:00 · Up\nGood & well, and everything is as it was before."
    assert row.service == "API, Web"


def test_half_of_a_character_is_refused_with_its_row() -> None:
    table = read_jsonl(
        rb'{"id": 1, "text": "broken \ud83d emoji in a text of some words"}'
        + b"\n"
        + b'{"id": 2, "text": "'
        + LONG.encode()
        + b'"}'
    )
    found = apply_mapping(table, guess_mapping(table))
    assert [row.external_id for row in found.rows] == ["2"]
    assert found.refused[0].line == 1 and "Half of a character" in found.refused[0].reason


def test_the_same_row_under_another_mapping_has_the_same_hash() -> None:
    (first,) = reading(GOOD).rows
    other = STANDARD.with_text_from(["title", "text"]).with_field(IncidentField.COHORT, "team")
    (second,) = reading(GOOD, mapping=other.changed("url", field=IncidentField.LEAVE_OUT)).rows
    assert first.text != second.text
    assert first.raw_sha256 == second.raw_sha256


@given(st.permutations(range(7)), st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_the_order_of_columns_line_ends_and_marks_do_not_change_the_hash(
    order: list[int], end: str, mark: bytes
) -> None:
    rows = [[line.split(",")[place] for place in order] for line in (HEADER, GOOD)]
    rows[1][rows[0].index("title")] = f'"Slow{end}again"'
    table = read_csv(mark + end.join(",".join(row) for row in rows).encode())
    (row,) = apply_mapping(table, STANDARD).rows
    assert row.raw_sha256 == HASH_OF_GOOD


HASH_OF_GOOD = reading(GOOD.replace("Slow", '"Slow\nagain"')).rows[0].raw_sha256


WEIRD = st.sampled_from(
    ["id", "text", "start_time", "owner", "url", *',;|"{}[]:1', "\t", "\n", "\r\n", "\0", " a b c d e f g"]
)
MADE_UP = st.lists(WEIRD | st.text(max_size=5), max_size=40).map(
    lambda pieces: "".join(pieces).encode(errors="replace")
)


@given(st.binary(max_size=80) | MADE_UP)
def test_no_bytes_whatever_end_in_anything_but_incidents_and_sentences(content: bytes) -> None:
    for form in ("csv", "jsonl"):
        try:
            table = read_table(content, form)
            found = apply_mapping(table, guess_mapping(table))
        except (ReaderProblem, UnusableMapping) as problem:
            assert problem.sentence.endswith(".")
            continue
        assert len(found.rows) + len(found.refused) == len(table.rows) + len(table.problems)


def test_a_mapping_without_text_is_refused() -> None:
    with pytest.raises(UnusableMapping, match="No column becomes the text"):
        reading(GOOD, mapping=STANDARD.with_text_from([]))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "rows", "refused"),
    [
        ("genai-status/incident_stages.csv", 792, 2),  # of 794; the last two have neither text nor times
        ("cloud-reports/aws_label.csv", 150, 0),
        ("cloud-reports/azure_label.csv", 95, 0),
        ("cloud-reports/gcp_label.csv", 215, 0),
        ("github-status/incidents.jsonl", 819, 0),
    ],
)
def test_real_files_come_in_under_the_guess(name: str, rows: int, refused: int) -> None:
    path = SHARED / "data" / name
    if not path.exists():
        pytest.skip(f"shared/data/{name} is not there")
    table = read_table(path.read_bytes(), format_of(name))
    found = apply_mapping(table, guess_mapping(table))
    assert (len(found.rows), len(found.refused)) == (rows, refused)
    assert len({row.raw_sha256 for row in found.rows}) == rows
    assert all(row.text.strip() and "\r" not in row.text and row.title for row in found.rows)
    assert not any("<div" in row.text or "</p>" in row.text or "&nbsp;" in row.text for row in found.rows)


@pytest.mark.real_data
def test_the_stages_of_a_real_incident_are_read() -> None:
    path = SHARED / "data/genai-status/incident_stages.csv"
    if not path.exists():
        pytest.skip("shared/data/genai-status/incident_stages.csv is not there")
    table = read_csv(path.read_bytes())
    found = apply_mapping(table, guess_mapping(table))
    row = next(row for row in found.rows if row.external_id == "fwj5yn2lmbrc")
    assert row.started_at == row.detected_at == datetime(2025, 1, 9, 22, 47, tzinfo=UTC)
    assert row.triaged_at == datetime(2025, 1, 9, 23, 10, tzinfo=UTC) and row.mitigated_at is None
    assert row.text.startswith("Investigating description\nWe are currently investigating this issue.\n\nIdentified")
    assert sum(row.started_at is not None for row in found.rows) == 792
    assert sum(row.triaged_at is not None for row in found.rows) == 294


def test_ten_thousand_rows_are_all_read() -> None:
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(HEADER.split(","))
    for n in range(10_000):
        written.writerow([n, "Slow", f"{LONG} {n} " * 20, "2025-04-03 02:58", "2025-04-03 03:12", "", "chat"])
    table = read_csv(out.getvalue().encode())
    found = apply_mapping(table, guess_mapping(table))
    assert len(found.rows) == 10_000
