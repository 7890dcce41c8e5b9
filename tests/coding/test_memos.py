"""Memos: whose they are, when others may read them, and that two tabs lose nothing of each other (promises 1, 3, 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.coding import memos
from app.coding.memo_policy import ReadersDoNotWrite, RunningRound, Sight, sight_of
from app.coding.memo_subjects import subject_named
from app.coding.memos import MemoChanged, MemoFilter, NoMemo
from app.coding.models import Evidence, Exposure, Memo
from app.coding.submissions import first_submissions
from app.findings.history import history
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers

START = datetime(2026, 1, 1, tzinfo=UTC)


def write(bench, viewer, name, text="A thought", *, shared=True):
    return memos.add_memo(bench.session, viewer, subject_named(bench.session, viewer, name), text, shared=shared)


def sights(bench, viewer, **wanted):
    return {each.id: each.sight for each in memos.visible_memos(bench.session, viewer, MemoFilter(**wanted))}


def quoted(bench):
    """Ada's evidence for Configuration."""
    bench.ada_does(
        "add_evidence", dimension_id=bench.cause.id, code_id=bench.config.id, start=4, end=11, quote="gateway"
    )
    return bench.session.scalars(select(Evidence).where(Evidence.assignment_id == bench.adas.id)).one()


def a_memo(kind, author, incident, changed_at, sharing):
    on_incident = kind in ("incident", "quote")
    return Memo(
        id=1, member_id=author, subject_kind=kind, incident_id=incident if on_incident else None,
        sharing=sharing, changed_at=changed_at,
    )  # fmt: skip


MEMBERS, INCIDENTS = st.integers(1, 4), st.integers(1, 3)
HOURS = st.integers(-3, 3).map(lambda hours: START + timedelta(hours=hours))
ROUNDS = st.lists(
    st.builds(RunningRound, st.integers(1, 3), HOURS, st.frozensets(MEMBERS), st.frozensets(INCIDENTS)), max_size=3
)
MEMOS = st.builds(
    a_memo, st.sampled_from(["incident", "code", "quote", "study"]), MEMBERS, INCIDENTS, HOURS,
    st.sampled_from(["private", "shared"]),
)  # fmt: skip


@given(MEMOS, MEMBERS, st.none() | st.integers(1, 3), ROUNDS, st.frozensets(st.just(1)), st.booleans())
def test_promise_1_no_memo_tells_of_a_running_round_whatever_the_rounds(
    memo, reader, round_id, running, exposed, knows_code
):
    sight = sight_of(memo, reader, round_id=round_id, running=running, exposed=exposed, knows_code=knows_code)
    since = [each for each in running if each.started_at <= memo.changed_at]
    of_author = [each for each in since if memo.member_id in each.coder_ids]

    assert (sight == Sight.OWN) == (memo.member_id == reader)
    if sight in (Sight.OPEN, Sight.CLOSED):
        assert memo.sharing == "shared" and knows_code
        assert round_id not in {each.round_id for each in running}
        assert not [each for each in of_author if memo.incident_id is None or memo.incident_id in each.incident_ids]
    if sight == Sight.OPEN and memo.incident_id is not None:
        assert memo.id in exposed
    if sight == Sight.OPEN and memo.incident_id is None:
        assert not [each for each in since if reader in each.coder_ids]
    if not running and memo.sharing == "shared" and knows_code:
        assert sight != Sight.HIDDEN


@pytest.mark.parametrize("kind", ["incident", "code", "quote", "study"])
def test_promise_1_who_was_taken_out_of_a_running_round_leaves_no_memo_to_read(kind):
    memo = a_memo(kind, 1, 1, START, "shared")
    left_by_author = RunningRound(7, START, frozenset(), frozenset())

    def seen(round_id):
        return sight_of(memo, 2, round_id=round_id, running=[left_by_author], exposed=set())

    assert seen(7) == Sight.HIDDEN
    assert seen(8) == (Sight.CLOSED if kind in ("incident", "quote") else Sight.OPEN)


def test_promise_1_a_private_memo_is_its_authors_alone_on_every_subject(bench):
    evidence = quoted(bench)
    names = ["study", f"code-{bench.config.id}", f"incident-{bench.incidents[0].id}", f"quote-{evidence.id}"]
    own = {write(bench, bench.ada, name, shared=False).id for name in names}
    makers.move_round(bench.session, bench.lead, bench.coding_round, "closed")

    assert set(sights(bench, bench.ada)) == own and len(own) == 4
    assert sights(bench, bench.ben) == sights(bench, bench.lead) == {}
    assert sights(bench, bench.lead, words="thought") == {}


def test_promise_1_shared_memos_of_a_coder_open_when_their_round_leaves_running(bench):
    evidence = quoted(bench)
    general = {write(bench, bench.ada, name).id for name in ("study", f"code-{bench.config.id}")}
    on_incident = {
        write(bench, bench.ada, name).id for name in (f"incident-{bench.incidents[0].id}", f"quote-{evidence.id}")
    }
    for viewer in (bench.ben, bench.lead):
        assert sights(bench, viewer) == {}

    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")

    for viewer in (bench.ben, bench.lead):
        seen = sights(bench, viewer)
        assert {key for key, sight in seen.items() if sight == Sight.OPEN} == general
        assert {key for key, sight in seen.items() if sight == Sight.CLOSED} == on_incident


def test_promise_1_a_leads_memo_on_a_code_does_not_steer_who_codes(bench):
    before = write(bench, bench.lead, f"code-{bench.config.id}")
    before.changed_at = datetime(2020, 1, 1, tzinfo=UTC)
    during = write(bench, bench.lead, f"code-{bench.config.id}")
    reader = makers.make_member(bench.session, bench.lead, role="reader")

    assert set(sights(bench, bench.ben)) == {before.id}
    assert set(sights(bench, reader)) == {before.id, during.id}


