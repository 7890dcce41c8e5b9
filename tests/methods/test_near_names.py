"""Names nearly the same; the browser's own judgement is asked with the same cases in tests/browser/test_finding.py."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.near_names import is_near, near_names

CASES = json.loads(Path(__file__).with_name("near_names.json").read_text())


@pytest.mark.parametrize(("one", "other"), CASES["near"])
def test_names_that_mean_the_same(one, other):
    assert is_near(one, other) and is_near(other, one)


@pytest.mark.parametrize(("one", "other"), CASES["apart"])
def test_names_that_do_not(one, other):
    assert not is_near(one, other) and not is_near(other, one)


@given(st.lists(st.sampled_from(["network", "timeout", "quota", "rollout", "cache"]), min_size=1, unique=True))
def test_the_order_of_words_does_not_matter(words):
    assert is_near(" ".join(words), " ".join(reversed(words)))


def test_what_holds_the_typed_words_is_not_offered_again():
    assert near_names("timeout", ["Timeout", "Request timeout", "Time-out", "Outage"]) == ["Time-out"]
