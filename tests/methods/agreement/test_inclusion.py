"""Whether raters agree on what is to be rated at all."""

import pytest

from app.methods.agreement import agreement_of, inclusion_agreement


def test_skips_by_some_are_the_disagreements():
    units = {
        "all rated": {"ada": True, "ben": True},
        "all skipped": {"ada": False, "ben": False},
        "one skipped": {"ada": True, "ben": False},
        "only one came to it": {"ada": True},
        "nobody came to it": {},
        "two of three": {"ada": True, "ben": True, "cleo": False},
    }
    found = inclusion_agreement(units)
    assert (found.units, found.rated_by_all, found.skipped_by_all) == (4, 1, 1)
    assert found.skipped_by_some == ("one skipped", "two of three")
    assert found.percent.value == pytest.approx((1 + 1 + 0 + 1 / 3) / 4)


def test_its_figures_are_those_of_rated_against_skipped():
    units = {n: {"ada": n % 4 != 0, "ben": n % 5 != 0} for n in range(60)}
    report = agreement_of(list(units.values()), sets=False)
    found = inclusion_agreement(units)
    assert (found.percent, found.alpha, found.ac1) == (report.percent, report.alpha, report.ac1)


def test_where_nobody_skipped_anything_percent_is_full_and_alpha_says_why_not():
    found = inclusion_agreement({n: {"ada": True, "ben": True} for n in range(9)})
    assert found.percent.value == 1.0
    assert found.alpha.undefined.startswith("Everyone used one and the same code")


def test_nothing_came_to_by_two_is_said():
    found = inclusion_agreement({1: {"ada": True}})
    assert (found.units, found.alpha.undefined) == (0, "Nothing has been rated.")