def test_promise_1_a_memo_on_a_code_that_is_still_its_authors_is_not_told_of(session):
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead)
    incidents = makers.make_incidents(session, lead, 1)
    coding_round = makers.make_round(session, lead, [ada], incidents, code_sharing="private")
    own = makers.assignment_of(session, ada, coding_round)
    coined = makers.act(session, ada, own, "create_code", dimension_id=cause.id, name="Coined")
    name = f"code-{coined.code_id}"
    memos.add_memo(session, ada, subject_named(session, ada, name), "On mine", shared=True)

    assert memos.visible_memos(session, ben) == []
    with pytest.raises(NotFound):
        subject_named(session, ben, name)


def test_promise_3_a_memo_on_an_incident_is_read_only_after_its_exposure_and_lowers_independence(bench):
    memo = write(bench, bench.lead, f"incident-{bench.incidents[0].id}", "Surely the SECRETCAUSE")
    [shown] = memos.visible_memos(bench.session, bench.ben)
    assert shown.is_closed and shown.text == ""
    assert sights(bench, bench.ben, words="SECRETCAUSE") == {}  # a search of what is closed would tell

    assert memos.open_memos(bench.session, bench.ben, [memo.id]) == 1
    assert memos.open_memos(bench.session, bench.ben, [memo.id]) == 0

    [shown] = memos.visible_memos(bench.session, bench.ben)
    assert shown.text == "Surely the SECRETCAUSE"
    exposure = bench.session.scalars(select(Exposure)).one()
    assert (exposure.kind, exposure.subject_id, exposure.member_id) == ("shared_memo", memo.id, bench.ben.member.id)
    for coder, own in ((bench.ada, bench.adas), (bench.ben, bench.bens)):
        makers.code_and_submit(bench.session, coder, own, {bench.cause.id: [bench.config]})
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    independent = {
        w.submission.member_id: w.submission.independent for w in first_submissions(bench.session, bench.coding_round)
    }
    assert independent == {bench.ada.member.id: True, bench.ben.member.id: False}


def test_promise_3_what_is_hidden_or_private_is_not_opened_by_asking(bench):
    hidden = write(bench, bench.ada, f"incident-{bench.incidents[0].id}")
    private = write(bench, bench.lead, f"incident-{bench.incidents[0].id}", shared=False)

    assert memos.open_memos(bench.session, bench.ben, [hidden.id, private.id]) == 0
    assert bench.session.scalar(select(func.count()).select_from(Exposure)) == 0


def test_a_memo_on_a_quote_stays_at_its_words_when_the_evidence_goes_and_comes_back(bench):
    evidence = quoted(bench)
    memo = write(bench, bench.ada, f"quote-{evidence.id}")
    bench.ada_does("remove_evidence", dimension_id=bench.cause.id, evidence_id=evidence.id)
    assert set(sights(bench, bench.ada)) == {memo.id}

    again = quoted(bench)

    assert again.id != evidence.id
    subject = subject_named(bench.session, bench.ada, f"quote-{again.id}")
    assert [each.id for each in memos.memos_on(bench.session, bench.ada, subject)] == [memo.id]
    with pytest.raises(NotFound):
        subject_named(bench.session, bench.ben, f"quote-{again.id}")


def test_promise_6_two_tabs_on_one_memo_lose_nothing_unseen(bench):
    memo = write(bench, bench.ada, "study", "First")
    seen = memo.changed_at.isoformat()
    memos.change_memo(bench.session, bench.ada, memo.id, "Second", shared=True, seen=seen)

    for stale in (
        lambda: memos.change_memo(bench.session, bench.ada, memo.id, "Other", shared=True, seen=seen),
        lambda: memos.remove_memo(bench.session, bench.ada, memo.id, seen=seen),
    ):
        with pytest.raises(MemoChanged):
            stale()
    assert memo.text == "Second"
    with pytest.raises(NotFound):
        memos.change_memo(bench.session, bench.ben, memo.id, "x", shared=True, seen=memo.changed_at.isoformat())


def test_a_memo_is_neither_empty_nor_a_readers(bench):
    reader = makers.make_member(bench.session, bench.lead, role="reader")
    with pytest.raises(NoMemo):
        write(bench, bench.ada, "study", "  ")
    with pytest.raises(ReadersDoNotWrite):
        write(bench, reader, "study")


def test_promise_7_each_write_is_an_event_that_tells_others_nothing(bench):
    memo = write(bench, bench.ada, "study", "Told to nobody", shared=False)
    memos.change_memo(bench.session, bench.ada, memo.id, "Told", shared=False, seen=memo.changed_at.isoformat())
    memos.remove_memo(bench.session, bench.ada, memo.id, seen=memo.changed_at.isoformat())

    kinds = [event.kind for event in history(bench.session, bench.ada, limit=3)]
    assert kinds == ["memo.removed", "memo.changed", "memo.written"]
    assert not [event for event in history(bench.session, bench.lead, limit=99) if event.kind.startswith("memo.")]
    told = bench.session.scalars(select(StudyEvent.details).where(StudyEvent.kind.like("memo.%"))).all()
    assert list(told) == [{}, {}, {}]


def test_words_find_own_memos_and_those_that_are_open(bench):
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")
    found = write(bench, bench.ada, "study", "Configurations drift over the weekend")
    write(bench, bench.ada, "study", "Something else")

    assert set(sights(bench, bench.ben, words="configuration")) == {found.id}
    assert set(sights(bench, bench.ben, words="ft over")) == {found.id}
    assert sights(bench, bench.ben, words="50%") == {}
    assert len(sights(bench, bench.ben, author_id=bench.ada.member.id, kind="study")) == 2
