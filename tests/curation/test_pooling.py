"""What the board shows to whom, what groups become, and what figures say of it."""

import pytest
from sqlalchemy import select

from app.agreement.figures import Row, round_figures
from app.codebook import actions as codebook
from app.codebook.queries import code_history, whole_codebook
from app.codebook.revisions import ChangedMeanwhile
from app.coding.models import Exposure, SubmittedCode
from app.curation import actions, policy, queries
from app.curation.models import PoolingGroup
from app.rounds.actions import change_phase
from app.studies.models import StudyEvent
from tests import makers
from tests.curation.conftest import Board
from tests.support.clients import HTMX


def test_promise_1_nothing_is_pooled_while_the_round_runs(running: Board, client_for):
    for viewer in (running.lead, running.judge, running.ada, running.reader):
        client = client_for(viewer)
        for address in (running.address, running.address + "/board", running.address + "/pen"):
            assert client.get(address).status_code == 404
        for act in ("pen", "openings", "authors", "groups"):
            assert client.post(f"{running.address}/{act}", data={"code_ids": running.quota}).status_code == 404
    assert queries.waiting(running.session, running.coding_round) == 0
    assert running.session.scalars(select(Exposure.id)).all() == []


def test_promise_1_a_round_that_went_back_to_coding_hides_its_board_again(board: Board, client_for):
    board.takes_pen(board.lead)
    change_phase(board.session, board.lead, board.coding_round.number, "running", reason="One more incident")
    assert client_for(board.judge).get(board.address).status_code == 404
    assert client_for(board.lead).post(board.address + "/groups", data={"code_ids": board.quota}).status_code == 404


def test_promise_3_quotes_of_others_are_shown_only_after_an_opening_that_exposes(board: Board, client_for):
    client = client_for(board.ada)
    before = client.get(board.address).text
    assert "Quota limit" in before and "“gateway”" in before  # the code is open to all by now; her own quote is hers
    theirs = makers.TEXT[12:20]
    assert f"“{theirs}”" not in before
    assert board.session.scalars(select(Exposure.id)).all() == []

    client.post(board.address + "/openings")

    shown = client.get(board.address).text
    assert f"“{theirs}”" in shown and "INC-2" in shown
    exposed = board.session.execute(select(Exposure.member_id, Exposure.incident_id, Exposure.kind)).all()
    assert sorted(exposed) == [(board.ada.member.id, each.id, "colleague_code") for each in board.incidents]
    assert f"“{theirs}”" not in client_for(board.lead).get(board.address).text


def test_who_coined_a_code_is_shown_once_asked_and_the_asking_is_recorded(board: Board, client_for):
    client = client_for(board.lead)
    assert board.ada.name not in client.get(board.address).text
    client.post(board.address + "/authors")
    assert f"Coined by {board.ada.name}" in client.get(board.address).text
    assert "Coined by" not in client_for(board.judge).get(board.address).text
    asked = select(StudyEvent.member_id).where(StudyEvent.kind == "pooling.authors_shown")
    assert board.session.scalars(asked).all() == [board.lead.member.id]


@pytest.mark.parametrize(
    ("who", "status"), [("lead", 303), ("judge", 303), ("ada", 303), ("outside", 403), ("reader", 403)]
)
def test_the_lead_adjudicators_and_coders_of_the_round_may_take_the_pen(board: Board, client_for, who, status):
    client = client_for(getattr(board, who))
    assert client.get(board.address).status_code == 200
    assert client.post(board.address + "/pen").status_code == status


def test_nobody_pools_in_a_closed_round(board: Board):
    makers.move_round(board.session, board.lead, board.coding_round, "closed")
    with pytest.raises(policy.NotSettling):
        board.takes_pen(board.lead)


def test_who_does_not_hold_the_pen_is_told_who_does(board: Board, client_for):
    client = client_for(board.judge)
    free = client.post(board.address + "/groups", data={"code_ids": [board.quota]}, headers=HTMX)
    assert free.status_code == 409 and "Nobody holds the pen" in free.text

    board.takes_pen(board.ada)
    held = client.post(board.address + "/groups", data={"code_ids": [board.quota]}, headers=HTMX)
    assert held.status_code == 409 and f"{board.ada.name} holds the pen" in held.text
    assert board.session.scalars(select(PoolingGroup.id)).all() == []


