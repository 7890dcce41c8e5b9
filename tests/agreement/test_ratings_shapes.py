"""The three shapes of a ratings file say the same, and what contradicts itself is refused by its rows."""

import csv
import random
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agreement.measured_file import MeasuredFile, measured_file
from app.agreement.ratings_columns import CsvForm, HowMeasured, MarkColumns, RatingColumns, Shape, Taking, WideColumns
from app.agreement.ratings_file import SecondCode
from app.agreement.ratings_report import ratings_document
from app.agreement.ratings_sheet import UnreadableRatings
from app.methods.agreement import agreement_of
from app.problems import Invalid

RATERS = ("Ada", "Ben, B.", "Cem|C")
CODES = ("slow", "down", "über; last", "=1+1")
LONG = RatingColumns("unit", "rater", "code")
WIDE = WideColumns("unit", RATERS)
MARKS = MarkColumns("unit", "rater", CODES)
A_RATING, NO_RATING = Taking(blank_is_a_rating=True), Taking(blank_is_a_rating=False)
NONE_WORD = "(none applies)"

Table = list[dict[str, frozenset[str]]]


def tables(most: int) -> st.SearchStrategy[Table]:
    """What each rater gives each unit; an absent rater did not rate, an empty set: no code applies."""
    given = st.frozensets(st.sampled_from(CODES), max_size=most)
    return st.lists(st.dictionaries(st.sampled_from(RATERS), given), max_size=8)


def written(header: Sequence[str], rows: Iterable[Sequence[str]], *, shuffled: int) -> bytes:
    rows = list(rows)
    random.Random(shuffled).shuffle(rows)
    text = StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def long(table: Table) -> bytes:
    rows = [
        (f"u{n}", rater, code)
        for n, unit in enumerate(table)
        for rater, codes in unit.items()
        for code in codes or [""]
    ]
    return written(("unit", "rater", "code"), rows, shuffled=1)


def wide(table: Table) -> bytes:
    def cell(codes: frozenset[str]) -> str:
        return "; ".join(f'"{code}"' if ";" in code else code for code in sorted(codes)) or NONE_WORD

    rows = [(f"u{n}", *(cell(unit[r]) if r in unit else "" for r in RATERS)) for n, unit in enumerate(table)]
    return written(("unit", *RATERS), rows, shuffled=2)


def marks(table: Table) -> bytes:
    rows = [
        (f"u{n}", rater, *("x" if code in codes else "" for code in CODES))
        for n, unit in enumerate(table)
        for rater, codes in unit.items()
    ]
    return written(("unit", "rater", *CODES), rows, shuffled=3)


def measured(content: bytes | str, shape: Shape, taking: Taking, **how: Any) -> MeasuredFile:
    content = content if isinstance(content, bytes) else content.encode()
    return measured_file("ratings.csv", content, CsvForm(","), shape, taking, HowMeasured(**how))


def figures(content: bytes | str, shape: Shape, taking: Taking, **how: Any) -> dict[str, Any]:
    done = measured(content, shape, taking, **how)
    found: Any = ratings_document(done.figures, done.beside)["dimensions"]
    return found


@settings(max_examples=60, deadline=None)
@given(tables(3))
def test_each_shape_of_one_table_of_sets_gives_the_same_figures(table: Table) -> None:
    several = Taking(blank_is_a_rating=False, none_applies=frozenset({NONE_WORD}), between=";")
    found = figures(long(table), LONG, A_RATING, sets=True)
    assert figures(wide(table), WIDE, several, sets=True) == found
    assert figures(marks(table), MARKS, A_RATING, sets=True) == found
    assert found["all"]["alpha_masi"]["value"] == agreement_of(table, sets=True).alpha_masi.value  # type: ignore[union-attr]


