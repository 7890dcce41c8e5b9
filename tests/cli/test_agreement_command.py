"""`tandem agreement` from the outside: what it prints, where, and how it ends."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from openpyxl import Workbook
from typer.testing import CliRunner, Result

from app.agreement.stored_file import WHAT
from app.agreement.stored_form import FORM, hash_of
from app.agreement.stored_recount import recounted
from app.cli.agreement import agreement

RATINGS = Path(__file__).resolve().parents[3] / "shared" / "data"
EXAMPLES = RATINGS.parent / "agreement_examples.json"
CHANCE_CORRECTED = ("alpha", "light", "fleiss", "conger", "brennan_prediger", "ac1")
KEY_OF_METRIC = {
    "krippendorff_alpha_nominal": "alpha",
    "krippendorff_alpha_jaccard": "alpha_jaccard",
    "krippendorff_alpha_masi": "alpha_masi",
    "percent_agreement": "percent",
    "scott_pi": "scott_pi",
    "fleiss_kappa": "fleiss",
    "gwet_ac1": "ac1",
    "brennan_prediger": "brennan_prediger",
    "randolph_kappa": "brennan_prediger",
    "conger_kappa": "conger",
    "light_kappa": "light",
}
NAMED = ("--unit", "unit", "--rater", "rater", "--value", "code")


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    app = typer.Typer()
    app.command("agreement")(agreement)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def document(*arguments: str | Path, notes: str = "", stdin: bytes | None = None) -> dict[str, Any]:
    result = run(*arguments, "--json", stdin=stdin)
    assert result.exit_code == 0, result.output
    assert result.stderr == notes
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
    notes = "sets.csv: 2 blank cells count as: rated, no code applies. Otherwise with --blank not-rated.\n"
    found = document(path, *NAMED, "--dimension", "dim", "--sets", notes=notes)
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--unit", "unit", "--rater", "rater"), "Say which shape the file has"),
        ((*NAMED, "--rater-columns", "A,B"), "Say which shape the file has, and only one"),
        (("--unit", "unit", "--value", "code"), "which column names the rater"),
        (("--unit", "unit", "--rater", "rater", "--rater-columns", "A"), "leave --rater out"),
        (("--unit", "unit", "--rater-columns", "A,,B"), "names no columns"),
        (("--unit", "unit", "--rater-columns", "A,B,A"), '"A" is named twice'),
        (("--unit", "unit", "--rater", "rater", "--code-columns", "x", "--ignore-case"), "holds a mark and no code"),
        ((*NAMED, "--codes-between", ";"), "add --sets"),
        ((*NAMED, "--where", "code"), "not COLUMN=CELL"),
        ((*NAMED, "--where", "round=1"), 'no column "round". It has "unit", "rater", "code"'),
        ((*NAMED, "--sets", "--codes-between", ""), "It is a sign"),
        ((*NAMED, "--levels", " "), "It is a sign"),
        ((*NAMED, "--delimiter", ";;"), "one sign"),
        ((*NAMED, "--encoding", "klingon"), "No encoding is called"),
        ((*NAMED, "--encoding", "base64"), "No encoding is called"),
        ((*NAMED, "--format", "yaml"), "yaml"),
        ((*NAMED, "--blank", "perhaps"), "perhaps"),
    ],
)
def test_wrong_usage_says_what_to_do(ratings: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run(ratings, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.replace("│", " ").split())


def test_wide_files_and_marks_are_told_by_their_columns(ratings: Path, tmp_path: Path) -> None:
    long = document(ratings, *NAMED)
    units = [f"u{i}" for i in range(16)]
    pairs = ["xx"] * 8 + ["yy"] * 7 + ["xy"]
    wide, marks = tmp_path / "wide.csv", tmp_path / "marks.csv"
    rows = [f"{unit};{pair[1]};{pair[0]}" for unit, pair in zip(units, pairs, strict=True)]
    wide.write_text("\n".join(["unit;A;B", *rows]), encoding="utf-16")
    rows = [f"{unit}\tA\t{b == 'x':d}\t{b == 'y':d}\n{unit}\tB\t{a == 'x':d}\t{a == 'y':d}"
            for unit, (a, b) in zip(units, pairs, strict=True)]  # fmt: skip
    marks.write_text("\n".join(["unit\trater\tx\ty", *rows]), encoding="utf-8")
    assert document(wide, "--unit", "unit", "--rater-columns", "A,B") == long
    assert document(marks, "--unit", "unit", "--rater", "rater", "--code-columns", "x,y") == long


def test_a_dash_reads_standard_input(ratings: Path) -> None:
    assert document("-", *NAMED, stdin=ratings.read_bytes()) == document(ratings, *NAMED)
    refused = run("-", *NAMED, stdin=b"unit,rater,code\nu1,,x\n")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith('standard input: Row 2: column "rater" is blank')


def test_a_workbook_is_read(ratings: Path, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    with ratings.open(encoding="utf-8") as file:
        for row in csv.reader(file):
            book.active.append(row)
    book.save(tmp_path / "ratings.xlsx")
    assert document(tmp_path / "ratings.xlsx", *NAMED) == document(ratings, *NAMED)


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "all: 16"), ("json", "{"), ("csv", "dimension,"), ("latex", "%")]
)
def test_the_form_is_chosen(ratings: Path, form: str, begins: str) -> None:
    result = run(ratings, *NAMED, "--format", form)
    assert result.exit_code == 0
    assert result.stdout.startswith(begins) and result.stdout.endswith("\n")


def test_what_contradicts_itself_in_the_last_dimension_prints_nothing_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("unit,rater,dim,code\nu1,A,d,x\nu1,B,d,x\nu1,A,e,x\nu1,A,e,y\n", encoding="utf-8")
    result = run(path, *NAMED, "--dimension", "dim", "--format", "csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith('two.csv: Row 5: rater "A" already rated unit "u1" in dimension "e"')


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        result = run(path, *NAMED)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "cannot be read" in " ".join(result.stderr.replace("│", " ").split())


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
        *(path, "--unit", "item_id", "--rater", "rater", "--dimension", "dimension", "--value", "code", "--sets"),
        notes=(
            "ratings.csv: 332 blank cells count as: rated, no code applies. Otherwise with --blank not-rated.\n"
            "ratings.csv: “NaN” stands in 65 cells and counts as a code; --not-rated or --none-applies say otherwise.\n"
            "ratings.csv: “management”, “MANAGEMENT”, “Management”, “network” and 20 codes more differ in upper and "
            "lower case alone and count as several codes; --ignore-case makes them one.\n"
        ),
    )
    symptom = found["user_symptom_category"]
    assert (symptom["units"], symptom["raters"], symptom["ratings"]) == (460, 13, 5980)
    assert len(symptom["cohen"]) == 78
    assert symptom["alpha"]["value"] < symptom["alpha_masi"]["value"] < symptom["alpha_jaccard"]["value"]
    assert found["root_cause_category"]["alpha"]["n"] < found["root_cause_category"]["units"]


@pytest.mark.real_data
def test_the_people_and_models_of_the_real_cloud_reports_mostly_differ_in_spelling() -> None:
    path = RATINGS / "cloud-reports" / "ratings.csv"
    if not path.exists():
        pytest.skip("../shared/data/cloud-reports/ratings.csv is missing")
    told = (path, "--unit", "item_id", "--rater", "rater", "--dimension", "dimension", "--value", "code", "--sets")
    two = ("--where", "rater=human", "--where", "rater=gpt-4o-0", "--where", "dimension=service_category", "--json")
    spelt, alike = (
        json.loads(run(*told, *two, *more).stdout)["dimensions"]["service_category"]
        for more in ((), ("--ignore-case",))
    )
    assert spelt["ratings"] == alike["ratings"] == 920
    assert spelt["percent"]["value"] < 0.03 and alike["percent"]["value"] > 0.7


@pytest.mark.real_data
def test_the_real_open_coding_is_measured_with_its_blanks_and_missing_raters() -> None:
    path = RATINGS / "open-coding" / "ratings.csv"
    if not path.exists():
        pytest.skip("../shared/data/open-coding/ratings.csv is missing")
    notes = "ratings.csv: 120 blank cells count as: rated, no code applies. Otherwise with --blank not-rated.\n"
    found = document(path, "--unit", "item_id", "--rater", "rater", "--value", "open_code", notes=notes)["all"]
    assert (found["units"], found["raters"], found["ratings"]) == (1059, 6, 2409)
    assert found["alpha"]["low"] < found["alpha"]["value"] < found["percent"]["value"]


def as_the_command_takes(value: Any) -> frozenset[str]:
    return frozenset(map(str, value)) if isinstance(value, list) else frozenset([str(value)])


def shapes_of(units: list[list[Any]], folder: Path) -> list[list[str | Path]]:
    """The same table as a long file, a wide one, and marks, each with the options that tell its shape."""
    raters = [f"r{at}" for at in range(max(map(len, units), default=0))] or ["r0"]
    given = [
        (f"u{n}", raters[at], as_the_command_takes(value))
        for n, unit in enumerate(units)
        for at, value in enumerate(unit)
        if value is not None
    ]
    codes = sorted({code for *_, each in given for code in each}) or ["x"]
    cells = {(unit, rater): "; ".join(sorted(each)) or "(none)" for unit, rater, each in given}
    files = {
        "long": [["unit", "rater", "code"], *([u, r, code] for u, r, each in given for code in each or [""])],
        "wide": [
            ["unit", *raters],
            *([f"u{n}", *(cells.get((f"u{n}", r), "") for r in raters)] for n in range(len(units))),
        ],
        "marks": [
            ["unit", "rater", *(f"code {code}" for code in codes)],
            *([u, r, *("x" if code in each else "" for code in codes)] for u, r, each in given),
        ],
    }
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    between = ["--sets", "--codes-between", ";", "--none-applies", "(none)"]
    several = any(isinstance(value, list) for unit in units for value in unit)
    return [
        [folder / "long.csv", *NAMED, *(["--sets"] if several else [])],
        [folder / "wide.csv", "--unit", "unit", "--rater-columns", ",".join(raters), *(between if several else [])],
        [folder / "marks.csv", "--unit", "unit", "--rater", "rater", "--code-columns",
         ",".join(f"code {code}" for code in codes), *(["--sets"] if several else [])],
    ]  # fmt: skip


@pytest.mark.real_data
def test_every_published_example_comes_out_in_every_shape(tmp_path: Path) -> None:
    if not EXAMPLES.exists():
        pytest.skip("../shared/agreement_examples.json is missing")
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    assert len(examples) > 40
    for example in examples:
        for arguments in shapes_of(example["data"]["units"], tmp_path):
            result = run(*arguments, "--json")
            assert result.exit_code == 0, (example["name"], result.output)
            found = json.loads(result.stdout)["dimensions"]["all"]
            for value in published(example, found):
                assert value == pytest.approx(example["expected"], abs=example["tolerance"] or 0), example["name"]


def published(example: dict[str, Any], found: dict[str, Any]) -> list[float | None]:
    """The figures of the command that the example gives a value for; None where it says that there is none."""
    if example["expected"] is None:
        assert all(found[key]["undefined"] for key in CHANCE_CORRECTED)
        return [found[key]["value"] for key in CHANCE_CORRECTED]
    if example["metric"] == "krippendorff_alpha_category":
        code = example["name"].rpartition("_")[2]
        return [(found["codes"].get(code) or found["codes"][f"code {code}"])["alpha"]["value"]]
    if example["metric"] == "cohen_kappa":
        return [found["cohen"]["r0|r1"]["value"]]
    return [found[KEY_OF_METRIC[example["metric"]]]["value"]]


def figures_at_closing() -> dict[str, Any]:
    """Two raters on twelve units, as a closing would have stored them."""
    ratings = [[unit, rater, "coded", [7 if unit % 3 or rater == 1 else 8]] for unit in range(12) for rater in (1, 2)]
    same = [[7, 7], [8, 8]]
    row = {"kind": "reliability", "dimension": 4, "takes": "one", "ratings": ratings, "code": same, "category": same}
    row_of_silence = row | {"ratings": [*ratings, [12, 1, "not_enough_information", []]], "kind": "assisted"}
    inputs = {"form": FORM, "round": 1, "purpose": "reliability", "version": None, "rows": [row, row_of_silence]}
    return {
        "what": WHAT,
        "round": "First",
        "formulas": 1,
        "inputs_sha256": hash_of(inputs),
        "figures": recounted(inputs),
        "names": {"dimensions": {"4": "Cause"}},
        "inputs": inputs,
    }


def test_stored_figures_are_made_again_out_of_their_file(tmp_path: Path) -> None:
    file = tmp_path / "stored.json"
    file.write_text(json.dumps(figures_at_closing()))

    result = run(file, "--stored")

    assert result.exit_code == 0, result.output
    assert "every number is the same" in result.stdout and "Cause, reliability: alpha" in result.stdout
    checked = json.loads(run(file, "--stored", "--json").stdout)
    assert checked["is_same"] and checked["figures"] == figures_at_closing()["figures"]


def test_a_number_or_a_rating_that_was_changed_in_the_file_is_found(tmp_path: Path) -> None:
    file = tmp_path / "stored.json"
    number, rating = figures_at_closing(), figures_at_closing()
    number["figures"][0]["measures"]["alpha"]["value"] += 0.001
    rating["inputs"]["rows"][0]["ratings"][0][3] = [8]

    file.write_text(json.dumps(number))
    result = run(file, "--stored")
    assert result.exit_code == 1 and "Made again: 1 number differs." in result.stdout
    file.write_text(json.dumps(rating))
    result = run(file, "--stored")
    assert result.exit_code == 1 and "not as stored" in result.stdout


def test_other_raters_are_told_by_their_names(tmp_path: Path) -> None:
    file = tmp_path / "stored.json"
    document = figures_at_closing()
    document["names"]["raters"] = {"1": "Ada", "2": "Ben"}
    document["figures"][0]["raters"] = [1, 9]
    file.write_text(json.dumps(document))

    result = run(file, "--stored")

    assert result.exit_code == 1 and "Made again: the raters differ of 1 figure." in result.stdout
    assert "Cause, reliability, code, rated by: Ada and rater 9 then, Ada and Ben now" in result.stdout
    differing = json.loads(run(file, "--stored", "--json").stdout)["differing"]
    assert [(each["measure"], each["then"], each["now"]) for each in differing] == [("raters", [1, 9], [1, 2])]


def test_a_figure_that_is_not_there_is_told_as_nothing(tmp_path: Path) -> None:
    file = tmp_path / "stored.json"
    document = figures_at_closing()
    del document["figures"][0]
    file.write_text(json.dumps(document))

    assert "Cause, reliability, code, rated by: nothing then, rater 1 and rater 2 now" in run(file, "--stored").stdout


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"what": "figures at closing"}', "\x00", '{"what": 1}'])
def test_what_holds_no_stored_figures_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "stored.json"
    file.write_text(content)

    result = run(file, "--stored")

    assert result.exit_code == 1 and "no file of figures at closing" in result.stderr
    broken = figures_at_closing()
    broken["inputs"]["rows"][0]["ratings"][0] = ["x"]
    file.write_text(json.dumps(broken))
    assert "no file of figures at closing" in run(file, "--stored").stderr


def test_without_stored_the_column_of_the_unit_must_be_said(ratings: Path) -> None:
    assert run(ratings, "--rater", "rater", "--value", "code").exit_code == 2
