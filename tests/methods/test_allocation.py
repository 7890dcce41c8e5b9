from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.allocation import (
    Allocation,
    BadShare,
    NoArm,
    Rules,
    TooFewCoders,
    TooManyRepeats,
    allocate,
    arms_by_incident,
    coder_order,
    coders_by_incident,
    rounded,
)
from app.methods.sampling import Sample, draw

SEEDS = st.integers(-(2**31), 2**63)
SHARES = st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5, 1.0])
ARMS = ("blind", "after", "on_request", "before")


@st.composite
def plans(draws: st.DrawFn) -> tuple[Sample, Rules]:
    sample = Sample.of(draws(st.sets(st.integers(1, 500), max_size=60)), 0.5)
    coders = draws(st.sets(st.integers(1, 99), min_size=1, max_size=6))
    ranks = draws(st.sampled_from([None, {one: -one for one in sample.ids}]))
    return sample, Rules(
        coder_ids=coders,
        per_incident=draws(st.integers(1, len(coders))),
        arms=draws(st.lists(st.sampled_from(ARMS), min_size=1, unique=True)),
        seed=draws(SEEDS),
        blind=draws(SHARES),
        overlap=draws(SHARES),
        repeats=draws(st.sampled_from([0.0, 0.05, 0.1, 0.25])),
        repeatable=draws(st.sampled_from([("blind",), ("blind", "after"), ARMS])),
        ranks=ranks,
    )


def within_one(counts: list[int]) -> bool:
    return max(counts, default=0) - min(counts, default=0) <= 1


def queues(plan: Allocation, rules: Rules) -> list[list[tuple[int, int]]]:
    """Of each coder, (incident, pass) in order."""
    of = {coder: [one for one in plan.assignments if one.coder_id == coder] for coder in rules.coder_ids}
    ordered = {coder: sorted(own, key=lambda one: one.order) for coder, own in of.items()}
    assert all([one.order for one in own] == list(range(1, len(own) + 1)) for own in ordered.values())
    return [[(one.incident_id, one.nth) for one in own] for own in ordered.values()]


@given(plans())
def test_load_overlap_and_arms_are_within_one_of_the_ideal(made: tuple[Sample, Rules]) -> None:
    sample, rules = made
    plan = allocate(sample, rules)
    assert plan == allocate(sample, rules)
    assert [one.incident_id for one in plan.incidents] == list(sample.ids)

    several = rounded(rules.overlap * len(sample.ids))
    sizes = Counter(len(one.coder_ids) for one in plan.incidents)
    assert sizes == Counter([rules.per_incident] * several + [1] * (len(sample.ids) - several))
    load = Counter(one.coder_id for one in plan.assignments if one.nth == 1)
    assert within_one([load[coder] for coder in rules.coder_ids])

    double = [one for one in plan.incidents if len(one.coder_ids) > 1]
    aside = rounded(rules.blind * len(double))
    dealt = Counter(one.arm for one in plan.incidents)
    dealt["blind"] -= aside
    assert set(+dealt) <= set(rules.arms) and within_one([dealt[arm] for arm in rules.arms])
    if "blind" not in rules.arms:
        assert dealt["blind"] == 0 and sum(one.arm == "blind" for one in double) == aside
        groups = {one.coder_ids for one in plan.incidents}
        for group in groups:
            of_group = Counter(one.arm for one in plan.incidents if one.coder_ids == group and one.arm != "blind")
            assert within_one([of_group[arm] for arm in rules.arms])


@given(plans())
def test_blind_share_and_arms_are_within_one_of_each_coder_s_own_share(made: tuple[Sample, Rules]) -> None:
    sample, rules = made
    rules = replace(rules, arms=[arm for arm in rules.arms if arm != "blind"] or ["after"])
    plan = allocate(sample, rules)
    double = [one for one in plan.incidents if len(one.coder_ids) > 1]
    aside = rounded(rules.blind * len(double))
    for coder in rules.coder_ids:
        own = Counter(one.arm for one in plan.incidents if coder in one.coder_ids)
        of_double = sum(coder in one.coder_ids for one in double)
        assert abs(own["blind"] - of_double * aside / max(len(double), 1)) <= 1
        rest = sum(own.values()) - own["blind"]
        assert all(abs(own[arm] - rest / len(rules.arms)) <= 1 for arm in rules.arms)


@pytest.mark.parametrize(("incidents", "coders", "arms"), [(40, 4, ARMS[1:2]), (60, 3, ARMS[1:3]), (120, 10, ARMS[1:])])
def test_no_coder_has_many_more_blind_incidents_than_another(incidents: int, coders: int, arms: list[str]) -> None:
    for seed in range(20):
        dealt = arms_by_incident(by := coders_by_incident(range(incidents), range(coders), 2, seed), arms, seed)
        for arm in ("blind", *arms):
            of_coder = Counter(coder for one in by for coder in by[one] if dealt[one] == arm)
            assert within_one([of_coder[coder] for coder in range(coders)])


