import json

import pytest

from app.incidents.readers import ReaderProblem
from app.incidents.readers.jsonl import read_jsonl


def test_one_object_a_line_with_columns_in_the_order_they_appear() -> None:
    table = read_jsonl(b'{"id": 1, "up": true}\n\n{"id": "x", "none": null, "list": ["a", "\xc3\xa9"], "n": 1.50}\n')
    assert table.columns == ("id", "up", "none", "list", "n")
    assert [row.line for row in table.rows] == [1, 3]
    assert dict(table.rows[0].values) == {"id": "1", "up": "true", "none": "", "list": "", "n": ""}
    assert dict(table.rows[1].values) == {"id": "x", "up": "", "none": "", "list": '["a", "é"]', "n": "1.5"}


def test_an_array_keeps_the_line_of_each_object() -> None:
    table = read_jsonl(b'[\n {"id": 1,\n  "t": "a"},\n\n {"id": 2}, 7]')
    assert [(row.line, row.values["id"]) for row in table.rows] == [(2, "1"), (5, "2")]
    assert [(problem.line, problem.reason) for problem in table.problems] == [
        (5, "not an object with names and values")
    ]


def test_an_object_that_holds_one_list_is_that_list() -> None:
    table = read_jsonl(b'{"page": {"id": "p"},\n "incidents": [{"id": 1},\n {"id": 2}]}')
    assert [(row.line, row.values["id"]) for row in table.rows] == [(2, "1"), (3, "2")]


def test_one_incident_with_a_list_of_updates_is_one_incident() -> None:
    table = read_jsonl(json.dumps({"id": 1, "updates": [{"body": "x"}]}).encode())
    assert table.columns == ("id", "updates")


def test_bad_lines_are_named_and_the_good_ones_come_through() -> None:
    table = read_jsonl(b'{"id": 1}\n{"id":}\n[1]\n{"id": 2}\n' + b"[" * 200_000)
    assert [row.values["id"] for row in table.rows] == ["1", "2"]
    assert [problem.line for problem in table.problems] == [2, 3, 5]
    assert table.problems[0].reason == "not JSON: expecting value at column 7"
    assert "nested too deeply" in table.problems[2].reason


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"[]", b"[1, 2]", b"{}", b'{"id": 1', b'[{"id": 1},\n {"id": }]', b"[" * 200_000]
)
def test_a_file_without_incidents_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ReaderProblem) as refusal:
        read_jsonl(content)
    assert refusal.value.sentence.endswith(".")


def test_a_mistake_in_an_array_is_named_by_line_and_column() -> None:
    with pytest.raises(ReaderProblem, match="line 2, column 9"):
        read_jsonl(b'[{"id": 1},\n {"id": }]')


def test_half_of_a_character_costs_its_line_only() -> None:
    content = b'{"id": 1, "text": "before \\ud83d after"}\n{"id": 2, "text": "whole \\ud83d\\ude00"}\n{"\\udc00": 3}\n'
    table = read_jsonl(content)
    assert [row.values["id"] for row in table.rows] == ["2"]
    assert [(problem.line, "lone surrogate" in problem.reason) for problem in table.problems] == [(1, True), (3, True)]
    assert table.columns == ("id", "text")
