"""Values printed in the literature, each with its source."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.methods.agreement import AgreementReport, Coefficient, agreement_of, incidents_needed
from tests.methods.agreement.tables import cells, rated

EXAMPLES = Path(__file__).resolve().parents[4] / "shared" / "agreement_examples.json"
FIELD_OF_METRIC = {
    "krippendorff_alpha_nominal": "alpha",
    "krippendorff_alpha_jaccard": "alpha_jaccard",
    "krippendorff_alpha_masi": "alpha_masi",
    "percent_agreement": "percent",
    "scott_pi": "scott",
    "fleiss_kappa": "fleiss",
    "gwet_ac1": "ac1",
    "brennan_prediger": "brennan_prediger",
    "randolph_kappa": "brennan_prediger",
    "conger_kappa": "conger",
    "light_kappa": "light",
}
CHANCE_CORRECTED = ("alpha", "fleiss", "conger", "light", "brennan_prediger", "ac1")

GWET_RAW_4_RATERS = rated(
    *[[1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4], [4, 4, 4, 4]],
    *[[1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None]],
)
KRIPPENDORFF_3_RATERS = rated("111", "122", "222", "444", "144", "222", "123", "333", "222")
NINE_SETS = rated(
    *[["", ""], ["A", ""], ["A", "A"], ["A", "B"], ["AB", "A"], ["AB", "AC"]],
    *[["ABC", "ABC"], ["C", "AC"], ["C", "AC"]],
)


def test_alpha_of_ben_and_gerry_is_krippendorffs() -> None:
    """Krippendorff (2011), section B."""
    report = agreement_of(rated(*zip("aabbdcccedda", "babbbccceddd", strict=True)), sets=False)
    assert value(report.alpha) == pytest.approx(0.692, abs=0.0006)


def test_kappa_of_two_raters_is_cohens() -> None:
    """Zwick (1988), p. 376, second table."""
    report = agreement_of(
        cells({"AA": 20, "BB": 10, "CC": 10, "DD": 20, "AB": 10, "AC": 10, "BA": 10, "CA": 10}), sets=False
    )
    assert value(report.cohen["r0", "r1"]) == pytest.approx(0.444, abs=0.0006)


def test_ac1_of_cohens_first_table() -> None:
    """Cohen (1960), p. 45, with AC1 as DKPro's Gwet2008Test gives it."""
    table = {"11": 88, "12": 14, "13": 18, "21": 10, "22": 40, "23": 10, "31": 2, "32": 6, "33": 12}
    assert value(agreement_of(cells(table), sets=False).ac1) == pytest.approx(0.576, abs=0.0001)


def test_alpha_conger_and_brennan_prediger_of_gwets_four_raters() -> None:
    """Gwet (2014), raw4raters; alpha in Krippendorff (2011), section C."""
    report = agreement_of(GWET_RAW_4_RATERS, sets=False)
    assert value(report.alpha) == pytest.approx(0.743421, abs=1e-6)
    assert value(report.conger) == pytest.approx(0.763, abs=0.0006)
    assert value(report.brennan_prediger) == pytest.approx(0.773, abs=0.0006)
    assert value(report.percent) == pytest.approx(0.818, abs=0.0006)
    assert value(report.ac1) == pytest.approx(0.775, abs=0.0006)
    assert value(report.fleiss) == pytest.approx(0.761, abs=0.0006)


def test_pi_and_percent_of_artstein_and_poesio() -> None:
    """Artstein and Poesio (2008), p. 568: three codes; p. 558: two."""
    report = agreement_of(cells({"ss": 46, "si": 6, "ii": 32, "ic": 6, "cc": 10}), sets=False)
    assert value(report.percent) == pytest.approx(0.88)
    assert value(report.scott) == pytest.approx(0.7995, abs=0.0006)
    report = agreement_of(cells({"ss": 20, "si": 20, "is": 10, "ii": 50}), sets=False)
    assert value(report.brennan_prediger) == pytest.approx(0.4)


