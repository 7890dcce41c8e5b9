"""Promises 2 and 3: no suggestion before its time, and nothing shown that an exposure does not cover."""

import re
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.coding.exposures import is_unexposed
from app.db.session import Database
from app.problems import NotFound
from app.suggestions.opening import open_suggestions
from tests import makers
from tests.suggestions.conftest import INVENTED, SECRET_NAME, SECRET_REASON, Table, make_table, seen_anywhere
from tests.support.clients import ClientFor

SECRETS = (SECRET_REASON, SECRET_NAME, INVENTED)
HTMX = {"HX-Request": "true"}


def assert_nothing_shown(client: TestClient, table: Table) -> None:
    seen = seen_anywhere(client, table)
    assert "Traceback" not in seen
    for secret in SECRETS:
        assert secret not in seen


def slot(client: TestClient, table: Table) -> str:
    answer = client.get(f"{table.desk_url}/suggestions?dimension={table.cause.id}", headers=HTMX)
    assert answer.status_code == 200
    return answer.text


def opened(client: TestClient, table: Table) -> str:
    answer = client.post(
        f"{table.desk_url}/suggestions/openings", data={"dimension_id": str(table.cause.id)}, headers=HTMX
    )
    return f"{answer.status_code} {answer.text}"


def test_promise_2_in_arm_blind_no_suggestion_reaches_the_browser(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, arm="blind")
    ada = client_for(table.ada)
    before = slot(ada, table)
    table.ask()

    assert_nothing_shown(ada, table)
    assert slot(ada, table) == before
    assert opened(ada, table).startswith("404")
    for incident in table.incidents:
        table.ada_submits(incident)
    assert slot(ada, table) == before and opened(ada, table).startswith("404")
    assert_nothing_shown(ada, table)
    assert table.exposures(table.ada) == []


def test_promise_2_in_arm_after_nothing_before_the_first_submission(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, arm="after")
    ada = client_for(table.ada)
    before = slot(ada, table)
    table.ask()

    assert slot(ada, table) == before and opened(ada, table).startswith("404")
    assert_nothing_shown(ada, table)

    table.ada_submits()
    assert "Suggest" in slot(ada, table)
    assert_nothing_shown(ada, table)
    assert SECRET_REASON in opened(ada, table)


def test_promise_2_in_arm_after_a_skip_is_no_submission(session: Session, database: Database) -> None:
    table = make_table(session, database, arm="after")
    table.ask()
    makers.act(session, table.ada, table.adas, "skip", reason="Too short")

    with pytest.raises(NotFound):
        table.ada_opens()


def test_promise_2_in_arm_after_of_a_reliability_round_nothing_before_the_last_one_is_in(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, arm="after", purpose="reliability", code_sharing="private")
    table.ask()
    ada = client_for(table.ada)
    empty = slot(ada, table)
    table.ada_submits(table.incidents[0])

    assert slot(ada, table) == empty and opened(ada, table).startswith("404")
    assert_nothing_shown(ada, table)

    table.ada_submits(table.incidents[1])
    assert SECRET_REASON in opened(ada, table)


def test_promise_2_in_arm_on_request_nothing_before_the_press(table: Table, client_for: ClientFor) -> None:
    table.ask()
    ada = client_for(table.ada)

    assert "Suggest" in slot(ada, table)
    assert_nothing_shown(ada, table)
    assert is_unexposed(table.session, table.lead.study.id, table.ada.member.id, table.incidents[0].id)
    assert SECRET_REASON in opened(ada, table)
    assert SECRET_REASON in slot(ada, table)
    symptom = ada.get(f"{table.desk_url}/suggestions?dimension={table.symptom.id}", headers=HTMX).text
    assert SECRET_NAME not in symptom


def test_promise_2_whether_anything_was_offered_is_not_told_before_the_press(
    table: Table, client_for: ClientFor
) -> None:
    nothing = {"quotes": [], "reasoning": "", "codes": [], "new_codes": []}
    table.ask(table.reply(**{f"d{table.cause.id}": nothing}))
    ada = client_for(table.ada)

    def shape(dimension_id: int) -> str:
        answer = ada.get(f"{table.desk_url}/suggestions?dimension={dimension_id}", headers=HTMX).text
        return re.sub(r"\d+", "#", answer).replace("Root cause", "…").replace("Symptom", "…")

    assert shape(table.cause.id) == shape(table.symptom.id)
    assert "no code" in opened(ada, table)
    (exposure,) = table.exposures(table.ada)
    assert (exposure.kind, exposure.subject_id) == ("suggestion", None)
    assert "no code" in slot(ada, table)


def test_promise_2_in_arm_before_the_page_asks_by_a_post_of_its_own(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, arm="before")
    table.ask()
    ada = client_for(table.ada)

    assert 'hx-trigger="load, submit"' in slot(ada, table)
    assert_nothing_shown(ada, table)
    assert SECRET_REASON in opened(ada, table)


def test_promise_3_an_exposure_is_recorded_for_each_suggestion_shown(table: Table) -> None:
    table.ask()
    table.ada_opens(table.cause)
    table.ada_opens(table.cause)

    (exposure,) = table.exposures(table.ada)
    assert (exposure.kind, exposure.subject_id, exposure.incident_id) == (
        "suggestion",
        table.of_cause().id,
        table.incidents[0].id,
    )
    assert table.exposures(table.ben) == []


