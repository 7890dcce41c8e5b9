import pytest

from app.methods.auditing import drawn_for_audit, share_of

KEYS = [(incident, dimension) for incident in range(200) for dimension in (1, 2, 3)]


def test_the_share_is_rounded_up_and_nothing_of_nothing_is_drawn():
    assert len(drawn_for_audit(KEYS[:30], 0.1, 7, "single")) == 3
    assert len(drawn_for_audit(KEYS[:31], 0.1, 7, "single")) == 4
    assert drawn_for_audit(KEYS, 0.0, 7, "single") == set()
    assert drawn_for_audit([], 1.0, 7, "single") == set()
    assert drawn_for_audit(KEYS, 1.0, 7, "single") == set(KEYS)


def test_the_same_seed_draws_the_same_whatever_the_order_and_another_draws_others():
    once = drawn_for_audit(KEYS, 0.1, 7, "single")
    assert drawn_for_audit([*reversed(KEYS), *KEYS[:9]], 0.1, 7, "single") == once
    assert drawn_for_audit(KEYS, 0.1, 8, "single") != once
    assert drawn_for_audit(KEYS, 0.1, 7, "suggested") != once


def test_a_larger_share_holds_the_smaller_one_and_one_key_less_moves_one_at_most():
    tenth = drawn_for_audit(KEYS, 0.1, 7, "single")
    assert tenth < drawn_for_audit(KEYS, 0.2, 7, "single")
    for gone in sorted(tenth)[:5]:
        left = drawn_for_audit([key for key in KEYS if key != gone], 0.1, 7, "single")
        assert len(left - tenth) <= 1 and tenth - left == {gone}


def test_each_key_is_drawn_about_as_often_as_any_other():
    counts = dict.fromkeys(KEYS, 0)
    for seed in range(300):
        for key in drawn_for_audit(KEYS, 0.1, seed, "single"):
            counts[key] += 1
    assert min(counts.values()) > 30 * 0.3 and max(counts.values()) < 30 * 2.2


def test_the_share_has_its_interval_and_n():
    """By hand: (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96."""
    found = share_of(9, 10)
    assert (found.share, found.n) == (0.9, 10)
    assert (found.low, found.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    whole = share_of(10, 10)
    assert (whole.low, whole.high) == pytest.approx((0.7225, 1.0), abs=1e-4)
    assert share_of(0, 0) is None
