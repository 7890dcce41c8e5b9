from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.sampling import (
    BadBlindShare,
    NoArm,
    TooFewCoders,
    TooFewIncidents,
    allocate,
    arms_by_incident,
    coder_order,
    coders_by_incident,
    draw,
)

SEEDS = st.integers(-(2**31), 2**63)


def test_a_seed_draws_the_same_sample_on_every_machine() -> None:
    assert draw(range(1, 101), 5, seed=7).ids == (11, 19, 20, 28, 66)
    assert coder_order(range(1, 8), 3, seed=7) == (7, 5, 2, 1, 6, 4, 3)


def test_the_order_of_the_candidates_does_not_matter() -> None:
    assert draw([3, 1, 2, 9, 2], 2, seed=1) == draw([9, 2, 1, 3], 2, seed=1)


def test_every_candidate_had_the_same_known_chance() -> None:
    assert draw(range(40), 10, seed=0).probability == 0.25
    drawn = Counter(one for seed in range(2000) for one in draw(range(8), 2, seed).ids)
    assert all(abs(count / 2000 - 0.25) < 0.05 for count in drawn.values())


@pytest.mark.parametrize("n", [0, 5])
def test_more_than_there_are_cannot_be_drawn(n: int) -> None:
    with pytest.raises(TooFewIncidents):
        draw(range(4), n, seed=1)


@given(st.sets(st.integers(1, 500), max_size=40), st.integers(1, 6), st.data(), SEEDS)
def test_every_incident_gets_its_coders_and_the_load_is_even(
    incidents: set[int], coders: int, data: st.DataObject, seed: int
) -> None:
    each = data.draw(st.integers(1, coders))
    found = coders_by_incident(incidents, range(coders), each, seed)
    assert set(found) == incidents
    assert all(len(set(chosen)) == each for chosen in found.values())
    load = Counter(coder for chosen in found.values() for coder in chosen)
    assert max(load.values(), default=0) - min((load[coder] for coder in range(coders)), default=0) <= 1


def test_pairs_of_coders_meet_about_equally_often() -> None:
    found = coders_by_incident(range(60), range(4), 2, seed=5)
    met = Counter(pair for chosen in found.values() for pair in combinations(chosen, 2))
    assert len(met) == 6 and max(met.values()) - min(met.values()) <= 3


@pytest.mark.parametrize("each", [0, 3])
def test_more_coders_an_incident_than_there_are_is_refused(each: int) -> None:
    with pytest.raises(TooFewCoders):
        coders_by_incident([1], [1, 2], each, seed=1)


@given(st.integers(0, 60), st.sampled_from([0.0, 0.1, 0.3, 1.0]), SEEDS)
def test_a_share_of_the_double_coded_is_blind_for_all_and_the_rest_is_dealt_evenly(
    n: int, share: float, seed: int
) -> None:
    coders = {incident: ((1, 2), (1, 3), (2, 3), (1,))[incident % 4] for incident in range(n)}
    arms = arms_by_incident(coders, ["after", "on_request", "before"], seed, share)
    double = [incident for incident in coders if len(coders[incident]) > 1]
    blind = [incident for incident in coders if arms[incident] == "blind"]
    assert set(arms) == set(coders)
    assert set(blind) <= set(double) and len(blind) == int(share * len(double) + 0.5)
    dealt = Counter(arm for arm in arms.values() if arm != "blind")
    assert max(dealt.values(), default=0) - min((dealt[a] for a in ("after", "on_request", "before")), default=0) <= 1


def test_twelve_incidents_for_two_coders_set_four_aside_as_blind() -> None:
    plan = allocate(draw(range(1, 101), 12, seed=3), [8, 9], 2, ["after"], seed=3)
    assert Counter(one.arm for one in plan.incidents) == {"blind": 4, "after": 8}
    assert {one.sampling_probability for one in plan.incidents} == {0.12}
    assert len(plan.assignments) == 24
    for incident in plan.incidents:
        assert {a.arm for a in plan.assignments if a.incident_id == incident.incident_id} == {incident.arm}


def test_each_coder_has_an_own_order_without_gaps() -> None:
    plan = allocate(draw(range(1, 101), 30, seed=3), [8, 9], 2, ["after"], seed=3)
    queues = {c: sorted((a.order, a.incident_id) for a in plan.assignments if a.coder_id == c) for c in (8, 9)}
    assert all([order for order, _ in queue] == list(range(1, 31)) for queue in queues.values())
    assert [i for _, i in queues[8]] != [i for _, i in queues[9]]
    assert plan == allocate(draw(range(1, 101), 30, seed=3), [9, 8], 2, ["after"], seed=3)


def test_single_coded_incidents_are_never_set_aside() -> None:
    plan = allocate(draw(range(10), 10, seed=1), [1, 2], 1, ["after"], seed=1)
    assert {one.arm for one in plan.incidents} == {"after"}


def test_an_arm_must_be_chosen_and_the_share_be_a_share() -> None:
    with pytest.raises(NoArm):
        arms_by_incident({1: (1, 2)}, [], seed=1)
    with pytest.raises(BadBlindShare):
        arms_by_incident({1: (1, 2)}, ["after"], seed=1, blind_share=1.5)
