"""`tandem agreement` from the outside: what it prints, where, and how it ends."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli.agreement import agreement

RATINGS = Path(__file__).resolve().parents[3] / "shared" / "data"
NAMED = ("--unit", "unit", "--rater", "rater", "--value", "code")


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command("agreement")(agreement)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def document(*arguments: str | Path) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    found: dict[str, Any] = json.loads(result.stdout)["dimensions"]
    return found


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    rows = [
        (f"u{i}", rater, code)
        for i, pair in enumerate(["xx"] * 8 + ["yy"] * 7 + ["xy"])
        for rater, code in zip("BA", pair, strict=True)
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("unit", "rater", "code"), *rows])
    return path


def test_one_json_document_holds_the_dimension_all(ratings: Path) -> None:
    found = document(ratings, *NAMED)
    assert list(found) == ["all"]
    dimension = found["all"]
    assert (dimension["units"], dimension["raters"], dimension["ratings"]) == (16, 2, 32)
    assert dimension["percent"]["value"] == 15 / 16
    assert list(dimension["cohen"]) == ["A|B"]
    assert dimension["cohen"]["A|B"]["low"] < dimension["cohen"]["A|B"]["value"] == pytest.approx(0.875)
    assert "alpha_masi" not in dimension


def test_without_json_a_table_is_printed(ratings: Path) -> None:
    result = run(ratings, *NAMED)
    assert result.exit_code == 0
    assert "all: 16 units, 2 raters, 32 ratings" in result.stdout
    assert "Krippendorff's alpha" in result.stdout


def test_sets_and_dimensions_are_read_from_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "sets.csv"
    path.write_text("unit,rater,dim,code\nu1,A,d,x\nu1,A,d,y\nu1,B,d,x\nu2,A,d,\nu2,B,d,\n", encoding="utf-8")
    found = document(path, *NAMED, "--dimension", "dim", "--sets")
    assert list(found) == ["d"]
    assert found["d"]["percent"]["value"] == 0.5
    assert found["d"]["alpha_jaccard"]["n"] == found["d"]["alpha_masi"]["n"] == 2


def test_resamples_repeat_with_their_seed(ratings: Path) -> None:
    first, again, other = (document(ratings, *NAMED, "--resamples", "200", "--seed", seed) for seed in "112")
    assert first == again
    assert first != other


def test_an_undefined_figure_is_an_answer_and_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("unit,rater,code\nu1,A,x\nu2,A,y\n", encoding="utf-8")
    found = document(path, *NAMED)["all"]
    assert found["cohen"] == {}
    assert found["alpha"]["value"] is None
    assert "Only one rater" in found["alpha"]["undefined"]


def test_a_problem_in_the_data_ends_with_1_and_is_told_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("unit,rater,code\nu1,A,x\nu1,A,y\n", encoding="utf-8")
    result = run(path, *NAMED)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "Row 3" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--unit", "unit", "--rater", "rater"),
        ("--unit", "item", "--rater", "rater", "--value", "code"),
        ("--unit", "unit", "--rater", "unit", "--value", "code"),
        (*NAMED, "--resamples", "0"),
    ],
)
def test_wrong_usage_ends_with_2(ratings: Path, arguments: tuple[str, ...]) -> None:
    result = run(ratings, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path / "none.csv", *NAMED).exit_code == 2


def test_the_command_loads_no_numbers_before_it_has_some() -> None:
    code = "import sys, app.cli.agreement; print(bool({'numpy', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.real_data
def test_the_real_cloud_reports_are_measured_as_sets() -> None:
    path = RATINGS / "cloud-reports" / "ratings.csv"
    if not path.exists():
        pytest.skip("../shared/data/cloud-reports/ratings.csv is missing")
    found = document(
        path, "--unit", "item_id", "--rater", "rater", "--dimension", "dimension", "--value", "code", "--sets"
    )
    symptom = found["user_symptom_category"]
    assert (symptom["units"], symptom["raters"], symptom["ratings"]) == (460, 13, 5980)
    assert len(symptom["cohen"]) == 78
    assert symptom["alpha"]["value"] < symptom["alpha_masi"]["value"] < symptom["alpha_jaccard"]["value"]
    assert found["root_cause_category"]["alpha"]["n"] < found["root_cause_category"]["units"]


@pytest.mark.real_data
def test_the_real_open_coding_is_measured_with_its_blanks_and_missing_raters() -> None:
    path = RATINGS / "open-coding" / "ratings.csv"
    if not path.exists():
        pytest.skip("../shared/data/open-coding/ratings.csv is missing")
    found = document(path, "--unit", "item_id", "--rater", "rater", "--value", "open_code")["all"]
    assert (found["units"], found["raters"], found["ratings"]) == (1059, 6, 2409)
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["percent"]["value"]