def test_a_pen_is_taken_over_by_who_saw_whose_it_is_and_freely_once_it_lapsed(board: Board):
    board.takes_pen(board.ada)
    with pytest.raises(policy.PenHeld):  # it was free when they asked
        board.takes_pen(board.judge)
    with pytest.raises(policy.PenHeld):  # coders do not take it out of a hand
        board.takes_pen(board.ben, seen_scribe_id=board.ada.member.id)
    board.takes_pen(board.judge, seen_scribe_id=board.ada.member.id)
    event = board.session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert event.kind == "pooling.pen_taken" and event.details["taken_from"] == board.ada.member.id
    with pytest.raises(policy.PenHeld):
        board.groups(board.ada, board.quota)

    lapsed = queries.board_of(board.session, board.coding_round, board.cause.id).pen_until
    board.takes_pen(board.ben, at=lapsed)
    assert board.shown(board.ben).pen.is_mine


def test_who_watches_is_told_only_of_what_changed(board: Board, client_for):
    client = client_for(board.ben)
    stamp = board.shown(board.ben).stamp
    assert client.get(f"{board.address}/board?seen={stamp}", headers=HTMX).status_code == 204
    board.takes_pen(board.ada)
    board.groups(board.ada, board.quota, board.limit)
    board.session.flush()
    news = client.get(f"{board.address}/board?seen={stamp}", headers=HTMX)
    assert news.status_code == 200 and "2 codes, a draft" in news.text and "Settle the group" not in news.text


def test_a_group_can_be_changed_and_undone_until_it_is_settled(board: Board):
    board.takes_pen(board.lead)
    first = board.groups(board.lead, board.quota, board.limit)
    second = board.groups(board.lead, board.small)
    board.groups(board.lead, board.limit, into=second)
    assert [[c.code.id for c in g.cards] for g in board.shown(board.lead).drafts] == [
        [board.quota],
        [board.small, board.limit],
    ]
    actions.ungroup_codes(board.session, board.lead, *board.place, [board.quota])
    actions.dissolve(board.session, board.lead, *board.place, second)
    shown = board.shown(board.lead)
    assert shown.drafts == () and len(shown.loose) == 4 and first


def test_promise_8_merging_on_the_board_leaves_what_was_handed_in_and_the_figures_say_mapped(board: Board):
    def submitted() -> list[tuple[int, int]]:
        rows = board.session.execute(select(SubmittedCode.id, SubmittedCode.code_id).order_by(SubmittedCode.id))
        return [(row.id, row.code_id) for row in rows]

    def figure() -> Row:
        return round_figures(board.session, board.coding_round).rows[0]

    before = submitted()
    assert figure().report is None and figure().waiting == 4
    assert queries.waiting(board.session, board.coding_round) == 4
    board.takes_pen(board.ada)
    group = board.settle(board.ada, "merged", board.quota, board.limit, kept_id=board.limit)
    codes = whole_codebook(board.session, board.lead.study.id).codes
    assert codes[board.quota].merged_into_id == board.limit
    assert (codes[board.limit].name, codes[board.limit].definition[:7]) == ("Quota exceeded", "A limit")
    newest = code_history(board.session, board.lead.study.id, board.quota)[0]
    assert (newest.kind, newest.reason, newest.member_id) == ("merged", "They mean the same.", board.ada.member.id)
    assert figure().report is None and figure().waiting == 2
    with pytest.raises(policy.GroupSettled):
        actions.dissolve(board.session, board.ada, *board.place, group)

    board.settle(board.ada, "into_existing", board.small, into_id=board.config.id)
    board.settle(board.ada, "kept", board.drained)

    assert submitted() == before != []
    row = figure()
    assert row.kind == "mapped" and not row.is_reliability and row.report is not None
    # One said Quota and Quota limit of the first incident, which is the same by now; they differ on the second.
    assert (row.headline.n, row.differing) == (2, 1)
    assert queries.waiting(board.session, board.coding_round) == 0
    assert [each.outcome.outcome for each in board.shown(board.lead).settled] == ["merged", "into_existing", "kept"]
    assert board.shown(board.ada).settled[0].names == ("Quota", "Quota limit")