@settings(max_examples=60, deadline=None)
@given(tables(1))
def test_each_shape_of_one_table_of_single_codes_gives_the_same_figures(table: Table) -> None:
    words = Taking(blank_is_a_rating=False, none_applies=frozenset({NONE_WORD}))
    single = [{rater: "".join(codes) for rater, codes in unit.items()} for unit in table]
    wide_cells = wide(table).replace(b'"""\xc3\xbcber; last"""', b"\xc3\xbcber; last")  # no code is quoted here
    found = figures(long(table), LONG, A_RATING)
    assert figures(wide_cells, WIDE, words) == found
    assert figures(marks(table), MARKS, A_RATING) == found
    report = agreement_of(single, sets=False)
    assert (found["all"]["ratings"], found["all"]["alpha"]["value"]) == (report.ratings, report.alpha.value)
    assert {code: each["prevalence"] for code, each in found["all"]["codes"].items()} == {
        each.code: each.prevalence for each in report.codes
    }


def test_a_blank_is_a_rating_in_long_files_and_none_in_wide_ones_unless_told_otherwise() -> None:
    long_file = "unit,rater,code\nu1,Ada,\nu1,Ben,x\nu2,Ada,x\nu2,Ben,x\n"
    wide_file = "unit,Ada,Ben\nu1,,x\nu2,x,x\n"
    two = WideColumns("unit", ("Ada", "Ben"))
    assert figures(long_file, LONG, A_RATING) == figures(wide_file, two, A_RATING)
    assert figures(long_file, LONG, NO_RATING) == figures(wide_file, two, NO_RATING)
    assert figures(wide_file, two, A_RATING)["all"]["ratings"] == 4
    assert figures(wide_file, two, NO_RATING)["all"]["ratings"] == 3
    assert figures(wide_file, two, A_RATING)["all"]["codes"][""]["positives"] == 1


@pytest.mark.parametrize(
    ("taking", "said"),
    [(A_RATING, "2 blank cells count as: rated, no code applies."), (NO_RATING, "2 blank cells count as: not rated.")],
)
def test_how_blank_cells_were_taken_is_said_with_their_number(taking: Taking, said: str) -> None:
    done = measured("unit,Ada,Ben\nu1,,x\nu2, ,x\n", WideColumns("unit", ("Ada", "Ben")), taking)
    assert done.notes[0].startswith(said)
    assert said in done.beside.missing


def test_words_can_say_that_nobody_rated_or_that_nothing_applies() -> None:
    taking = Taking(blank_is_a_rating=True, none_applies=frozenset({"-"}), not_rated=frozenset({"NA"}))
    found = figures("unit,rater,code\nu1,Ada,-\nu1,Ben,\nu2,Ada,NA\nu2,Ben,x\n", LONG, taking)["all"]
    assert (found["ratings"], found["units"], list(found["codes"])) == (3, 2, ["", "x"])


def test_a_word_like_nothing_that_counts_as_a_code_is_pointed_out() -> None:
    notes = measured("unit,rater,code\nu1,Ada,NA\nu1,Ben,NA\nu2,Ben,x\n", LONG, A_RATING).notes
    assert notes == ("“NA” stands in 2 cells and counts as a code; --not-rated or --none-applies say otherwise.",)


def test_codes_that_differ_in_case_alone_are_pointed_out_and_can_be_one() -> None:
    content = "unit,rater,code\nu1,Ada,Load\nu1,Ben,LOAD\nu2,Ada,x\nu2,Ben,x\n"
    apart = measured(content, LONG, A_RATING)
    assert "“Load”, “LOAD” differ in upper and lower case alone" in apart.notes[0]
    one = Taking(blank_is_a_rating=True, ignore_case=True)
    assert measured(content, LONG, one).notes == ()
    assert figures(content, LONG, one)["all"]["percent"]["value"] == 1.0


def test_only_rows_that_are_asked_for_count() -> None:
    content = "unit,rater,code,round,pass\nu1,Ada,x,1,1\nu1,Ada,y,1,2\nu1,Ben,x,2,1\nu1,Cem,x,3,1\n"
    taking = Taking(blank_is_a_rating=True, where={"round": frozenset({"1", "2"}), "pass": frozenset({"1"})})
    done = measured(content, LONG, taking)
    assert done.figures[0].report.ratings == 2
    assert done.notes == ("2 rows are left out by --where.",)


