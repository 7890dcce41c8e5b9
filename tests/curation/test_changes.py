"""What counts as a change between two states of the codebook. Pure."""

from dataclasses import replace

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.curation.changes import changes_between

CAUSE = DimensionEntry(1, "Cause", "", "one", False, "open", 1, "active", 1)


def code(key: int, name: str, seq: int = 1, **more: object) -> CodeEntry:
    plain = {
        "dimension_id": 1, "parent_id": None, "definition": "", "use_when": "", "not_when": "", "examples": (),
        "colour": "", "position": key, "status": "active", "merged_into_id": None, "is_category": False,
        "origin": "a_priori", "source": "", "created_by": None, "created_in_round": None, "disclosed": "whole",
    }  # fmt: skip
    return CodeEntry(id=key, name=name, codebook_seq=seq, **(plain | more))


def codebook(*codes: CodeEntry) -> Codebook:
    return Codebook(max((each.codebook_seq for each in codes), default=0), (CAUSE,), {each.id: each for each in codes})


def told(before: Codebook, after: Codebook) -> list[tuple[str, str, int]]:
    return [(each.kind, each.code.name, each.seq) for each in changes_between(before, after)]


BASE = codebook(code(1, "Network"), code(2, "Power"), code(3, "Groups", is_category=True))


def with_codes(*codes: CodeEntry) -> Codebook:
    return codebook(*{**BASE.codes, **{each.id: each for each in codes}}.values())


def test_nothing_changed_between_a_codebook_and_itself():
    assert told(BASE, BASE) == []


def test_a_code_that_is_new_reworded_moved_or_retired_is_a_change_with_its_seq():
    after = with_codes(
        code(1, "Network", 5, definition="Cables and routes"),
        code(2, "Power", 6, parent_id=3),
        code(4, "Cooling", 7),
    )
    assert told(BASE, after) == [("added", "Cooling", 7), ("reworded", "Network", 5), ("moved", "Power", 6)]
    assert changes_between(BASE, after)[1].what == ("definition",)
    assert told(BASE, with_codes(code(1, "Network", 5, status="retired"))) == [("retired", "Network", 5)]


def test_what_a_coder_does_not_go_by_is_no_change():
    after = with_codes(code(1, "Network", 5, colour="blue", position=9, examples=({"text": "a cut"},)))
    assert told(BASE, after) == []
    assert told(BASE, with_codes(code(3, "Groups", 5, is_category=True, definition="New"))) == []


def test_reworded_and_moved_at_once_it_is_there_twice():
    after = with_codes(code(1, "Networks", 5, parent_id=3))
    assert told(BASE, after) == [("moved", "Networks", 5), ("reworded", "Networks", 5)]


def test_a_merger_names_where_the_code_went_in_the_end():
    after = with_codes(
        code(1, "Network", 5, status="merged", merged_into_id=4), code(4, "Links", 6, status="merged", merged_into_id=2)
    )
    merged = [each for each in changes_between(BASE, after) if each.code.id == 1]
    assert [(each.kind, each.into.name) for each in merged] == [("merged", "Power")]


def test_a_split_names_its_parts_and_they_are_not_told_as_added():
    after = with_codes(
        code(1, "Network", 5, status="split"),
        code(4, "Cables", 5, split_from_id=1),
        code(5, "Routes", 5, split_from_id=1),
    )
    (change,) = changes_between(BASE, after)
    assert (change.kind, change.is_pressing) == ("split", True)
    assert [part.name for part in change.parts] == ["Cables", "Routes"]
    later = with_codes(*after.codes.values(), code(4, "Cables", 8, split_from_id=1, definition="Of copper"))
    assert told(after, later) == [("reworded", "Cables", 8)]


def test_what_was_made_and_undone_in_between_is_no_change_and_an_undone_code_is_as_retired():
    assert told(BASE, with_codes(code(4, "Cooling", 6, status="undone"))) == []
    added = with_codes(code(4, "Cooling", 5))
    undone = with_codes(replace(added.codes[4], codebook_seq=6, status="undone"))
    assert told(added, undone) == [("retired", "Cooling", 6)]
    assert told(undone, with_codes(code(4, "Cooling", 7))) == [("added", "Cooling", 7)]


def test_brought_back_it_says_so():
    away = with_codes(code(1, "Network", 5, status="retired"))
    assert told(away, with_codes(code(1, "Network", 6))) == [("restored", "Network", 6)]
