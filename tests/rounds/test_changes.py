"""A round at work: whatever a lead does to it, nobody gets an incident twice and what was handed in stays."""

import random
from collections import Counter, defaultdict

import pytest
from sqlalchemy import URL, func, select
from sqlalchemy.orm import Session

from app.agreement.queries import planned
from app.codebook.actions import CodeText, create_code
from app.coding.desk import desk
from app.coding.jobs import defer_taking_in
from app.coding.models import Submission
from app.coding.policy import LeftTheRound, Withdrawn
from app.coding.queries import own_queue, own_rounds, progress_by_coder
from app.coding.round_changes import (
    LastCoder,
    NotFresh,
    NothingToMove,
    NotInRound,
    add_coder,
    add_incidents,
    reassign,
    remove_coder,
    take_in,
)
from app.db.session import Database
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.arrivals import after_an_import
from app.incidents.guessing import guess_mapping
from app.jobs.running import run_waiting_jobs
from app.problems import Conflict, Invalid, Problem
from app.rounds.actions import change_phase
from app.rounds.change_log import added_later, change_lines
from app.rounds.changes import CodesAlready, TooFewCodersForPlan
from app.rounds.holdings import Holdings, holdings, lacking
from app.rounds.intake import Intake, save_intake, waiting_for
from app.rounds.models import Round
from app.rounds.policy import CodingHasEnded
from app.settings import Settings
from app.studies.member_actions import end_membership
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly, Viewer
from app.suggestions.queries import handed_in
from tests import makers
from tests.agreement.conftest import Table, make_table

CHANGES = ("add", "remove", "move", "incidents", "code", "draft")


def ids(incidents) -> list[int]:
    return [incident.id for incident in incidents]


def submitted(session: Session, coding_round: Round) -> list[tuple[object, ...]]:
    of_round = (Submission.study_id == coding_round.study_id, Submission.round_id == coding_round.id)
    rows = select(Submission.id, Submission.assignment_id, Submission.kind, Submission.independent).where(*of_round)
    return [tuple(row) for row in session.execute(rows.order_by(Submission.id))]


def check_whole(session: Session, found: Holdings) -> None:
    """What holds after every change."""
    first = [(row.incident_id, row.member_id) for row in found.live if row.pass_ == 1]
    assert len(first) == len(set(first)), "an incident twice for one coder"
    arms = defaultdict(set)
    for row in found.rows:
        arms[row.incident_id].add(row.arm)
    assert all(len(each) == 1 for each in arms.values()), "an incident blind for one and not for another"
    active = set(found.coder_ids)
    assert all(row.member_id in active or row.ending == "kept" for row in found.live)
    coders = Counter(incident for incident, _ in first)
    assert all(coders[one] <= wanted for one, wanted in found.wanted.items())
    assert sum(found.gaps.values()) == lacking(session, found.coding_round)
    for member_id in active:
        order = [row.order for row in found.of(member_id)]
        assert len(order) == len(set(order)), "two places in one queue are the same"