def test_dimensions_stand_in_the_order_of_the_file() -> None:
    content = "unit,dim,rater,code\nu1,z,Ada,x\nu1,a,Ada,y\nu1,z,Ben,x\n"
    found = figures(content, RatingColumns("unit", "rater", "code", "dim"), A_RATING)
    assert {name: each["ratings"] for name, each in found.items()} == {"z": 2, "a": 1}


@pytest.mark.parametrize(
    ("content", "shape", "sets", "sentence"),
    [
        (
            "unit,rater,code\nu1,Ada,slow\nu1,Ben,x\nu1,Ada,down\n",
            LONG,
            False,
            'Row 4: rater "Ada" already rated unit "u1": "slow" in row 2, here "down"',
        ),
        (
            "unit,Ada,Ben\nu1,slow,\nu2,x,\nu1,down,\n",
            WideColumns("unit", ("Ada", "Ben")),
            False,
            'Row 4: rater "Ada" already rated unit "u1": "slow" in row 2, here "down"',
        ),
        (
            "unit,Ada,Ben\nu1,slow,\nu1,down,\n",
            WideColumns("unit", ("Ada", "Ben")),
            True,
            '"slow" in row 2, here "down". Take one of the two rows out',
        ),
        (
            "unit,rater,slow,down\nu1,Ada,x,x\n",
            MarkColumns("unit", "rater", ("slow", "down")),
            False,
            'Row 2: rater "Ada" gives unit "u1" both "slow" and "down".*--sets',
        ),
        (
            "unit,rater,slow,down\nu1,Ada,x,x\nu2,Ada,x,\nu1,Ada,x,\n",
            MarkColumns("unit", "rater", ("slow", "down")),
            True,
            'Row 4.*"down, slow" in row 2, here "slow"',
        ),
    ],
)
def test_two_things_said_of_one_unit_by_one_rater_are_refused_by_both_rows(
    content: str, shape: Shape, sets: bool, sentence: str
) -> None:
    taking = NO_RATING if isinstance(shape, WideColumns) else A_RATING
    with pytest.raises(SecondCode, match=sentence):
        measured(content, shape, taking, sets=sets)


def test_the_first_contradiction_of_the_file_is_the_one_that_is_named() -> None:
    rows = ["u9,Ada,x", "u1,Ada,x", "u9,Ada,y", "u1,Ada,y"]
    with pytest.raises(SecondCode, match='Row 4: rater "Ada" already rated unit "u9"'):
        measured("unit,rater,code\n" + "\n".join(rows), LONG, A_RATING)


def test_a_row_that_says_the_same_again_counts_once_and_is_said() -> None:
    done = measured("unit,rater,code\nu1,Ada,x\nu1,Ada,x\nu1,Ben,x\nu2,Ben,y\nu2,Ben,y\n", LONG, A_RATING)
    assert done.figures[0].report.ratings == 3
    assert done.notes == ("2 rows are passed over: an earlier row says the same.",)


@pytest.mark.parametrize("mark", ["x", "X", "1", "1.0", "yes", "TRUE", "✓"])
@pytest.mark.parametrize("none", ["", "0", "no", "False", "-"])
def test_marks_are_written_in_many_ways(mark: str, none: str) -> None:
    content = f"unit,rater,slow,down\nu1,Ada,{mark},{none}\nu2,Ada,{none},{none}\n"
    found = figures(content, MarkColumns("unit", "rater", ("slow", "down")), A_RATING, sets=True)["all"]
    assert (found["ratings"], list(found["codes"])) == (2, ["slow"])


def test_what_is_no_mark_is_refused_by_row_and_column() -> None:
    shape = MarkColumns("unit", "rater", ("slow", "down"))
    with pytest.raises(UnreadableRatings, match='Row 3, column "down": "maybe" is no mark'):
        measured("unit,rater,slow,down\nu1,Ada,x,\nu2,Ada,x,maybe\n", shape, A_RATING, sets=True)