def test_ac1_stays_where_pi_collapses() -> None:
    """Gwet (2008): 85 % agreement with one code rare, [[80, 7], [8, 5]]."""
    report = agreement_of(cells({"yy": 80, "yn": 7, "ny": 8, "nn": 5}), sets=False)
    assert value(report.percent) == pytest.approx(0.85)
    assert value(report.ac1) == pytest.approx(0.808, abs=0.001)
    assert value(report.scott) == pytest.approx(0.314, abs=0.001)


def test_codes_against_the_rest_are_krippendorffs() -> None:
    """Krippendorff (1980), p. 139: .381 for the first code, .764 for the fourth."""
    by_code = {code.code: code for code in agreement_of(KRIPPENDORFF_3_RATERS, sets=False).codes}
    assert value(by_code["1"].alpha) == pytest.approx(0.381, abs=0.001)
    assert value(by_code["4"].alpha) == pytest.approx(0.764, abs=0.001)
    assert by_code["4"].positives == 5
    assert by_code["4"].prevalence == pytest.approx(5 / 27)


def test_fleiss_kappa_of_four_ratings() -> None:
    """Randolph (2005), p. 17: free-marginal .33 where Fleiss' kappa is .333 too, margins being even."""
    report = agreement_of(rated("YYY", "YYN", "NNY", "NNN"), sets=False)
    assert value(report.brennan_prediger) == pytest.approx(1 / 3)
    assert value(report.fleiss) == pytest.approx(1 / 3)


def test_set_alphas_of_nine_pairs_of_sets() -> None:
    """The nine sets of DKPro's SetAnnotationsTest; MASI as Passonneau (2006) has it."""
    report = agreement_of(NINE_SETS, sets=True)
    assert value(report.alpha_jaccard) == pytest.approx(0.3156199678)
    assert value(report.alpha_masi) == pytest.approx(0.2730806608)


@pytest.mark.parametrize(
    ("alpha", "share", "needed"), [(0.667, 0.25, 81), (0.8, 0.25, 139), (0.667, 0.1, 172), (0.8, 0.1, 294)]
)
def test_incidents_needed_are_krippendorffs(alpha: float, share: float, needed: int) -> None:
    """Krippendorff (2004), p. 240, after Bloch and Kraemer."""
    assert incidents_needed(alpha, share) == needed


@pytest.mark.parametrize(("alpha", "share"), [(1.0, 0.2), (0.8, 0.0), (0.8, 1.0)])
def test_a_plan_outside_its_ranges_is_refused(alpha: float, share: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        incidents_needed(alpha, share)


@pytest.mark.real_data
def test_every_published_example_comes_out() -> None:
    if not EXAMPLES.exists():
        pytest.skip("../shared/agreement_examples.json is missing")
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    wrong = [example["name"] for example in examples if not _comes_out(example)]
    assert examples
    assert wrong == []


def _comes_out(example: dict[str, Any]) -> bool:
    sets = example["metric"] in ("krippendorff_alpha_jaccard", "krippendorff_alpha_masi")
    report = agreement_of(rated(*example["data"]["units"]), sets=sets)
    if example["expected"] is None:
        every = [getattr(report, field) for field in CHANCE_CORRECTED] + list(report.cohen.values())
        return all(one.value is None and one.undefined for one in every)
    found = _figure(report, example)
    inside = found.low is None or found.high is None or found.low <= value(found) <= found.high
    return inside and abs(value(found) - example["expected"]) <= example["tolerance"]


def _figure(report: AgreementReport, example: dict[str, Any]) -> Coefficient:
    if example["metric"] == "cohen_kappa":
        return report.cohen["r0", "r1"]
    if example["metric"] == "krippendorff_alpha_category":
        wanted = example["name"].rpartition("_")[2]
        return next(code.alpha for code in report.codes if str(code.code) == wanted)
    found = getattr(report, FIELD_OF_METRIC[example["metric"]])
    assert isinstance(found, Coefficient)
    return found


def value(coefficient: Coefficient | None) -> float:
    assert coefficient is not None
    assert coefficient.value is not None
    return coefficient.value
