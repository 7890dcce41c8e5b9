"""What stands at the desk: which run's suggestions, how steady they are, why there are none, and what is nearly the
same as a proposed code."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.exposures import is_unexposed
from app.coding.models import Submission, SubmittedCode
from app.db.session import Database
from app.suggestions.models import CAME_TO_NOTHING, RunIncident, Suggestion, SuggestionDecision, SuggestionRun
from app.suggestions.offers import offers
from app.suggestions.opening import open_suggestions
from app.suggestions.policy import NothingToOpen
from app.suggestions.shown import Offer, ShownSuggestion
from tests import makers
from tests.suggestions.conftest import SAID, SECRET_NAME, SECRET_REASON, Table, make_table
from tests.support.clients import HTMX, ClientFor

LATER_REASON = "What the newer run says"
QUOTE = {"paragraph": 1, "text": SAID}


def of_cause(table: Table) -> Offer:
    return offers(table.session, table.ada, table.adas, table.coding_round, table.cause.id)[0]


def of_symptom(table: Table) -> ShownSuggestion:
    (shown,) = offers(table.session, table.ada, table.adas, table.coding_round, table.symptom.id)[0].suggestions
    return shown


def ask_again(table: Table, **changes: Any) -> SuggestionRun:
    """Another run over the same incident, as a lead composes one."""
    first = table.session.scalars(select(SuggestionRun).order_by(SuggestionRun.id).limit(1)).one()
    copied = {
        name: getattr(first, name)
        for name in ("study_id", "round_id", "asked_by", "source", "model", "parameters", "prompt_version")
    }
    run = SuggestionRun(**copied, codebook_seq=first.codebook_seq, **changes)
    table.session.add(run)
    table.session.flush()
    from_cause = {"quotes": [QUOTE], "reasoning": LATER_REASON, "codes": [f"c{table.config.id}"], "new_codes": []}
    table.model = type(table.model)(otherwise=table.reply(**{f"d{table.cause.id}": from_cause}), name="small")
    table.session.add_all(
        RunIncident(study_id=run.study_id, run_id=run.id, incident_id=one.id) for one in table.incidents
    )
    table.session.flush()
    table.work(run)
    return run


def test_promise_2_what_is_only_measured_is_offered_to_nobody(table: Table, client_for: ClientFor) -> None:
    run = table.ask()
    url = f"{table.desk_url}/suggestions?dimension={table.cause.id}"
    ada = client_for(table.ada)
    assert "Suggest" in ada.get(url, headers=HTMX).text
    run.is_offered = False
    table.session.flush()

    assert of_cause(table).state == "nothing" and "Suggest" not in ada.get(url, headers=HTMX).text
    with pytest.raises(NothingToOpen):
        table.ada_opens()
    assert table.exposures(table.ada) == []


def test_the_newest_offered_run_is_shown_and_a_newer_measured_one_is_not(table: Table) -> None:
    table.ask()
    ask_again(table)
    ask_again(table, is_offered=False)
    table.ada_opens(table.cause)

    assert [one.reasoning for one in of_cause(table).suggestions] == [LATER_REASON]


def test_what_was_opened_stays_what_is_shown_when_a_newer_run_is_done(table: Table) -> None:
    """In the other dimensions of the incident, too; who has opened nothing is offered the newer one."""
    table.ask()
    table.ada_opens(table.symptom)
    ask_again(table)
    table.ada_opens(table.cause)

    assert [one.reasoning for one in of_cause(table).suggestions] == [SECRET_REASON]
    assert of_symptom(table).name == SECRET_NAME
    bens = makers.assignment_of(table.session, table.ben, table.coding_round, table.incidents[0])
    open_suggestions(table.session, table.ben, bens.id)
    (shown,) = offers(table.session, table.ben, bens, table.coding_round, table.cause.id)[0].suggestions
    assert shown.reasoning == LATER_REASON


def test_that_nothing_was_offered_stays_what_was_shown(table: Table) -> None:
    nothing = {"quotes": [], "reasoning": "", "codes": [], "new_codes": []}
    table.ask(otherwise=table.reply(**{f"d{table.cause.id}": nothing}))
    table.ada_opens(table.cause)
    ask_again(table)

    assert (of_cause(table).state, of_cause(table).suggestions) == ("opened", ())


def test_a_run_about_some_dimensions_leaves_the_others_to_an_older_one(table: Table) -> None:
    table.ask()
    ask_again(table, dimension_ids=[table.cause.id])
    table.ada_opens()

    assert [one.reasoning for one in of_cause(table).suggestions] == [LATER_REASON]
    assert of_symptom(table).name == SECRET_NAME


@pytest.mark.parametrize("state", CAME_TO_NOTHING)
def test_why_there_is_nothing_is_said_in_words_and_counts_as_no_look(
    table: Table, client_for: ClientFor, state: str
) -> None:
    run = table.ask()
    for row in table.rows(run):
        row.state, row.problem = state, "sentence of the machine"
    table.session.flush()
    slot = client_for(table.ada).get(f"{table.desk_url}/suggestions?dimension={table.cause.id}", headers=HTMX).text

    assert "Code this one by hand" in slot and SECRET_REASON not in slot and "sentence of the machine" not in slot
    with pytest.raises(NothingToOpen):
        table.ada_opens()
    assert is_unexposed(table.session, table.lead.study.id, table.ada.member.id, table.incidents[0].id)


@pytest.mark.parametrize("arm", ["blind", "after"])
def test_promise_2_why_there_is_nothing_is_said_only_where_suggestions_may_be_opened(
    session: Session, database: Database, client_for: ClientFor, arm: str
) -> None:
    table = make_table(session, database, arm=arm)
    url = f"{table.desk_url}/suggestions?dimension={table.cause.id}"
    before = client_for(table.ada).get(url, headers=HTMX).text
    for row in table.rows(table.ask()):
        row.state = "refused"
    session.flush()

    assert client_for(table.ada).get(url, headers=HTMX).text == before
    page = client_for(table.ada).get(f"{table.desk_url}/suggestions").text
    assert "by hand" not in page and "There is nothing to open here." in page


def test_another_runs_suggestion_goes_before_why_the_newest_came_to_nothing(table: Table) -> None:
    table.ask()
    for row in table.rows(ask_again(table)):
        row.state = "refused"
    table.session.flush()
    table.ada_opens(table.cause)

    assert [one.reasoning for one in of_cause(table).suggestions] == [SECRET_REASON]


def test_a_dimension_that_could_not_be_read_is_not_one_where_no_code_applies(table: Table) -> None:
    broken = table.reply(**{f"d{table.cause.id}": "not an object"})
    table.ask(broken, broken, limit=1)
    table.ada_opens(table.symptom)

    assert (of_cause(table).state, of_cause(table).came_to) == ("came_to_nothing", "unread")


def test_how_many_of_the_samples_hold_a_code_is_said(table: Table, client_for: ClientFor) -> None:
    row = table.rows(table.ask())[0]
    place = {"study_id": row.study_id, "run_id": row.run_id, "incident_id": row.incident_id, "ordinal": 2}
    of = {"dimension_id": table.symptom.id, "code_id": table.slow.id}
    table.session.add(Suggestion(**place, **of, held_by=4, samples=5))
    table.session.flush()
    table.ada_opens()

    assert "4 of 5 samples" in client_for(table.ada).get(f"{table.desk_url}/suggestions").text


def test_a_proposed_code_comes_with_what_is_nearly_the_same(table: Table, client_for: ClientFor) -> None:
    drifting = makers.make_code(table.session, table.lead, table.symptom, "Drifting certificate")
    table.ask()
    table.ada_opens()
    page = client_for(table.ada).get(f"{table.desk_url}/suggestions").text

    assert [code.id for code in of_symptom(table).near] == [drifting.id]
    assert page.index("Take “Drifting certificate”") < page.index(f"Coin “{SECRET_NAME}”")
    decided = table.ada_decides(table.of_symptom(), "change", code_id=drifting.id)
    assert decided.answer.code_id == drifting.id


def test_promise_1_no_colleagues_private_code_is_nearly_the_same(session: Session, database: Database) -> None:
    table = make_table(session, database, purpose="reliability", code_sharing="private")
    bens = makers.assignment_of(session, table.ben, table.coding_round, table.incidents[0])
    for name in ("Drifting certificate", SECRET_NAME):
        makers.act(session, table.ben, bens, "create_code", dimension_id=table.symptom.id, name=name)
    table.ask()
    table.ada_opens()

    assert of_symptom(table).near == () and not of_symptom(table).is_known_by_now
    makers.act(session, table.ada, table.adas, "create_code", dimension_id=table.symptom.id, name="Drift certificate")
    assert [code.name for code in of_symptom(table).near] == ["Drift certificate"]


def test_a_proposal_that_somebody_has_made_since_is_that_code(table: Table) -> None:
    table.ask()
    made = makers.make_code(table.session, table.lead, table.symptom, SECRET_NAME)
    table.ada_opens()

    assert of_symptom(table).is_known_by_now and of_symptom(table).near == ()
    assert table.ada_decides(table.of_symptom(), "accept").answer.code_id == made.id


def test_a_plain_form_is_told_what_its_own_name_is_nearly_and_may_coin_it(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    ada = client_for(table.ada)
    form = {"decision": "change", "act_id": str(uuid4()), "after_act_id": "", "name": "Slow answer"}
    url = f"{table.desk_url}/suggestions/{table.of_symptom().id}/decisions"
    told = ada.post(url, data=form)

    assert told.status_code == 422 and "Nearly the same as “Slow answers”" in told.text
    assert "Take “Slow answers”" in told.text and 'value="Slow answer"' in told.text
    assert ada.post(url, data=form | {"anyway": "true"}).status_code == 303


def test_a_plain_form_that_names_nothing_comes_back_with_a_sentence(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    form = {"decision": "change", "act_id": str(uuid4()), "after_act_id": ""}
    told = client_for(table.ada).post(f"{table.desk_url}/suggestions/{table.of_cause().id}/decisions", data=form)

    assert told.status_code == 422 and "Choose the code that you take instead" in told.text
    ben = client_for(table.ben).post(f"{table.desk_url}/suggestions/{table.of_cause().id}/decisions", data=form)
    assert ben.status_code == 404 and SECRET_REASON not in ben.text


def test_a_rejection_keeps_its_cause_beside_the_coders_own_words(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    form = {"decision": "reject", "act_id": str(uuid4()), "after_act_id": ""}
    form |= {"cause": "no_evidence", "reason": "See ¶ 1"}
    url = f"{table.desk_url}/suggestions/{table.of_cause().id}/decisions"
    assert client_for(table.ada).post(url, data=form).status_code == 303

    (shown,) = of_cause(table).suggestions
    assert (shown.decision, shown.cause, shown.reason) == ("rejected", "no_evidence", "See ¶ 1")
    assert "The text does not say so" in client_for(table.ada).get(f"{table.desk_url}/suggestions").text
    odd = client_for(table.ada).post(url, data=form | {"act_id": str(uuid4()), "cause": "mood"})
    assert odd.status_code == 422


def test_what_was_suggested_is_told_apart_in_what_was_handed_in(table: Table) -> None:
    """A decision names assignment and code, and so does what was submitted; taken away before, it is not there."""
    table.ask()
    table.ada_opens()
    table.ada_decides(table.of_cause(), "accept")
    kept = table.ada_decides(table.of_symptom(), "change", code_id=table.slow.id)
    table.ada_does("submit", incomplete=True)

    handed_in = (
        select(SuggestionDecision.decision, SubmittedCode.origin)
        .join(Submission, Submission.assignment_id == SuggestionDecision.assignment_id)
        .join(
            SubmittedCode,
            (SubmittedCode.submission_id == Submission.id) & (SubmittedCode.code_id == SuggestionDecision.code_id),
        )
        .where(Submission.kind == "submitted")
        .order_by(SuggestionDecision.id, Submission.ordinal)
    )
    assert [tuple(row) for row in table.session.execute(handed_in)] == [
        ("accepted", "accepted"),
        ("changed", "revised"),
    ]
    table.ada_does("take_back")
    table.ada_does("toggle_code", dimension_id=table.symptom.id, code_id=kept.answer.code_id)
    table.ada_does("submit", incomplete=True)
    second = [tuple(row) for row in table.session.execute(handed_in.where(Submission.ordinal == 2))]
    assert second == [("accepted", "accepted")]