@pytest.mark.parametrize("seed", range(6))
def test_whatever_changes_nobody_gets_an_incident_twice_and_submissions_stay(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    table = make_table(session, 3)
    spare = makers.make_coders(session, table.lead, 2)
    everybody = {coder.member.id: coder for coder in (*table.coders, *spare)}
    incidents = makers.make_incidents(session, table.lead, 10)
    phase = chance.choice(("planned", "running"))
    per_incident, arm = chance.choice((1, 2)), chance.choice(("after", "on_request"))
    coding_round = makers.make_round(
        session, table.lead, table.coders, incidents, phase=phase, coders_per_incident=per_incident, arm=arm, seed=seed
    )
    done = 0
    for _ in range(25):
        before, events = submitted(session, coding_round), changes_told(session, coding_round)
        step = chance.choice(CHANGES)
        try:
            with session.begin_nested():
                changed = change(session, table, everybody, coding_round, step, chance)
        except Problem as problem:
            assert isinstance(problem, Conflict | Invalid), problem
            changed = False
            session.expire_all()
        found = holdings(session, coding_round)
        check_whole(session, found)
        assert submitted(session, coding_round)[: len(before)] == before
        assert changes_told(session, coding_round) == events + (changed and step not in ("code", "draft"))
        done += changed
    assert done >= 8
    change_lines(session, coding_round)


def change(
    session: Session, table: Table, everybody: dict[int, Viewer], coding_round: Round, step: str, chance: random.Random
) -> bool:
    """Whether something was done. Much of it cannot be, and is refused."""
    lead, number = table.lead, coding_round.number
    found = holdings(session, coding_round)
    one = chance.choice(found.coder_ids)
    other = chance.choice([key for key in everybody if key != one])
    if step == "add":
        add_coder(session, lead, number, other, takes=chance.choice(("gaps", "share", "nothing")))
    elif step == "remove":
        remove_coder(session, lead, number, one, pending_to=chance.choice(("evenly", "nobody", other)))
    elif step == "move":
        reassign(session, lead, number, chance.choice((one, None)), chance.choice((other, "evenly")), how_many=2)
    elif step == "incidents":
        new = makers.make_incidents(session, lead, chance.randrange(1, 4))
        undone = {key: far.pending + far.draft for key, far in progress_by_coder(session, coding_round).items()}
        add_incidents(session, lead, number, ids(new), by_hand=chance.random() < 0.5)
        levels(session, coding_round, undone)
    else:
        open_ = [row for row in found.live if row.ending is None and row.member_id in everybody]
        if coding_round.phase != "running" or not open_:
            return False
        row = chance.choice(open_)
        makers.act(
            session,
            everybody[row.member_id],
            row,
            "toggle_code",
            dimension_id=table.cause.id,
            code_id=table.codes["Load"].id,
        )
        if step == "code":
            makers.act(session, everybody[row.member_id], row, "submit", incomplete=True)
    return True


def levels(session: Session, coding_round: Round, before: dict[int, int]) -> None:
    """Added incidents go to who has least waiting."""
    active = holdings(session, coding_round).coder_ids
    after = {key: far.pending + far.draft for key, far in progress_by_coder(session, coding_round).items()}
    spread = [max(each.get(a, 0) for a in active) - min(each.get(a, 0) for a in active) for each in (before, after)]
    assert spread[1] <= max(1, spread[0])


def changes_told(session: Session, coding_round: Round) -> int:
    return session.scalars(
        select(func.count())
        .select_from(StudyEvent)
        .where(StudyEvent.subject_kind == "round", StudyEvent.subject_id == coding_round.id)
    ).one()


def test_who_leaves_keeps_what_they_handed_in_and_their_drafts_stay_readable_to_them(
    session: Session, table: Table
) -> None:
    coding_round, incidents = table.round_of(4, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    mine = holdings(session, coding_round).of(ada.member.id)
    table.submit(ada, coding_round, incident_of(incidents, mine[0]), ["Config"])
    makers.act(session, ada, mine[1], "toggle_code", dimension_id=table.cause.id, code_id=table.codes["Load"].id)

    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to="evenly", reason="gone home")

    far = progress_by_coder(session, coding_round)
    assert (far[ada.member.id].total, far[ada.member.id].done, far[ben.member.id].total) == (1, 1, 3)
    assert planned(session, coding_round) == (4, 4)
    own = desk(session, ada, mine[1].id)
    assert (own.state, own.may_act, own.card(table.cause.id).state) == ("withdrawn", False, "coded")
    states = Counter(line.state for line in own_queue(session, ada, coding_round))
    assert states == {"submitted": 1, "withdrawn": 1}
    assert own_rounds(session, ada)[0].next_assignment_id is None
    with pytest.raises(Withdrawn), session.begin_nested():
        makers.act(session, ada, mine[1], "submit", incomplete=True)
    with pytest.raises(LeftTheRound), session.begin_nested():
        makers.act(session, ada, mine[0], "take_back")
    assert "gone home" in change_lines(session, coding_round)[0].reason
    table.settle(coding_round)
    add_back(session, table, coding_round, ada)


def incident_of(incidents, assignment):
    return next(incident for incident in incidents if incident.id == assignment.incident_id)


def add_back(session: Session, table: Table, coding_round: Round, ada: Viewer) -> None:
    """After the round was opened again, who left may come back to what they handed in."""
    with pytest.raises(CodingHasEnded):
        add_coder(session, table.lead, coding_round.number, ada.member.id, takes="nothing")
    change_phase(session, table.lead, coding_round.number, "running", reason="Ada is back")
    add_coder(session, table.lead, coding_round.number, ada.member.id, takes="nothing")
    kept = holdings(session, coding_round).of(ada.member.id)
    assert [makers.act(session, ada, row, "take_back").state for row in kept] == ["draft"]


def test_a_taken_back_incident_of_who_leaves_counts_as_it_was_handed_in(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(1)
    ada = table.coders[0]
    table.submit(ada, coding_round, incidents[0], ["Config"])
    makers.act(session, ada, makers.assignment_of(session, ada, coding_round), "take_back")

    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to="nobody")

    assert progress_by_coder(session, coding_round)[ada.member.id].submitted == 1
    assert holdings(session, coding_round).gaps == {}


def test_what_waits_for_nobody_goes_to_the_next_who_comes(session: Session, table: Table) -> None:
    coding_round, incidents = table.round_of(3)
    ada, ben = table.coders
    cleo = makers.make_member(session, table.lead)
    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to="evenly")
    assert holdings(session, coding_round).gaps == dict.fromkeys(ids(incidents), 1), "Ben has them all already"
    assert lacking(session, coding_round) == 3

    add_coder(session, table.lead, coding_round.number, cleo.member.id, takes="gaps")

    found = holdings(session, coding_round)
    assert found.gaps == {} and len(found.of(cleo.member.id)) == 3
    with pytest.raises(CodesAlready):
        add_coder(session, table.lead, coding_round.number, ben.member.id, takes="gaps")


