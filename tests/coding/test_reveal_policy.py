"""When coders may compare an incident of a running round, whatever the round and whoever has it (promise 1)."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.coding.reveal_policy import Share, may_compare
from app.rounds.models import PHASES, PURPOSES, Round
from app.studies.models import Membership
from app.studies.viewer import Viewer

ENDINGS = (None, "withdrawn", "kept")
SHARES = st.lists(st.builds(Share, st.integers(1, 4), st.integers(1, 2), st.sampled_from(ENDINGS), st.booleans()))


def a_round(phase="running", purpose="calibration", reveal="each_incident", code_sharing="shared"):
    return Round(phase=phase, purpose=purpose, reveal=reveal, code_sharing=code_sharing)


def a_viewer(member_id=1, role="coder"):
    return Viewer(None, None, Membership(id=member_id, role=role, kind="human"))


ROUNDS = st.builds(
    a_round,
    st.sampled_from(PHASES),
    st.sampled_from(PURPOSES),
    st.sampled_from(["round_end", "each_incident"]),
    st.sampled_from(["private", "shared"]),
)
VIEWERS = st.builds(a_viewer, st.integers(1, 5), st.sampled_from(["lead", "adjudicator", "coder", "reader"]))
BOTH_SUBMITTED = [Share(1, 1, None, True), Share(2, 1, None, True)]


@given(a_round=ROUNDS, viewer=VIEWERS, shares=SHARES)
@example(a_round=a_round(), viewer=a_viewer(), shares=[Share(1, 1, None, True), Share(2, 1, None, False)])
@example(a_round=a_round(), viewer=a_viewer(3), shares=BOTH_SUBMITTED)
def test_promise_1_only_coders_of_an_incident_compare_it_and_only_once_all_of_them_have_submitted(
    a_round, viewer, shares
):
    if not may_compare(a_round, viewer, shares):
        return
    assert (a_round.phase, a_round.purpose, a_round.reveal) == ("running", "calibration", "each_incident")
    assert a_round.code_sharing == "shared" and viewer.member.role != "reader"
    having = [share for share in shares if share.pass_ == 1 and share.ending != "withdrawn"]
    assert viewer.member.id in {share.member_id for share in having if share.ending is None}
    assert len(having) >= 2 and not [share for share in having if not share.has_submitted]


@given(ROUNDS, VIEWERS, SHARES)
def test_the_order_of_the_coders_and_repeats_change_nothing(a_round, viewer, shares):
    said = may_compare(a_round, viewer, shares)
    assert may_compare(a_round, viewer, shares[::-1]) == said
    assert may_compare(a_round, viewer, [*shares, Share(9, 2, None, False)]) == said


def test_two_coders_who_have_both_submitted_compare():
    assert may_compare(a_round(), a_viewer(1), BOTH_SUBMITTED)
    assert may_compare(a_round(), a_viewer(2), BOTH_SUBMITTED)
    assert may_compare(a_round(), a_viewer(1, role="lead"), BOTH_SUBMITTED), "a lead who codes is a coder there"


def test_who_left_the_round_with_their_work_kept_is_compared_with_and_compares_no_more():
    left = [replace(BOTH_SUBMITTED[0], ending="kept"), BOTH_SUBMITTED[1]]
    assert may_compare(a_round(), a_viewer(2), left)
    assert not may_compare(a_round(), a_viewer(1), left)


@pytest.mark.parametrize(
    ("changed", "shares"),
    [
        ({"phase": "settling"}, BOTH_SUBMITTED),
        ({"purpose": "reliability"}, BOTH_SUBMITTED),
        ({"reveal": "round_end"}, BOTH_SUBMITTED),
        ({"code_sharing": "private"}, BOTH_SUBMITTED),
        ({}, BOTH_SUBMITTED[:1]),
        ({}, [*BOTH_SUBMITTED, Share(3, 1, None, False)]),
        ({}, [Share(1, 2, None, True), Share(2, 1, None, True), Share(3, 1, None, True)]),
    ],
)
def test_each_condition_is_asked(changed, shares):
    assert not may_compare(a_round(**changed), a_viewer(1), shares)
