"""What is read by column is what is read one by one, however it came to be handed in, and however much was known."""

import random
from dataclasses import fields

import numpy as np
import pytest

from app.adjudication.actions import change_phase
from app.coding.handed_in import HandedIn, Submissions, handed_in
from app.coding.submissions import SubmittedWork, first_submissions, last_submissions, submission_count
from app.db.shared import SHARED, Shared
from app.rounds.models import Assignment
from app.rounds.policy import StillBlind
from tests import makers
from tests.coding.conftest import Bench

Told = dict[tuple[int, int, int], tuple[str, tuple[int, ...], bool]]


def by_column(work: HandedIn, chosen: np.ndarray) -> Told:
    """(member, incident, dimension) -> (state, codes, is independent)"""
    of, found = work.submissions, {}
    for place in np.flatnonzero(chosen[work.at]):
        at = work.at[place]
        key = int(of.members[at]), int(of.incidents[at]), int(work.dimensions[place])
        assert key not in found
        found[key] = (*work.said[work.said_at[place]], bool(of.independent[at]))
    return found


def one_by_one(works: list[SubmittedWork]) -> Told:
    return {
        (work.submission.member_id, work.submission.incident_id, dimension_id): (
            reply.state,
            tuple(sorted(code.code_id for code in reply.codes)),
            work.submission.independent,
        )
        for work in works
        if work.pass_ == 1
        for dimension_id, reply in work.answers.items()
    }


def hand_in_at_random(bench: Bench, repeat: Assignment, chance: random.Random) -> None:
    """Coded, skipped and taken back in any order, with a silent repeat among it."""
    by = [(bench.ada, bench.adas), (bench.ben, bench.bens), (bench.ada, repeat)]
    for coder, assignment in [chance.choice(by) for _ in range(chance.randint(2, 9))]:
        if submission_count(bench.session, assignment.study_id, assignment.id):
            makers.act(bench.session, coder, assignment, "take_back")
        if chance.random() < 0.25:
            makers.act(bench.session, coder, assignment, "skip", reason="out_of_scope")
        else:
            for dimension in (bench.cause, bench.symptom):  # what was answered before is answered anew
                makers.act(bench.session, coder, assignment, "answer", dimension_id=dimension.id, state="none_applies")
            causes = [[bench.config], [bench.network], "none_applies", "not_enough_information"]
            symptoms = [[bench.slow], [bench.slow, bench.down], "none_applies", "not_enough_information"]
            answers = {bench.cause.id: chance.choice(causes), bench.symptom.id: chance.choice(symptoms)}
            makers.code_and_submit(bench.session, coder, assignment, answers)


@pytest.mark.parametrize("seed", range(6))
def test_columns_hold_what_was_handed_in_first_and_last(bench: Bench, seed: int) -> None:
    chance, repeat = random.Random(seed), bench.repeat_of_adas()
    shared = bench.session.info[SHARED] = Shared()
    for phase in ("settling", "running", "settling", "running", "settling"):
        if phase == "settling":
            hand_in_at_random(bench, repeat, chance)
        change_phase(bench.session, bench.lead, bench.coding_round.number, phase, reason="more to do")
        if phase == "running":
            with pytest.raises(StillBlind):
                handed_in(bench.session, bench.coding_round)
            continue
        known = handed_in(bench.session, bench.coding_round)
        assert handed_in(bench.session, bench.coding_round) is known
        shared.forget()
        for work in (known, handed_in(bench.session, bench.coding_round)):
            first = one_by_one(first_submissions(bench.session, bench.coding_round))
            assert by_column(work, work.submissions.is_first) == first
            last = one_by_one(last_submissions(bench.session, bench.coding_round))
            assert by_column(work, work.submissions.is_last) == last
            assert work.codes_of(bench.cause.id) <= {bench.config.id, bench.network.id}


def test_a_submission_that_is_committed_late_is_read_all_the_same(bench: Bench) -> None:
    """Its id is older than one that was read before."""
    bench.session.info[SHARED] = shared = Shared()
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    makers.code_and_submit(bench.session, bench.ben, bench.bens, {bench.cause.id: [bench.network]})
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    whole = handed_in(bench.session, bench.coding_round)
    without_the_first = HandedIn(
        Submissions(*(getattr(whole.submissions, each.name)[1:] for each in fields(Submissions))),
        whole.at[1:] - 1, whole.dimensions[1:], whole.said_at[1:], whole.said,
    )  # fmt: skip
    shared.keep(("handed in", bench.coding_round.study_id, bench.coding_round.id), without_the_first)
    again = handed_in(bench.session, bench.coding_round)
    assert len(again.submissions.ids) == 2
    assert by_column(again, again.submissions.is_first) == by_column(whole, whole.submissions.is_first)
