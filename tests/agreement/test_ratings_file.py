"""Long ratings files as people save them, and what is refused."""

from pathlib import Path

import pytest

from app.agreement.ratings_columns import RatingColumns
from app.agreement.ratings_file import DimensionRatings, SecondCode, rating_rows, tables_of
from app.agreement.ratings_sheet import NoSuchColumn, UnreadableRatings

COLUMNS = RatingColumns(unit="unit", rater="rater", value="code")
BY_DIMENSION = RatingColumns(unit="unit", rater="rater", value="code", dimension="dimension")


def saved(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "ratings.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read_ratings(path: Path, columns: RatingColumns, *, sets: bool) -> dict[str, DimensionRatings]:
    return tables_of(rating_rows(path.read_bytes(), columns), columns, sets=sets)


def test_rows_become_units_and_raters_of_one_dimension(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,slow\nu1,Ben,down\nu2,Ada,slow\n")
    found = read_ratings(path, COLUMNS, sets=False)
    assert list(found) == ["all"]
    assert found["all"].units == {"u1": {"Ada": "slow", "Ben": "down"}, "u2": {"Ada": "slow"}}


def test_columns_are_found_by_name_and_dimensions_kept_apart(tmp_path: Path) -> None:
    path = saved(tmp_path, "code,dimension,note,rater,unit\nslow,symptom,x,Ada,u1\nbug,cause,y,Ada,u1\n")
    found = read_ratings(path, BY_DIMENSION, sets=False)
    assert {name: ratings.units for name, ratings in found.items()} == {
        "symptom": {"u1": {"Ada": "slow"}},
        "cause": {"u1": {"Ada": "bug"}},
    }


def test_a_blank_is_a_value_of_its_own_and_a_missing_row_is_not_a_rating(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,\nu1,Ben,slow\nu2,Ben,slow\n")
    assert read_ratings(path, COLUMNS, sets=False)["all"].units == {
        "u1": {"Ada": "", "Ben": "slow"},
        "u2": {"Ben": "slow"},
    }


def test_with_sets_several_rows_make_a_set_and_a_blank_row_the_empty_set(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,slow\nu1,Ada,down\nu1,Ada,slow\nu1,Ben,\nu2,Ben,\nu2,Ben,slow\n")
    assert read_ratings(path, COLUMNS, sets=True)["all"].units == {
        "u1": {"Ada": frozenset({"slow", "down"}), "Ben": frozenset()},
        "u2": {"Ben": frozenset({"slow"})},
    }


def test_a_second_code_is_refused_by_the_number_of_its_row(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,slow\nu1,Ben,slow\nu1,Ada,down\n")
    with pytest.raises(SecondCode, match=r'Row 4: rater "Ada" already rated unit "u1".*row 2.*--sets'):
        read_ratings(path, COLUMNS, sets=False)


def test_a_second_blank_is_a_second_code(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,slow\nu1,Ada,\n")
    with pytest.raises(SecondCode, match="Row 3"):
        read_ratings(path, COLUMNS, sets=False)


def test_a_row_that_says_the_same_again_is_one_rating(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\nu1,Ada,slow\nu1,Ada,slow\n")
    assert read_ratings(path, COLUMNS, sets=False)["all"].units == {"u1": {"Ada": "slow"}}


def test_one_code_in_each_of_two_dimensions_is_no_second_code(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,dimension,code\nu1,Ada,a,x\nu1,Ada,b,x\n")
    assert list(read_ratings(path, BY_DIMENSION, sets=False)) == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_files_are_read_as_spreadsheets_save_them(tmp_path: Path, encoding: str, newline: str, delimiter: str) -> None:
    lines = ["unit,rater,code", "u1,Zoë,überlast", "u1,Ben,überlast", ""]
    path = saved(tmp_path, newline.join(lines).replace(",", delimiter), encoding)
    units = read_ratings(path, COLUMNS, sets=False)["all"].units
    assert units == {"u1": {"Zoë": "überlast", "Ben": "überlast"}}


def test_cells_are_trimmed_empty_rows_passed_over_and_blanks_too_many_dropped(tmp_path: Path) -> None:
    path = saved(tmp_path, 'unit , rater,code\n\n,,\n u1 ,Ada," slow, or\nnot "\nu1,Ben,,,\n')
    assert read_ratings(path, COLUMNS, sets=False)["all"].units == {"u1": {"Ada": "slow, or\nnot", "Ben": ""}}


def test_a_header_alone_is_one_dimension_without_ratings(tmp_path: Path) -> None:
    path = saved(tmp_path, "unit,rater,code\n")
    assert read_ratings(path, COLUMNS, sets=False)["all"].units == {}


def test_a_missing_column_is_named_beside_those_there_are(tmp_path: Path) -> None:
    path = saved(tmp_path, "item,rater,code\n")
    with pytest.raises(NoSuchColumn, match=r'no column "unit"\. It has "item", "rater", "code"'):
        read_ratings(path, COLUMNS, sets=False)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("unit,unit,rater,code\n", "more than one column"),
        ("unit,rater,code\n,Ada,slow\n", 'Row 2: column "unit" is blank'),
        ("unit,rater,code\nu1,,slow\n", 'Row 2: column "rater" is blank'),
        ("unit,rater,code\nu1,Ada,slow\nu2,Ada,slow,down\n", "Row 3 has 4 cells, the header 3"),
        ("unit,rater,code\nu1,Ada,slow\nu1,Ben\n", "Row 3 has 2 cells, the header 3.*A blank code is a cell"),
        ('unit,rater,code\nu1,Ada,slow\nu1,Ben,"down\nu2,Ada,slow\nu2,Ben,slow\n', "Row 3 cannot be read.*quote mark"),
    ],
)
def test_what_cannot_be_read_names_the_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UnreadableRatings, match=sentence):
        read_ratings(saved(tmp_path, text), COLUMNS, sets=False)
