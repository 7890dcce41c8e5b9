"""The JSON form, the table of text, CSV and LaTeX: each says what must stand beside a figure."""

import csv
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from app.agreement.ratings_beside import Beside
from app.agreement.ratings_csv import COLUMNS, ratings_csv
from app.agreement.ratings_figures import Figures, WithoutNotEnough
from app.agreement.ratings_latex import ratings_latex
from app.agreement.ratings_report import pair_key, ratings_document, ratings_json, ratings_text
from app.methods.agreement import agreement_of
from tests.methods.agreement.tables import rated

FIGURE = {"value", "low", "high", "n", "undefined", "interval_method"}
COUNTS = {"units": 4, "raters": 3, "ratings": 11, "pairable_units": 4, "pairable_ratings": 11}
BESIDE = Beside("ratings.csv", "ab" * 32, sets=False, blanks="2 blank cells count as: not rated.")
OF_SETS = Beside("ratings.csv", "ab" * 32, sets=True, blanks="There is no blank cell.")
AGREEING = ["aa"] * 20 + ["bb"] * 19 + ["ab"]
NASTY = r"\input{x} & 100% #1 _a_ ~b~ $y$ *z* [w] {v} \\ “q”"


def figures(*units: Any, sets: bool = False, name: str = "all", level: int | None = None) -> Figures:
    report = agreement_of(rated(*units), sets=sets)
    pairable = sum(len(given) for unit in units if len(given := [v for v in unit if v is not None]) > 1)
    return Figures(name, level, report, pairable, None)


def dimension(one: Figures, beside: Beside = BESIDE) -> dict[str, Any]:
    found: Any = ratings_document([one], beside)["dimensions"]
    return dict(found[one.dimension])


def test_every_figure_of_the_document_has_the_same_entries() -> None:
    found = dimension(figures("aab", "bbb", ["a", "b", None], "bba"))
    assert {name: found.pop(name) for name in COUNTS} == COUNTS
    assert set(found["cohen"]) == {"r0|r1", "r0|r2", "r1|r2"}
    assert all(set(figure) == FIGURE for figure in found.pop("cohen").values())
    codes = found.pop("codes")
    assert {code: (each.pop("positives"), each.pop("prevalence")) for code, each in codes.items()} == {
        "a": (4, 4 / 11),
        "b": (7, 7 / 11),
    }
    assert all(set(each) == {"alpha", "kappa", "ac1"} for each in codes.values())
    assert all(set(figure) == FIGURE for each in codes.values() for figure in each.values())
    assert set(found) == {"percent", "light", "fleiss", "conger", "brennan_prediger", "ac1", "alpha"}
    assert all(set(figure) == FIGURE for figure in found.values())


def test_scotts_pi_is_of_two_raters_and_the_other_distances_are_of_sets() -> None:
    assert "scott_pi" in dimension(figures("ab", "bb"))
    assert {"alpha_jaccard", "alpha_masi"} <= set(dimension(figures("ab", "bb", sets=True)))


def test_an_undefined_figure_is_null_with_its_sentence_and_never_nan() -> None:
    alpha = json.loads(ratings_json([figures("aa", "aa", sets=True)], OF_SETS))["dimensions"]["all"]["alpha_masi"]
    assert alpha == {
        "value": None,
        "low": None,
        "high": None,
        "n": 2,
        "undefined": "Everyone used one and the same code wherever two rated, so agreement cannot be told from chance.",
        "interval_method": None,
    }


def test_the_document_says_what_stands_beside_its_figures() -> None:
    found = ratings_document([figures("ab", "bb", sets=True)], OF_SETS)
    assert (found["file"], found["sha256"], found["sets"]) == ("ratings.csv", "ab" * 32, True)
    assert "Passonneau's (2006)" in str(found["masi"])
    assert "There is no blank cell" in str(found["missing"])
    assert "masi" not in ratings_document([figures("ab", "bb")], BESIDE)


def test_levels_stand_within_their_dimension() -> None:
    found = dimension_levels(
        [figures("ab", "bb", name="x"), figures("aa", "bb", name="x", level=1), figures("ab", name="y")]
    )
    assert found == {"x": ["1"], "y": []}


def dimension_levels(several: Sequence[Figures]) -> dict[str, list[str]]:
    found: Any = ratings_document(several, BESIDE)["dimensions"]
    return {name: list(each.get("levels", {})) for name, each in found.items()}


def test_the_text_shows_figures_intervals_n_and_sentences() -> None:
    text = ratings_text([figures(*AGREEING, name="symptom"), figures("aa", name="cause")], BESIDE)
    assert "symptom: 40 units, 2 raters, 80 ratings; 80 ratings are on the 40 units rated twice or more" in text
    assert "Cohen's kappa, r0 | r1" in text
    assert "undefined: Everyone used one and the same code" in text
    assert "2 blank cells count as: not rated." in text
    assert " nan" not in text


