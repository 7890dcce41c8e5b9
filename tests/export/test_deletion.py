"""A study is deleted whole, by its lead, after a copy; nothing of another study goes with it."""

import io
import json
from dataclasses import replace
from hashlib import sha256
from zipfile import ZipFile

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

import app.models
from app.accounts.models import AccountEvent
from app.adjudication.actions import change_phase
from app.adjudication.auditing import confirm
from app.adjudication.settling import choose_rules
from app.adjudication.settling_rules import rules_of
from app.agreement.stored_check import checked_file
from app.coding.models import Exposure
from app.db.session import Database
from app.export.deletion import (
    ModelStillAsked,
    NoCopyYet,
    NotTheName,
    RoundStillRuns,
    delete_study,
    take_copy,
    what_goes,
)
from app.ledger.models import ModelCall
from app.studies.models import Study
from app.studies.viewer import LeadOnly, Viewer
from app.suggestions.actions import ask_for_suggestions
from tests import makers
from tests.adjudication.conftest import make_table
from tests.suggestions.conftest import make_table as suggested
from tests.support.clients import ClientFor, client_for

__all__ = ["client_for"]
OF_A_CALL = {
    "purpose": "suggestions", "subject_kind": "run_incident", "subject_id": 1, "attempt": 1, "outcome": "failed",
    "system_prompt": "", "user_prompt": "", "prompt_sha256": "", "model_asked": "small",
}  # fmt: skip


def coded_study(session: Session, slug: str, *, phase: str = "settling") -> Viewer:
    """A lead whose two coders have coded an incident and whose round stands in the phase."""
    lead = makers.make_study(session, slug=slug)
    coders = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Cause")
    network = makers.make_code(session, lead, cause, "Network")
    coding_round = makers.make_round(session, lead, coders, makers.make_incidents(session, lead, 1))
    for coder in coders:
        assignment = makers.assignment_of(session, coder, coding_round)
        makers.code_and_submit(session, coder, assignment, {cause.id: [network]})
    makers.move_round(session, lead, coding_round, phase)
    session.flush()
    return lead


def rows_of(session: Session, study_id: int) -> dict[str, int]:
    """How many rows of the study each table holds; those without any are left out."""
    counts = {}
    for table in app.models.metadata.sorted_tables:
        if "study_id" in table.columns:
            query = text(f'SELECT count(*) FROM "{table.name}" WHERE study_id = :id')
            counts[table.name] = session.scalars(query, {"id": study_id}).one()
    return {name: count for name, count in counts.items() if count}


def test_the_whole_study_goes_and_nothing_of_another(session: Session) -> None:
    lead, other = coded_study(session, "gone"), coded_study(session, "stays")
    kept = rows_of(session, other.study.id)
    assert {"submitted_codes", "acts", "study_events", "code_revisions"} <= set(rows_of(session, lead.study.id))

    take_copy(session, lead)
    delete_study(session, lead, typed="gone")

    assert rows_of(session, lead.study.id) == {}
    assert session.scalars(select(Study.slug)).all() == ["stays"]
    assert rows_of(session, other.study.id) == kept


def test_how_a_round_is_settled_and_its_audits_go_too(session: Session) -> None:
    table = make_table(session)
    rules = replace(rules_of(session, table.coding_round), audit_share=1.0)
    choose_rules(session, table.lead, table.coding_round, rules)
    table.codes(table.ada, [table.config], "")
    table.steps_to("settling")
    table.opens(table.judge)
    confirm(session, table.judge, table.coding_round, table.incident.id, table.cause.id)
    study = table.lead.study
    assert {"settling_choices", "audits", "audit_confirmations"} <= set(rows_of(session, study.id))

    take_copy(session, table.lead)
    delete_study(session, table.lead, typed=study.slug)

    assert rows_of(session, study.id) == {}


def test_promise_7_the_log_of_the_installation_tells_who_deleted_it(session: Session) -> None:
    lead = coded_study(session, "gone")
    study_id = lead.study.id
    take_copy(session, lead)
    delete_study(session, lead, typed="gone")

    event = session.scalars(select(AccountEvent).where(AccountEvent.kind == "study.deleted")).one()
    assert (event.person_id, event.subject_id) == (lead.person.id, study_id)
    assert event.details == {"slug": "gone", "title": lead.study.title, "incidents": 1, "rounds": 1, "submissions": 2}


