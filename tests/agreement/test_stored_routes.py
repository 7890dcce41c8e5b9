"""The page of the figures at closing, and the file that holds what they were made of."""

import json

from sqlalchemy import func, select

from app.adjudication.actions import change_phase
from app.agreement.shown import kappa_name
from app.agreement.stored_figures import stored_set, stored_sets
from app.agreement.stored_form import hash_of
from app.coding.models import Exposure
from app.studies.models import StudyEvent
from tests import makers
from tests.agreement.conftest import client_for
from tests.agreement.test_routes import text_of
from tests.agreement.test_stored_figures import CAUSES, IMPACTS, close

__all__ = ["client_for"]


def address(table, coding_round, more="") -> str:
    return f"/studies/{table.lead.study.slug}/agreement/{coding_round.number}/stored{more}"


def test_the_page_says_that_it_comes_out_the_same_and_shows_the_hash(table, client_for):
    coding_round = table.coded_round(CAUSES, IMPACTS)
    stored = close(table, coding_round)
    reader = makers.make_member(table.session, table.lead, role="reader")

    answer = client_for(reader).get(address(table, coding_round))

    assert answer.status_code == 200
    shown = text_of(answer.text)
    assert "Recomputed just now: the same" in shown and stored.inputs_sha256 in shown
    assert shown.count("the same") >= 3 and "Root cause" in shown and "v1, frozen" in shown
    alpha = stored.figures[0]["measures"]["alpha"]["value"]
    assert f"{alpha:.2f}".removeprefix("0") in shown
    assert reader_saw_nothing(table, reader)


def reader_saw_nothing(table, reader) -> bool:
    seen = select(func.count()).select_from(Exposure).where(Exposure.member_id == reader.member.id)
    return table.session.scalar(seen) == 0


def test_before_a_closing_the_page_says_that_nothing_is_stored(table, client_for):
    coding_round = table.coded_round(CAUSES)
    client = client_for(table.lead)

    assert "Nothing is stored yet" in client.get(address(table, coding_round)).text
    assert client.get(address(table, coding_round, "?set=1")).status_code == 404
    assert client.post(address(table, coding_round, "/file")).status_code == 404


def test_promise_1_the_page_of_a_running_round_is_not_found(table, client_for):
    coding_round, _ = table.round_of(1)

    assert client_for(table.lead).get(address(table, coding_round)).status_code == 404
    assert client_for(table.lead).post(address(table, coding_round, "/file")).status_code == 404


def test_what_differs_is_said_with_why(table, client_for):
    coding_round, (one, other) = table.round_of(2)
    for coder in table.coders:
        table.submit(coder, coding_round, one, ["Code"])
    table.submit(table.coders[0], coding_round, other, ["Code"])
    table.settle(coding_round)
    first = close(table, coding_round)
    for phase in ("settling", "running"):
        change_phase(table.session, table.lead, coding_round.number, phase, reason="One was missing.")
    table.submit(table.coders[1], coding_round, other, ["Load"])
    change_phase(table.session, table.lead, coding_round.number, "settling")
    client = client_for(table.lead)

    shown = text_of(client.get(address(table, coding_round)).text)
    assert "differ from what was stored" in shown and "Root cause: 1 rating more than at the closing." in shown

    close(table, coding_round)
    assert "Recomputed just now: the same" in text_of(client.get(address(table, coding_round)).text)
    older = text_of(client.get(address(table, coding_round, f"?set={first.id}")).text)
    assert "differ from what was stored" in older and "Stored at each closing" in older
    assert len(stored_sets(table.session, coding_round)) == 2


def test_promise_3_the_file_holds_its_inputs_and_leaves_only_with_an_exposure(table, client_for):
    coding_round = table.coded_round(CAUSES, IMPACTS)
    stored = close(table, coding_round)
    reader = makers.make_member(table.session, table.lead, role="reader")

    answer = client_for(reader).post(address(table, coding_round, "/file"), data={"set": str(stored.id)})

    document = json.loads(answer.content)
    assert document["inputs_sha256"] == hash_of(document["inputs"]) == stored.inputs_sha256
    assert document["figures"] == stored.figures and document["formulas"] == 1
    assert document["names"]["codes"][str(table.codes["Load"].id)] == "Load"
    assert document["names"]["raters"] == {str(each.member.id): each.member.name for each in table.coders}
    seen = table.session.scalars(select(Exposure.kind).where(Exposure.member_id == reader.member.id)).all()
    assert seen == ["colleague_code"] * 8
    event = table.session.scalars(select(StudyEvent).where(StudyEvent.kind == "figures.taken_out")).one()
    assert event.member_id == reader.member.id


def test_a_set_of_another_round_is_not_found(table, client_for):
    first, second = table.coded_round(CAUSES), table.coded_round(CAUSES)
    close(table, first)
    close(table, second)
    key = stored_set(table.session, second).id

    assert client_for(table.lead).get(address(table, first, f"?set={key}")).status_code == 404
    assert client_for(table.lead).get(address(table, first, "?set=x")).status_code == 404


def test_the_page_of_agreement_leads_to_stored_figures_also_after_a_reopening(table, client_for):
    coding_round = table.coded_round(CAUSES)
    client, page = client_for(table.lead), address(table, coding_round).replace(f"/{coding_round.number}/stored", "")
    assert "Figures at closing" not in client.get(page).text
    close(table, coding_round)
    change_phase(table.session, table.lead, coding_round.number, "settling", reason="One was missing.")

    assert f'href="{address(table, coding_round)}"' in client.get(page).text


def test_stored_kappa_of_two_raters_is_not_called_lights(table, client_for):
    coding_round = table.coded_round(CAUSES)
    close(table, coding_round)

    shown = text_of(client_for(table.lead).get(address(table, coding_round)).text)

    assert "Cohen’s κ" in shown and "Light" not in shown


def test_kappa_is_named_by_how_many_raters_its_figures_have():
    assert [kappa_name(each) for each in ((), (2, 2), (3, 4), (2, 3))] == [
        "Cohen’s κ",
        "Cohen’s κ",
        "Light’s κ",
        "Cohen’s or Light’s κ",
    ]
