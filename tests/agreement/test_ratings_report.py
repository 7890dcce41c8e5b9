"""The JSON form and the table of text."""

import json

from app.agreement.ratings_report import pair_key, ratings_document, ratings_text
from app.methods.agreement import agreement_of
from tests.methods.agreement.tables import rated

FIGURE = {"value", "low", "high", "n", "undefined"}


def test_every_figure_of_the_document_has_the_same_five_entries() -> None:
    report = agreement_of(rated("aab", "bbb", "aba", "bba"), sets=False)
    dimension = ratings_document({"all": report})["dimensions"]["all"]  # type: ignore[index]
    counts = {name: dimension.pop(name) for name in ("units", "raters", "ratings")}
    assert counts == {"units": 4, "raters": 3, "ratings": 12}
    assert set(dimension.pop("cohen")) == {"r0|r1", "r0|r2", "r1|r2"}
    assert all(set(figure) == FIGURE for figure in dimension.values())
    assert {"percent", "alpha", "fleiss", "ac1", "brennan_prediger"} <= set(dimension)
    assert "alpha_masi" not in dimension
    assert "scott" not in dimension


def test_an_undefined_figure_is_null_with_its_sentence_and_never_nan() -> None:
    document = ratings_document({"all": agreement_of(rated("aa", "aa"), sets=True)})
    text = json.dumps(document, allow_nan=False)
    alpha = json.loads(text)["dimensions"]["all"]["alpha_masi"]
    assert alpha["value"] is None
    assert alpha["n"] == 2
    assert "one and the same code" in alpha["undefined"]


def test_the_text_shows_figures_intervals_n_and_sentences() -> None:
    some = agreement_of(rated(*["aa"] * 20, *["bb"] * 19, "ab"), sets=False)
    none = agreement_of(rated("aa"), sets=False)
    text = ratings_text({"symptom": some, "cause": none})
    assert "symptom: 40 units, 2 raters, 80 ratings" in text
    assert "Cohen's kappa, r0 | r1" in text
    assert "undefined: Everyone used one and the same code" in text
    assert " nan" not in text


def test_the_text_counts_the_codes_it_does_not_list() -> None:
    report = agreement_of(rated(*[[f"code {i}", f"code {i}"] for i in range(25)]), sets=False)
    assert "and 5 codes more" in ratings_text({"all": report})


def test_no_two_pairs_share_a_key_whatever_the_raters_are_called() -> None:
    names = ["A", "A|B", "C", "B|C", "A\\", "|"]
    pairs = [(first, second) for first in names for second in names if first != second]
    assert len({pair_key(*pair) for pair in pairs}) == len(pairs)
    assert pair_key("Ada", "Ben") == "Ada|Ben"
