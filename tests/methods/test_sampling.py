from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.sampling import TooFewIncidents, draw, draw_strata, equal_quotas, proportional_quotas

SEEDS = st.integers(-(2**31), 2**63)
SIZES = st.dictionaries(st.text("abcdé ", min_size=1, max_size=4), st.integers(1, 30), min_size=1, max_size=8)


def test_a_seed_draws_the_same_sample_on_every_machine() -> None:
    assert draw(range(1, 101), 5, seed=7).ids == (11, 19, 20, 28, 66)


def test_the_order_of_the_candidates_does_not_matter() -> None:
    assert draw([3, 1, 2, 9, 2], 2, seed=1) == draw([9, 2, 1, 3], 2, seed=1)


def test_every_candidate_had_the_same_known_chance() -> None:
    assert set(draw(range(40), 10, seed=0).chances.values()) == {0.25}
    drawn = Counter(one for seed in range(2000) for one in draw(range(8), 2, seed).ids)
    assert all(abs(count / 2000 - 0.25) < 0.05 for count in drawn.values())


@pytest.mark.parametrize("n", [0, 5])
def test_more_than_there_are_cannot_be_drawn(n: int) -> None:
    with pytest.raises(TooFewIncidents):
        draw(range(4), n, seed=1)


@given(SIZES, st.data(), SEEDS)
def test_each_stratum_gives_just_its_quota_with_its_own_chance(
    sizes: dict[str, int], data: st.DataObject, seed: int
) -> None:
    strata = {name: range(1000 * place, 1000 * place + sizes[name]) for place, name in enumerate(sizes)}
    quotas = {name: data.draw(st.integers(0, size)) for name, size in sizes.items()}
    quotas[next(iter(sizes))] = 1
    sample = draw_strata(strata, quotas, seed)
    for name, ids in strata.items():
        drawn = [one for one in sample.ids if one in ids]
        assert len(drawn) == quotas[name]
        assert all(sample.chances[one] == quotas[name] / sizes[name] for one in drawn)
    assert sample == draw_strata({name: list(strata[name])[::-1] for name in sorted(strata)}, quotas, seed)


@given(SIZES, st.data())
def test_quotas_add_up_and_no_stratum_gives_more_than_it_has(sizes: dict[str, int], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, sum(sizes.values())))
    equal, proportional = equal_quotas(sizes, n), proportional_quotas(sizes, n)
    for quotas in (equal, proportional):
        assert sum(quotas.values()) == n
        assert all(0 <= quotas[name] <= sizes[name] for name in sizes)
    unfilled = [equal[name] for name in sizes if equal[name] < sizes[name]]
    assert all(quota >= max(equal.values()) - 1 for quota in unfilled)
    assert all(abs(proportional[name] - n * sizes[name] / sum(sizes.values())) < 1 for name in sizes)


def test_quotas_on_an_example() -> None:
    sizes = {"GenAI": 30, "classic": 10, "pilot": 2}
    assert equal_quotas(sizes, 14) == {"GenAI": 6, "classic": 6, "pilot": 2}
    assert proportional_quotas(sizes, 14) == {"GenAI": 10, "classic": 3, "pilot": 1}


@pytest.mark.parametrize("quotas", [{"a": 4}, {"a": 0}, {"b": 1}])
def test_a_stratum_cannot_give_what_it_does_not_have(quotas: dict[str, int]) -> None:
    with pytest.raises(TooFewIncidents):
        draw_strata({"a": [1, 2, 3]}, quotas, seed=1)