def test_the_text_counts_the_codes_it_does_not_list() -> None:
    text = ratings_text([figures(*[[f"code {i}", f"code {i}"] for i in range(25)])], BESIDE)
    assert "and 5 codes more" in text


def test_no_two_pairs_share_a_key_whatever_the_raters_are_called() -> None:
    names = ["A", "A|B", "C", "B|C", "A\\", "|"]
    pairs = [(first, second) for first in names for second in names if first != second]
    assert len({pair_key(*pair) for pair in pairs}) == len(pairs)
    assert pair_key("Ada", "Ben") == "Ada|Ben"


def test_csv_has_a_row_a_figure_with_all_that_stands_beside_it() -> None:
    one = figures(*AGREEING)
    rows = list(csv.DictReader(StringIO(ratings_csv([one, figures("aa", name="=x")], BESIDE))))
    assert tuple(rows[0]) == COLUMNS
    alpha = next(row for row in rows if row["measure"] == "Krippendorff's alpha")
    assert (float(alpha["value"]), float(alpha["low"])) == (one.report.alpha.value, one.report.alpha.low)
    beside = ("n", "units", "raters", "ratings", "pairable_ratings", "interval_method", "file")
    assert [alpha[name] for name in beside] == [
        "40",
        "40",
        "2",
        "80",
        "80",
        one.report.alpha.interval_method,
        "ratings.csv",
    ]
    assert all(row["missing"].endswith("2 blank cells count as: not rated.") for row in rows)
    code = next(row for row in rows if (row["measure"], row["of"]) == ("AC1 of the code", "a"))
    assert (code["positives"], code["prevalence"]) == ("41", str(41 / 80))
    none = next(row for row in rows if row["dimension"] == "'=x" and row["measure"] == "Gwet's AC1")
    assert none["value"] == "" and none["undefined"].startswith("Everyone used one")


def test_csv_says_by_which_masi() -> None:
    rows = list(csv.DictReader(StringIO(ratings_csv([figures("ab", "bb", sets=True)], OF_SETS))))
    assert [row["measure"] for row in rows if "Passonneau's (2006)" in row["definition"]] == ["alpha, MASI distance"]


def test_alpha_without_not_enough_stands_beside_alpha_in_text_csv_and_latex() -> None:
    one = figures(*AGREEING)
    left = WithoutNotEnough(3, one.report.percent, None, None)
    with_it = Figures("all", None, one.report, 80, left)
    for written in (ratings_text, ratings_csv, ratings_latex):
        assert re.search(r"alpha, without the 3 “not enough”", written([with_it], BESIDE))


def in_a_paper(tables: str) -> str:
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{textcomp,booktabs}\begin{document}"
    return f"{head}\n{tables}\n\\end{{document}}\n"


def test_latex_is_balanced_and_says_what_stands_beside_its_figures() -> None:
    several = [figures(*[[NASTY, "b"], *AGREEING], name=NASTY), figures("aa", name="undefined", sets=True)]
    written = ratings_latex(several, OF_SETS)
    check_tex_of_tables(written)
    assert written.count(r"\begin{table}") == 4
    whole = written.split(r"\end{table}")[0]
    for said in ("41 units, 2 raters, 82 ratings", "82 ratings are on the 41 units", "pairable units", "Passonneau"):
        assert said in whole
    assert "Intervals by jackknife over units" in whole and "Interval of percent by Clopper-Pearson" in whole
    assert "Everyone used one and the same code" in written.split(r"\end{table}")[2]
    assert r"\input{" not in written


def check_tex_of_tables(written: str) -> None:
    for rows in re.findall(r"\\midrule\n(.*?)\\bottomrule", written, re.DOTALL):
        ends = [row.count("&") - row.count(r"\&") for row in rows.strip().split("\n")]
        assert len(set(ends)) == 1
    depth = [(-1) ** (each == "}") for each in re.sub(r"\\[{}]", "", written) if each in "{}"]
    assert sum(depth) == 0


def test_latex_tells_of_many_pairs_in_a_sentence() -> None:
    one = figures("aabbab", "bbbbbb", "ababab", "aaabbb")
    written = ratings_latex([one], BESIDE)
    values = [each.value for each in one.report.cohen.values() if each.value is not None]
    assert f"Cohen's kappa of the 15 pairs lies between {min(values):.3f} and {max(values):.3f}" in written
    assert "r0 " not in written


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="there is no TeX here; the structure is checked above")
def test_latex_compiles(tmp_path: Path) -> None:
    several = [figures(*[[NASTY, "b"], *AGREEING], name=NASTY), figures("aa", name="undefined", sets=True)]
    (tmp_path / "paper.tex").write_text(in_a_paper(ratings_latex(several, OF_SETS)), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
