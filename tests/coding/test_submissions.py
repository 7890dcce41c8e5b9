"""What was handed in: whole, immutable, independent or not, and hidden while its round runs."""

import pytest
from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import IntegrityError

from app.codebook.dimension_actions import DimensionText, edit_dimension, retire_dimension
from app.coding.exposures import declare_exposure, expose
from app.coding.handing_in import OneCodeOnly
from app.coding.models import Submission, SubmittedAnswer, SubmittedCode, SubmittedEvidence
from app.coding.submissions import first_submissions, last_submissions, submission_count
from app.rounds.policy import StillBlind
from tests import makers
from tests.coding.conftest import Bench


def settle(bench: Bench) -> None:
    makers.move_round(bench.session, bench.lead, bench.coding_round, "settling")


def test_a_submission_holds_answers_codes_and_quotes_as_they_stood(bench):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    bench.ada_toggles(bench.symptom, bench.slow)
    bench.ada_does("add_evidence", **where, start=0, end=3, quote="The")
    bench.ada_does("set_main", **where)
    bench.ada_does("answer", dimension_id=bench.cause.id, state="not_enough_information")
    bench.ada_does("submit")
    makers.code_and_submit(bench.session, bench.ben, bench.bens, {bench.cause.id: [bench.config]})
    settle(bench)

    adas, bens = first_submissions(bench.session, bench.coding_round)
    assert (adas.submission.member_id, adas.pass_, adas.arm) == (bench.ada.member.id, 1, "blind")
    assert adas.answers[bench.cause.id].state == "not_enough_information"
    slow, down = adas.answers[bench.symptom.id].codes
    assert slow == (bench.slow.id, False, "own", [])
    assert down == (bench.down.id, True, "own", [(0, 3, "The")])
    assert set(bens.answers) == {bench.cause.id}


def test_taking_back_and_submitting_again_keeps_the_first_and_the_last(bench):
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    bench.ada_does("take_back")
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.network]})
    bench.ada_does("take_back")
    settle(bench)

    (first,) = first_submissions(bench.session, bench.coding_round)
    (last,) = last_submissions(bench.session, bench.coding_round)
    assert [code.code_id for code in first.answers[bench.cause.id].codes] == [bench.config.id]
    assert [code.code_id for code in last.answers[bench.cause.id].codes] == [bench.network.id]
    assert (first.submission.ordinal, last.submission.ordinal) == (1, 2)
    assert submission_count(bench.session, bench.adas.study_id, bench.adas.id) == 2


def test_submissions_of_one_incident_can_be_asked_for_alone(bench):
    other = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.code_and_submit(bench.session, bench.ada, other, {bench.cause.id: [bench.network]})
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    bench.session.flush()
    settle(bench)

    (only,) = last_submissions(bench.session, bench.coding_round, incident_id=bench.incidents[1].id)
    assert only.submission.assignment_id == other.id
    assert len(last_submissions(bench.session, bench.coding_round)) == 2


def test_skips_are_handed_in_without_answers(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_does("skip", reason="Two incidents in one")
    settle(bench)

    (skipped,) = last_submissions(bench.session, bench.coding_round)
    assert skipped.submission.kind == "skipped"
    assert skipped.answers == {}


def test_what_is_coded_after_a_skip_was_taken_back_is_the_first_submission(bench):
    bench.ada_does("skip", reason="Two incidents in one")
    bench.ada_does("take_back")
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    bench.ada_does("take_back")
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.network]})
    bench.ada_does("take_back")
    bench.ada_does("skip", reason="Two incidents after all")
    settle(bench)

    (first,) = first_submissions(bench.session, bench.coding_round)
    assert (first.submission.ordinal, first.submission.kind) == (2, "submitted")
    assert [code.code_id for code in first.answers[bench.cause.id].codes] == [bench.config.id]
    (last,) = last_submissions(bench.session, bench.coding_round)
    assert last.submission.kind == "skipped"


def test_promise_1_submissions_of_a_running_round_are_given_to_nobody(bench):
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})

    with pytest.raises(StillBlind):
        first_submissions(bench.session, bench.coding_round)
    with pytest.raises(StillBlind):
        last_submissions(bench.session, bench.coding_round)