def test_a_group_becomes_a_category_or_is_retired(board: Board):
    board.takes_pen(board.judge)
    board.settle(board.judge, "category", board.quota, board.small, name="Limits")
    board.settle(board.judge, "retired", board.limit, board.drained)
    codes = whole_codebook(board.session, board.lead.study.id).codes
    above = codes[codes[board.quota].parent_id]
    assert above.is_category and above.name == "Limits" and codes[board.small].parent_id == above.id
    assert {codes[board.limit].status, codes[board.drained].status} == {"retired"}
    assert board.shown(board.judge).waiting == 0


@pytest.mark.parametrize("outcome", ["merged", "kept"])
def test_what_lives_on_is_put_under_a_category_of_the_codebook(board: Board, outcome):
    limits = makers.make_code(board.session, board.lead, board.cause, "Limits", is_category=True)
    board.takes_pen(board.ada)
    assert (limits.id, "Limits") in board.shown(board.ada).category_options
    board.settle(board.ada, outcome, board.quota, board.limit, kept_id=board.limit, under_id=limits.id)

    codes = whole_codebook(board.session, board.lead.study.id).codes
    assert codes[board.limit].parent_id == limits.id
    assert codes[board.quota].parent_id == (limits.id if outcome == "kept" else None)
    assert code_history(board.session, board.lead.study.id, board.limit)[0].kind == "moved"
    assert board.shown(board.ada).waiting == 2  # both count as pooled


def test_a_category_made_on_the_board_takes_in_the_next_group_and_may_stand_under_another(board: Board):
    board.takes_pen(board.judge)
    board.settle(board.judge, "category", board.quota, name="Limits")
    limits = whole_codebook(board.session, board.lead.study.id).codes[board.quota].parent_id
    board.settle(board.judge, "merged", board.limit, name="Limit", under_id=limits)
    board.settle(board.judge, "category", board.small, name="Own limits", under_id=limits)

    codes = whole_codebook(board.session, board.lead.study.id).codes
    assert codes[board.limit].parent_id == limits and codes[codes[board.small].parent_id].parent_id == limits
    names = [name.strip() for _, name in board.shown(board.judge).category_options]
    assert names == ["As it is now", "Limits", "Own limits"]


def test_nothing_stands_under_what_is_no_category_here(board: Board):
    study_id, lead = board.lead.study.id, board.lead.member
    other = makers.make_dimension(board.session, board.lead, "Symptom")
    elsewhere = makers.make_code(board.session, board.lead, other, "Limits", is_category=True)
    gone = makers.make_code(board.session, board.lead, board.cause, "Old limits", is_category=True)
    codebook.retire_code(board.session, study_id, lead, gone.id, reason="unused")
    board.takes_pen(board.ada)
    assert board.shown(board.ada).category_options == []
    for under in (elsewhere.id, gone.id, board.config.id, board.small, 10**9):
        with pytest.raises(policy.NoCategory), board.session.begin_nested():
            board.settle(board.ada, "kept", board.quota, under_id=under)
    assert whole_codebook(board.session, study_id).codes[board.quota].parent_id is None
    assert board.shown(board.ada).waiting == 4