def test_a_row_without_a_mark_is_a_rating_unless_told_otherwise() -> None:
    content = "unit,rater,slow\nu1,Ada,\nu1,Ben,x\n"
    shape = MarkColumns("unit", "rater", ("slow",))
    assert figures(content, shape, A_RATING, sets=True)["all"]["ratings"] == 2
    assert figures(content, shape, NO_RATING, sets=True)["all"]["ratings"] == 1
    assert measured(content, shape, NO_RATING).notes[0].startswith("1 row without a mark counts as: not rated.")


def test_alpha_without_not_enough_leaves_those_ratings_out() -> None:
    rows = [("u1", "xx"), ("u2", "yy"), ("u3", "x?"), ("u4", "??"), ("u5", "xy")]
    content = "unit,rater,code\n" + "".join(f"{u},Ada,{pair[0]}\n{u},Ben,{pair[1]}\n" for u, pair in rows)
    left = content.replace("u3,Ben,?\n", "").replace("u4,Ada,?\n", "").replace("u4,Ben,?\n", "")
    found = figures(content, LONG, A_RATING, not_enough="?")["all"]
    without = found["without_not_enough"]
    assert without == {"left_out": 3, "alpha": figures(left, LONG, A_RATING)["all"]["alpha"]}
    assert without["alpha"]["value"] != found["alpha"]["value"]


def test_without_not_enough_stands_beside_each_alpha_of_sets() -> None:
    content = "unit,rater,code\nu1,Ada,x\nu1,Ben,x\nu2,Ada,?\nu2,Ben,y\nu3,Ada,y\nu3,Ben,y\n"
    without = figures(content, LONG, A_RATING, sets=True, not_enough="?")["all"]["without_not_enough"]
    assert without["left_out"] == 1
    assert without["alpha"]["n"] == without["alpha_masi"]["n"] == without["alpha_jaccard"]["n"] == 2


def test_a_word_for_not_enough_that_nobody_used_is_pointed_out() -> None:
    assert measured("unit,rater,code\nu1,Ada,x\n", LONG, A_RATING, not_enough="?").notes == (
        "No rating is “?” (--not-enough).",
    )


def test_codes_as_paths_are_rolled_up_to_each_level() -> None:
    paths = ["net > dns > ttl", "net > bgp", "load", "net > dns"]
    given = [(0, 1), (2, 2), (3, 0), (1, 1)]
    content = "unit,rater,code\n" + "".join(
        f"u{n},Ada,{paths[a]}\nu{n},Ben,{paths[b]}\n" for n, (a, b) in enumerate(given)
    )
    found = figures(content, LONG, A_RATING, levels=">")["all"]
    assert list(found["levels"]) == ["2", "1"]
    assert [found["percent"]["value"], *(each["percent"]["value"] for each in found["levels"].values())] == [
        0.5,
        0.75,
        1.0,
    ]
    assert list(found["levels"]["2"]["codes"]) == ["load", "net > bgp", "net > dns"]
    assert (
        found["levels"]["1"]["alpha"]
        == figures(content.replace(" > dns", "").replace(" > ttl", "").replace(" > bgp", ""), LONG, A_RATING)["all"][
            "alpha"
        ]
    )


def test_sets_are_rolled_up_too() -> None:
    content = "unit,rater,code\nu1,Ada,a>b\nu1,Ada,a>c\nu1,Ben,a>c\nu2,Ada,\nu2,Ben,d\n"
    found = figures(content, LONG, A_RATING, sets=True, levels=">")["all"]
    assert (found["percent"]["value"], found["levels"]["1"]["percent"]["value"]) == (0.0, 0.5)


def test_a_file_without_rows_is_an_answer() -> None:
    for content, shape in (("unit,rater,code\n", LONG), ("unit,Ada\n", WideColumns("unit", ("Ada",)))):
        found = figures(content, shape, A_RATING, sets=True)["all"]
        assert found["alpha"]["undefined"] == "Nothing has been rated."


@pytest.mark.parametrize("text", ["unit,rater,code\nu1,Ada,x\nu1,,y\n", "unit,rater,code\nu1,Ada,x\nu1\n"])
def test_what_cannot_be_read_is_one_sentence_with_its_row(text: str) -> None:
    with pytest.raises(Invalid, match="Row 3"):
        measured(text, LONG, A_RATING)