def test_a_dimension_that_is_not_asked_any_more_is_not_handed_in(bench):
    bench.ada_toggles(bench.cause, bench.config)
    bench.ada_toggles(bench.symptom, bench.slow)
    retire_dimension(bench.session, bench.lead.study.id, bench.lead.member, bench.symptom.id, reason="not asked")
    bench.ada_does("submit")

    assert list(bench.session.scalars(select(SubmittedAnswer.dimension_id))) == [bench.cause.id]


@pytest.mark.parametrize("table", [Submission, SubmittedAnswer, SubmittedCode, SubmittedEvidence])
@pytest.mark.parametrize("rewriting", ["update", "delete"])
def test_what_was_submitted_is_never_rewritten(bench, table, rewriting):
    where = {"dimension_id": bench.symptom.id, "code_id": bench.down.id}
    bench.ada_does("add_evidence", **where, start=0, end=3, quote="The")
    bench.ada_does("submit", incomplete=True)

    statement = delete(table) if rewriting == "delete" else update(table).values(study_id=table.study_id)
    with pytest.raises(IntegrityError, match="append-only"), bench.session.begin_nested():
        bench.session.execute(statement.execution_options(synchronize_session=False))


def independence(bench: Bench) -> bool:
    return bench.session.scalars(select(Submission.independent).order_by(Submission.id.desc())).first() is True


def test_promise_3_a_submission_is_independent_when_nothing_was_shown_before(bench):
    elsewhere = bench.incidents[1].id
    study_id = bench.adas.study_id
    expose(bench.session, study_id, bench.ada.member.id, [(elsewhere, "suggestion", 1)])
    expose(bench.session, study_id, bench.ben.member.id, [(bench.adas.incident_id, "suggestion", 1)])
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})

    assert independence(bench)


@pytest.mark.parametrize(
    "kind", ["suggestion", "colleague_code", "comment", "shared_memo", "ruling", "final_code", "declared"]
)
def test_promise_3_whatever_was_shown_of_others_makes_a_submission_dependent(bench, kind):
    study_id, ada, incident = bench.adas.study_id, bench.ada.member.id, bench.adas.incident_id
    if kind == "declared":
        declare_exposure(bench.session, study_id, ada, incident, "Read the review of it")
    else:
        expose(bench.session, study_id, ada, [(incident, kind, 7)])
    bench.session.flush()
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})

    assert not independence(bench)


def test_promise_3_the_first_submission_stays_independent_and_the_one_after_the_opening_is_not(bench):
    makers.code_and_submit(bench.session, bench.ada, bench.adas, {bench.cause.id: [bench.config]})
    shown = [(bench.adas.incident_id, "suggestion", 1)]
    expose(bench.session, bench.adas.study_id, bench.ada.member.id, shown)
    bench.ada_does("take_back")
    bench.ada_does("submit", incomplete=True)

    kept = bench.session.scalars(select(Submission.independent).order_by(Submission.ordinal))
    assert list(kept) == [True, False]


def test_reading_submissions_takes_five_queries_however_many_there_are(bench):
    incidents = makers.make_incidents(bench.session, bench.lead, 12)
    large = makers.make_round(bench.session, bench.lead, [bench.ada, bench.ben], incidents)
    for coder in (bench.ada, bench.ben):
        for incident in incidents:
            assignment = makers.assignment_of(bench.session, coder, large, incident)
            makers.code_and_submit(bench.session, coder, assignment, {bench.cause.id: [bench.config]})
    makers.move_round(bench.session, bench.lead, large, "settling")
    bench.session.flush()
    statements: list[str] = []
    connection = bench.session.connection()
    event.listen(connection, "before_cursor_execute", lambda *said: statements.append(said[2]))

    assert len(last_submissions(bench.session, large)) == 24
    assert len(statements) == 5


def test_two_codes_where_one_is_taken_by_now_are_not_handed_in(bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    bench.ada_toggles(bench.symptom, bench.down)
    words = DimensionText("Symptom", takes="one")
    study_id, lead = bench.lead.study.id, bench.lead.member
    edit_dimension(bench.session, study_id, lead, bench.symptom.id, words, seen_seq=bench.symptom.codebook_seq)

    with pytest.raises(OneCodeOnly, match="Symptom"):
        bench.ada_does("submit", incomplete=True)