def test_a_category_that_is_gone_is_said_at_its_field(board: Board, client_for):
    limits = makers.make_code(board.session, board.lead, board.cause, "Limits", is_category=True)
    more = makers.make_code(board.session, board.lead, board.cause, "More limits", is_category=True)
    board.takes_pen(board.lead)
    group = board.groups(board.lead, board.quota)
    typed = {
        "name": "Quota", "outcome": "merged", "reason": "Because.", "under_id": limits.id,
        "seen_code_ids": [board.quota], "seen_seq": board.shown(board.lead).seen_seq,
    }  # fmt: skip
    codebook.retire_code(board.session, board.lead.study.id, board.lead.member, limits.id, reason="unused")
    client = client_for(board.lead)
    refused = client.post(f"{board.address}/groups/{group}/settlement", data=typed)
    assert refused.status_code == 422 and "This category is not in the codebook any more" in refused.text
    assert (
        client.post(f"{board.address}/groups/{group}/settlement", data=typed | {"under_id": more.id}).status_code == 303
    )
    codes = whole_codebook(board.session, board.lead.study.id).codes
    assert codes[board.quota].parent_id == more.id


def test_what_a_lead_settles_in_the_codebook_counts_and_a_stale_group_is_refused_whole(board: Board):
    board.takes_pen(board.judge)
    group = board.groups(board.judge, board.quota, board.limit)
    seen = board.shown(board.judge).seen_seq
    study_id, lead = board.lead.study.id, board.lead.member
    codebook.retire_code(board.session, study_id, lead, board.drained, reason="a slip")
    assert [card.code.id for card in board.shown(board.judge).elsewhere] == [board.drained]
    entry = whole_codebook(board.session, study_id).codes[board.limit]
    codebook.edit_code(
        board.session, study_id, lead, board.limit, codebook.CodeText("Limit"), seen_seq=entry.codebook_seq
    )
    settle = (board.session, board.judge, *board.place, group)
    with pytest.raises(ChangedMeanwhile), board.session.begin_nested():
        words = board.words("merged", board.quota, board.limit, kept_id=board.limit, seen_seq=seen)
        actions.settle(*settle, words)
    with pytest.raises(policy.GroupChanged), board.session.begin_nested():
        actions.settle(*settle, board.words("merged", board.quota, kept_id=board.quota))
    assert whole_codebook(board.session, study_id).codes[board.quota].status == "active"


def test_what_is_missing_is_said_at_its_field_and_what_was_typed_stays(board: Board, client_for):
    board.takes_pen(board.lead)
    group = board.groups(board.lead, board.quota, board.limit)
    typed = {
        "name": "Configuration", "definition": "Half a thought", "outcome": "merged", "kept_id": board.quota,
        "seen_code_ids": [board.quota, board.limit], "seen_seq": board.shown(board.lead).seen_seq,
    }  # fmt: skip
    client = client_for(board.lead)
    address = f"{board.address}/groups/{group}/settlement"
    no_reason = client.post(address, data=typed)
    assert no_reason.status_code == 422 and "Say why, in a sentence" in no_reason.text
    assert "Half a thought" in no_reason.text
    taken = client.post(address, data=typed | {"reason": "Because."})
    assert taken.status_code == 422 and "A code with this name stands here already" in taken.text
    nowhere = client.post(address, data=typed | {"reason": "Because.", "outcome": "into_existing"})
    assert nowhere.status_code == 422 and "Choose the code of the codebook" in nowhere.text
    assert client.post(board.address + "/groups").status_code == 422
    done = client.post(address, data=typed | {"reason": "Because.", "name": "Quota exceeded"})
    assert done.status_code == 303


def test_the_round_its_agreement_and_the_overview_say_how_many_wait(board: Board, client_for):
    base = f"/studies/{board.lead.study.slug}"
    client = client_for(board.lead)
    slot = client.get(f"{base}/rounds/{board.coding_round.number}").text
    assert f"/rounds/{board.coding_round.number}/pooling/waiting" in slot
    waiting = client.get(f"{base}/rounds/{board.coding_round.number}/pooling/waiting", headers=HTMX).text
    assert "4 proposed codes wait to be pooled" in " ".join(waiting.split())
    figures = client.get(f"{base}/agreement?round={board.coding_round.number}").text
    assert "4 proposed codes wait to be pooled" in figures and board.address in figures
    assert "4 proposed codes wait to be pooled" in client.get(base + "/").text
    lines = client.get(f"{base}/rounds/{board.coding_round.number}/pooling").text
    assert board.address in lines and "4 wait" in lines