def test_afterwards_the_log_of_other_studies_refuses_rewriting_as_before(session: Session) -> None:
    lead, other = coded_study(session, "gone"), coded_study(session, "stays")
    take_copy(session, lead)
    delete_study(session, lead, typed="gone")

    with pytest.raises(Exception, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM study_events WHERE study_id = :id"), {"id": other.study.id})


def test_without_a_copy_nothing_is_deleted(session: Session) -> None:
    lead = coded_study(session, "gone")

    with pytest.raises(NoCopyYet):
        delete_study(session, lead, typed="gone")

    assert session.scalars(select(Study.slug)).all() == ["gone"]


def test_what_was_done_after_the_copy_asks_for_another(session: Session) -> None:
    lead = coded_study(session, "gone")
    take_copy(session, lead)
    makers.make_member(session, lead)

    assert not what_goes(session, lead.study.id).is_copied
    with pytest.raises(NoCopyYet):
        delete_study(session, lead, typed="gone")
    take_copy(session, lead)
    delete_study(session, lead, typed="gone")


def test_while_a_model_is_asked_there_is_neither_copy_nor_deletion(
    session: Session, database: Database, client_for: ClientFor
) -> None:
    table = suggested(session, database)
    run = ask_for_suggestions(session, table.lead, table.coding_round, model="small")
    makers.move_round(session, table.lead, table.coding_round, "settling")
    run.state = "running"  # as one that is only measured
    session.flush()

    with pytest.raises(ModelStillAsked):
        take_copy(session, table.lead)
    with pytest.raises(ModelStillAsked):
        delete_study(session, table.lead, typed=table.lead.study.slug)
    page = client_for(table.lead).get(f"/studies/{table.lead.study.slug}/deletion").text
    assert "A model is still being asked" in page and "Download the copy" not in page


def test_a_call_that_ended_after_the_copy_asks_for_another(session: Session, database: Database) -> None:
    table = suggested(session, database)
    table.ask()
    makers.move_round(session, table.lead, table.coding_round, "settling")
    take_copy(session, table.lead)
    assert what_goes(session, table.lead.study.id).is_copied
    late = ModelCall(study_id=table.lead.study.id, **OF_A_CALL)
    session.add(late)
    session.flush()

    assert not what_goes(session, table.lead.study.id).is_copied
    with pytest.raises(NoCopyYet):
        delete_study(session, table.lead, typed=table.lead.study.slug)


def test_the_short_name_must_be_typed(session: Session) -> None:
    lead = coded_study(session, "gone")
    take_copy(session, lead)

    for typed in ("", "Gone", lead.study.title):
        with pytest.raises(NotTheName):
            delete_study(session, lead, typed=typed)


def test_promise_1_a_running_round_is_neither_copied_nor_deleted(session: Session) -> None:
    lead = coded_study(session, "gone", phase="running")

    with pytest.raises(RoundStillRuns):
        take_copy(session, lead)
    with pytest.raises(RoundStillRuns):
        delete_study(session, lead, typed="gone")


def test_only_a_lead_deletes(session: Session, client_for: ClientFor) -> None:
    lead = coded_study(session, "gone")
    for role in ("coder", "adjudicator", "reader"):
        member = makers.make_member(session, lead, role=role)
        with pytest.raises(LeadOnly):
            delete_study(session, member, typed="gone")
        for act in ("deletion", "deletion/copy"):
            assert client_for(member).post(f"/studies/gone/{act}", data={"typed": "gone"}).status_code == 403
    assert client_for(makers.make_study(session)).get("/studies/gone/deletion").status_code == 404


def test_promise_11_the_copy_holds_the_study_and_is_the_same_the_second_time(session: Session) -> None:
    lead = coded_study(session, "gone")
    first = take_copy(session, lead)
    with ZipFile(io.BytesIO(first.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    second = take_copy(session, lead)
    with ZipFile(io.BytesIO(second.content)) as archive:
        again = {name: archive.read(name) for name in archive.namelist()}

    listed = json.loads(files["manifest.json"])["files"]
    assert set(listed) == set(files) - {"manifest.json"}
    assert all(sha256(files[name]).hexdigest() == told["sha256"] for name, told in listed.items())
    incident = json.loads(files["incidents.jsonl"])
    assert (incident["external_id"], incident["text"]) == ("INC-1", makers.TEXT)
    assert b"Network" in files["codebook.csv"] and files["dataset-long.csv"].count(b"Network") == 2
    assert "ruling" not in listed and b"coding.submit" in files["history.csv"]
    history = {"history.csv", "manifest.json"}  # taking the copy is an act, which the next one tells of
    assert {name: files[name] for name in files if name not in history} == {
        name: again[name] for name in again if name not in history
    }


def test_promise_3_the_copy_is_an_exposure_to_what_colleagues_coded(session: Session) -> None:
    lead = coded_study(session, "gone")
    take_copy(session, lead)

    shown = session.scalars(select(Exposure.kind).where(Exposure.member_id == lead.member.id)).all()
    assert sorted(shown) == ["colleague_code", "colleague_code"]


def test_on_the_page_step_by_step(session: Session, client_for: ClientFor) -> None:
    lead = coded_study(session, "gone")
    client = client_for(lead)

    assert "2 submissions" in client.get("/studies/gone/deletion").text
    refused = client.post("/studies/gone/deletion", data={"typed": "gone"})
    assert refused.status_code == 409 and "Take a copy of the study first" in refused.text
    taken = client.post("/studies/gone/deletion/copy")
    assert taken.status_code == 200 and "gone-copy.zip" in taken.headers["content-disposition"]
    assert "nothing was done since" in client.get("/studies/gone/deletion").text
    wrong = client.post("/studies/gone/deletion", data={"typed": "other"})
    assert wrong.status_code == 422 and 'value="other"' in wrong.text
    assert client.post("/studies/gone/deletion", data={"typed": "gone"}).headers["location"] == "/"
    assert client.get("/studies/gone/").status_code == 404


def test_the_copy_holds_the_figures_at_each_closing_with_what_they_were_made_of(session: Session) -> None:
    lead = coded_study(session, "gone")
    for phase, reason in (("closed", "Done"), ("settling", "One more look"), ("closed", "Done again")):
        change_phase(session, lead, 1, phase, reason=reason)

    with ZipFile(io.BytesIO(take_copy(session, lead).content)) as copy:
        names = [name for name in copy.namelist() if name.startswith("figures-at-closing/")]
        checked = [checked_file(copy.read(name)) for name in names]
    assert names == ["figures-at-closing/round-1-1.json", "figures-at-closing/round-1-2.json"]
    assert all(each.is_same for each in checked)
    delete_study(session, lead, typed="gone")
    assert rows_of(session, lead.study.id) == {}