def test_promise_3_a_get_records_nothing_and_shows_nothing_new(table: Table, client_for: ClientFor) -> None:
    table.ask()
    ada = client_for(table.ada)
    for headers in ({}, HTMX, {"Purpose": "prefetch"}, {**HTMX, "HX-Preloaded": "true"}):
        assert SECRET_REASON not in ada.get(f"{table.desk_url}/suggestions", headers=headers).text
    assert table.exposures(table.ada) == []


def test_promise_3_what_ada_opened_is_not_opened_for_ben(table: Table, client_for: ClientFor) -> None:
    table.ask()
    table.ada_opens()
    ben = client_for(table.ben)
    assert ben.get(table.desk_url).status_code == 404
    assert ben.get(f"{table.desk_url}/suggestions").status_code == 404
    assert opened(ben, table).startswith("404")
    bens = makers.assignment_of(table.session, table.ben, table.coding_round, table.incidents[0])
    own = f"/studies/{table.lead.study.slug}/assignments/{bens.id}/suggestions?dimension={table.cause.id}"
    assert SECRET_REASON not in ben.get(own, headers=HTMX).text


def test_promise_3_what_was_submitted_after_an_opening_is_not_independent(table: Table) -> None:
    table.ask()
    table.ada_opens(table.cause)
    assert not is_unexposed(table.session, table.lead.study.id, table.ada.member.id, table.incidents[0].id)
    assert is_unexposed(table.session, table.lead.study.id, table.ada.member.id, table.incidents[1].id)


def test_promise_3_opening_is_refused_to_all_but_the_coder_of_the_assignment(table: Table) -> None:
    table.ask()
    reader = makers.make_member(table.session, table.lead, role="reader")
    for other in (table.lead, table.ben, reader):
        with pytest.raises(NotFound):
            open_suggestions(table.session, other, table.adas.id)


def test_promise_3_the_leads_page_holds_no_reply_before_it_is_opened(table: Table, client_for: ClientFor) -> None:
    broken = table.reply(**{f"d{table.cause.id}": {"codes": {"c1": True}}})
    table.ask(broken)
    lead = client_for(table.lead)

    assert_nothing_shown(lead, table)
    page = lead.get(table.run_url).text
    assert "Read the reply" in page and "read in part" in page

    call = table.calls()[-1]
    answer = lead.post(f"{table.runs_url}/openings", data={"call_id": str(call.id)})
    assert answer.status_code == 303
    assert SECRET_REASON in lead.get(answer.headers["location"].split("#")[0]).text
    exposed = {one.subject_id for one in table.exposures(table.lead)} - {None}
    assert exposed and exposed == {one.id for one in table.suggestions(table.incidents[1])}


def test_promise_3_a_lead_who_codes_in_the_round_opens_no_reply_while_it_runs(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = make_table(session, database, lead_codes=True)
    table.ask()
    lead = client_for(table.lead)
    call = {"call_id": str(table.calls()[0].id)}

    assert "Read the reply" not in lead.get(table.run_url).text
    assert lead.post(f"{table.runs_url}/openings", data=call).status_code == 404
    makers.move_round(session, table.lead, table.coding_round, "settling")
    assert "Read the reply" in lead.get(table.run_url).text
    assert lead.post(f"{table.runs_url}/openings", data=call).status_code == 303


def test_promise_12_a_run_and_a_call_of_another_study_are_not_found(table: Table, client_for: ClientFor) -> None:
    other = make_table(table.session, table.database)
    other.ask()
    lead = client_for(table.lead)

    run_id, call_id = other.calls()[0].subject_id, other.calls()[0].id
    assert lead.get(other.runs_url).status_code == 404
    assert lead.post(f"{table.runs_url}/{run_id}/resumption").status_code == 404
    assert lead.post(f"{table.runs_url}/openings", data={"call_id": str(call_id)}).status_code == 404


@pytest.mark.parametrize("path", ["", "/progress"])
def test_only_the_lead_sees_the_runs(table: Table, client_for: ClientFor, path: str) -> None:
    for coder in (table.ada, table.ben):
        assert client_for(coder).get(table.runs_url + path).status_code == 403
    assert client_for(table.ada).post(table.runs_url).status_code == 403


def test_promise_3_the_desk_that_comes_along_with_a_submit_carries_none(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    """Also where suggestions appear from the start: it is the very page that a GET shows, and exposes nothing."""
    table = make_table(session, database, arm="before")
    table.ask()
    table.ada_does("answer", dimension_id=table.cause.id, state="none_applies")
    act_ids = {"act_id": str(uuid4()), "after_act_id": str(table.newest_act())}
    posted = {"kind": "submit", "incomplete": "true", **act_ids}
    ada = client_for(table.ada)
    answer = ada.post(f"{table.desk_url}/acts", data=posted, headers={**HTMX, "Next-Desk": "wanted"})

    along = answer.text
    assert answer.status_code == 200 and f'data-assignment="{table.adas.id}"' not in along
    assert "/suggestions?dimension=" in along and not any(secret in along for secret in SECRETS)
    assert table.exposures(table.ada) == []
    shown = ada.get(answer.headers["HX-Redirect"]).text
    assert re.sub(r"[0-9a-f-]{36}", "", along) == re.sub(r"[0-9a-f-]{36}", "", shown)