def test_a_share_is_taken_from_what_others_have_not_begun(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(6, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    begun = holdings(session, coding_round).of(ada.member.id)
    for row in begun:
        makers.act(session, ada, row, "flag", note="mine")
    cleo = makers.make_member(session, table.lead)

    add_coder(session, table.lead, coding_round.number, cleo.member.id, takes="share")

    found = holdings(session, coding_round)
    assert [len(found.of(one.member.id)) for one in (ada, ben, cleo)] == [3, 2, 1]
    assert {row.id for row in begun} <= {row.id for row in found.of(ada.member.id)}


def test_who_comes_back_for_a_share_is_given_their_own_drafts_first(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(8, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    first = holdings(session, coding_round).of(ada.member.id)[0]
    makers.act(session, ada, first, "write_memo", text="half a thought")
    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to=ben.member.id)

    add_coder(session, table.lead, coding_round.number, ada.member.id, takes="share")

    found = holdings(session, coding_round)
    assert len(found.of(ada.member.id)) == 4 and first.id in {row.id for row in found.of(ada.member.id)}


def test_what_is_given_back_is_found_as_it_was_left(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(2, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    mine = holdings(session, coding_round).of(ada.member.id)[0]
    makers.act(session, ada, mine, "write_memo", text="half a thought")
    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to=ben.member.id)
    add_coder(session, table.lead, coding_round.number, ada.member.id, takes="nothing")

    reassign(session, table.lead, coding_round.number, ben.member.id, ada.member.id)

    again = holdings(session, coding_round).of(ada.member.id)
    assert mine.id in {row.id for row in again} and len(again) == 2
    assert desk(session, ada, mine.id).memo == "half a thought"
    with pytest.raises(NothingToMove):
        reassign(session, table.lead, coding_round.number, ben.member.id, ada.member.id)


def test_added_incidents_keep_overlap_arms_and_an_honest_chance(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(10, purpose="calibration", arm="after", blind_share=0.3, seed=4)
    was = holdings(session, coding_round)
    rolled = makers.make_incidents(session, table.lead, 10)
    for incident in rolled[:5]:
        add_incidents(session, table.lead, coding_round.number, [incident.id], by_hand=True)
    add_incidents(session, table.lead, coding_round.number, ids(rolled), by_hand=False)

    found = holdings(session, coding_round)
    assert {row.id for row in was.rows} < {row.id for row in found.rows}
    assert Counter(found.arms.values())["blind"] == 6
    assert set(found.wanted.values()) == {2} and found.gaps == {}
    chances = [found.incidents[incident.id].sampling_probability for incident in rolled]
    assert chances == [None] * 5 + [1.0] * 5
    assert added_later(session, coding_round).by_hand == 5


def test_a_reliability_round_takes_only_what_was_not_opened_in_another(session: Session, table: Table) -> None:
    discussed = table.coded_round([("Config", "Load")], purpose="calibration")
    seen = list(holdings(session, discussed).incidents)
    coding_round, _ = table.round_of(2)
    new = makers.make_incidents(session, table.lead, 1)

    with pytest.raises(NotFresh):
        add_incidents(session, table.lead, coding_round.number, seen + ids(new), by_hand=True)
    add_incidents(session, table.lead, coding_round.number, seen + ids(new), by_hand=False)

    there = set(holdings(session, coding_round).incidents)
    assert ids(new)[0] in there and seen[0] not in there


def test_a_reliability_round_takes_no_example_of_the_codebook(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(2)
    example, other = makers.make_incidents(session, table.lead, 2)
    save_intake(session, table.lead, coding_round.number, Intake())
    words = CodeText("Quorum", examples=({"text": "The gateway", "incident_id": example.id},))
    create_code(
        session, table.lead.study.id, table.lead.member, table.cause.id, words, origin="a_priori", disclosed="whole"
    )

    with pytest.raises(NotFresh):
        add_incidents(session, table.lead, coding_round.number, [example.id], by_hand=True)
    waiting = waiting_for(session, coding_round)
    assert other.id in waiting and example.id not in waiting


def test_a_reliability_round_takes_none_of_a_running_round_that_opens_each_incident(
    session: Session, table: Table
) -> None:
    incidents = makers.make_incidents(session, table.lead, 1)
    opening = {"purpose": "calibration", "code_sharing": "shared", "reveal": "each_incident"}
    makers.make_round(session, table.lead, table.coders, incidents, **opening)
    coding_round, _ = table.round_of(2)

    with pytest.raises(NotFresh):
        add_incidents(session, table.lead, coding_round.number, ids(incidents), by_hand=True)


def test_a_rolling_round_takes_what_came_since_and_fits(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(2, purpose="calibration")
    save_intake(session, table.lead, coding_round.number, Intake(cohort="GenAI"))
    new = makers.make_incidents(session, table.lead, 3)
    new[0].cohort = new[2].cohort = "GenAI"
    session.flush()

    assert waiting_for(session, coding_round) == [new[0].id, new[2].id]
    assert take_in(session, table.lead, coding_round.number) == 2
    assert take_in(session, table.lead, coding_round.number) == 0
    assert holdings(session, coding_round).held[new[0].id] == {coder.member.id for coder in table.coders}


def test_after_an_import_a_rolling_round_takes_what_fits_by_itself(own_database: URL) -> None:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    after_an_import(defer_taking_in)
    with database.transaction() as session:
        table = make_table(session)
        rolling, other = (table.round_of(1, purpose="calibration")[0] for _ in range(2))
        save_intake(session, table.lead, rolling.number, Intake(words="gateway", by_itself=True))
        save_intake(session, table.lead, other.number, Intake(words="gateway"))
    with database.transaction() as session:
        file = upload(session, table.lead, file_name="a.csv", content=b"id,text\n7,The gateway fell.\n8,It rained.\n")
        import_incidents(session, table.lead, file, guess_mapping(table_of(file)))
        assert len(holdings(session, rolling).incidents) == 1, "only once the import is on disk"
    run_waiting_jobs(Settings(database_url=url))
    with database.transaction() as session:
        assert len(holdings(session, rolling).incidents) == 3  # the other round's one fits, too
        assert len(waiting_for(session, other)) == 2
    database.dispose()


def test_promise_2_withdrawn_incidents_do_not_keep_suggestions_from_who_has_handed_in_all(
    session: Session, table: Table
) -> None:
    coding_round, incidents = table.round_of(2, arm="after")
    ada, _ = table.coders
    cleo = makers.make_member(session, table.lead)
    add_coder(session, table.lead, coding_round.number, cleo.member.id, takes="nothing")
    table.submit(ada, coding_round, incidents[0], ["Config"])
    own = makers.assignment_of(session, ada, coding_round, incidents[0])
    assert not handed_in(session, own).queue

    reassign(session, table.lead, coding_round.number, ada.member.id, cleo.member.id)

    assert handed_in(session, own).queue


def test_who_left_the_study_gets_nothing_more_and_can_be_removed(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(4, purpose="calibration", coders_per_incident=1)
    ada, ben = table.coders
    end_membership(session, table.lead, ada.member.id, reason="")
    with pytest.raises(NotInRound):
        reassign(session, table.lead, coding_round.number, ben.member.id, ada.member.id)
    new = ids(makers.make_incidents(session, table.lead, 2))
    add_incidents(session, table.lead, coding_round.number, new, by_hand=True)

    remove_coder(session, table.lead, coding_round.number, ada.member.id, pending_to="evenly")

    found = holdings(session, coding_round)
    assert len(found.of(ben.member.id)) == 6 and found.gaps == {}


def test_what_cannot_be_is_refused_with_a_sentence(session: Session, table: Table) -> None:
    coding_round, _ = table.round_of(2)
    ada, ben = (coder.member.id for coder in table.coders)
    lead, number = table.lead, coding_round.number
    outsider = makers.make_member(session, lead).member.id
    with pytest.raises(LeadOnly):
        remove_coder(session, table.coders[0], number, ben, pending_to="nobody")
    with pytest.raises(NotInRound):
        remove_coder(session, lead, number, outsider, pending_to="nobody")
    with pytest.raises(NotInRound):
        reassign(session, lead, number, ada, outsider)
    with pytest.raises(NothingToMove):
        reassign(session, lead, number, ada, ben)
    remove_coder(session, lead, number, ada, pending_to="nobody")
    with pytest.raises(LastCoder):
        remove_coder(session, lead, number, ben, pending_to="nobody")
    with pytest.raises(TooFewCodersForPlan):
        add_incidents(session, lead, number, ids(makers.make_incidents(session, lead, 1)), by_hand=True)