@given(plans())
def test_an_incident_has_one_arm_and_one_chance_for_all_its_coders(made: tuple[Sample, Rules]) -> None:
    plan = allocate(*made)
    for incident in plan.incidents:
        own = [one for one in plan.assignments if one.incident_id == incident.incident_id]
        assert {one.arm for one in own} == {incident.arm} and {one.chance for one in own} == {0.5}
        assert {one.coder_id for one in own} == set(incident.coder_ids)


@given(plans())
def test_repeats_come_late_and_never_touch(made: tuple[Sample, Rules]) -> None:
    sample, rules = made
    plan = allocate(sample, rules)
    arm_of = {one.incident_id: one.arm for one in plan.incidents}
    for queue in queues(plan, rules):
        firsts = [one for one, nth in queue if nth == 1]
        again = [place for place, (_, nth) in enumerate(queue) if nth == 2]
        assert len(set(firsts)) == len(firsts) and len(again) <= rounded(rules.repeats * len(firsts))
        assert all(place >= len(queue) / 2 and arm_of[queue[place][0]] in rules.repeatable for place in again)
        assert all(later - earlier > 1 for earlier, later in pairwise(again))
        assert all(place - queue.index((queue[place][0], 1)) > 1 for place in again)


@pytest.mark.parametrize("n", range(60))
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.25])
def test_where_all_may_be_repeated_the_share_is_met(n: int, share: float) -> None:
    plan = allocate(Sample.of(range(n), 1.0), Rules([1], 1, ["blind"], seed=n, repeats=share))
    assert sum(one.nth == 2 for one in plan.assignments) == rounded(share * n)


def test_a_repeat_can_be_any_of_the_first_half_and_come_anywhere_in_the_second() -> None:
    places, incidents = set(), set()
    for seed in range(300):
        plan = allocate(Sample.of(range(8), 1.0), Rules([1], 1, ["blind"], seed=seed, repeats=0.25))
        places |= {one.order for one in plan.assignments if one.nth == 2}
        incidents |= {one.incident_id for one in plan.assignments if one.nth == 2}
    assert places == {7, 8, 9, 10} and incidents == set(range(8))


def test_more_than_a_quarter_cannot_come_again() -> None:
    with pytest.raises(TooManyRepeats):
        allocate(Sample.of(range(8), 1.0), Rules([1], 1, ["blind"], seed=1, repeats=0.3))


def test_by_date_every_queue_has_the_same_order() -> None:
    ranks = {one: -one for one in range(20)}
    plan = allocate(Sample.of(range(20), 1.0), Rules([1, 2], 2, ["blind"], seed=1, ranks=ranks))
    assert [[one for one, _ in queue] for queue in queues(plan, Rules([1, 2], 2, [], 1))] == [
        list(range(19, -1, -1))
    ] * 2


def test_pairs_of_coders_meet_about_equally_often() -> None:
    found = coders_by_incident(range(60), range(4), 2, seed=5)
    met = Counter(pair for chosen in found.values() for pair in combinations(chosen, 2))
    assert len(met) == 6 and max(met.values()) - min(met.values()) <= 3


@pytest.mark.parametrize("each", [0, 3])
def test_more_coders_an_incident_than_there_are_is_refused(each: int) -> None:
    with pytest.raises(TooFewCoders):
        coders_by_incident([1], [1, 2], each, seed=1)


def test_twelve_incidents_for_two_coders_set_four_aside_as_blind() -> None:
    plan = allocate(draw(range(1, 101), 12, seed=3), Rules([8, 9], 2, ["after"], seed=3))
    assert Counter(one.arm for one in plan.incidents) == {"blind": 4, "after": 8}
    assert {one.chance for one in plan.incidents} == {0.12}
    assert len(plan.assignments) == 24


def test_each_coder_has_an_own_order_on_every_machine() -> None:
    assert coder_order(range(1, 8), 3, seed=7) == (7, 5, 2, 1, 6, 4, 3)
    rules = Rules([8, 9], 2, ["after"], seed=3)
    plan = allocate(draw(range(1, 101), 30, seed=3), rules)
    eights, nines = queues(plan, rules)
    assert eights != nines
    assert plan == allocate(draw(range(1, 101), 30, seed=3), Rules([9, 8], 2, ["after"], seed=3))


def test_single_coded_incidents_are_never_set_aside() -> None:
    plan = allocate(draw(range(10), 10, seed=1), Rules([1, 2], 1, ["after"], seed=1))
    assert {one.arm for one in plan.incidents} == {"after"}


def test_an_arm_must_be_chosen_and_a_share_be_a_share() -> None:
    with pytest.raises(NoArm):
        arms_by_incident({1: (1, 2)}, [], seed=1)
    with pytest.raises(BadShare):
        arms_by_incident({1: (1, 2)}, ["after"], seed=1, blind=1.5)
    with pytest.raises(BadShare):
        coders_by_incident([1], [1, 2], 2, seed=1, overlap=-0.1)
