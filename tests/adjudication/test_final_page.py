"""The page of final codes: every incident and dimension, what it rests on, and what may be seen of it."""

import re

import pytest
from sqlalchemy import select

from app.adjudication.final_list import FinalAnswers, Wanted
from app.coding.models import Exposure
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import make_table


@pytest.fixture
def settled(session):
    """1: unanimous. 2: ruled on by the judge. 3: apart and open. 4: coded by Ada alone."""
    table = make_table(session, incidents=4)
    for at, (ada, ben) in enumerate([(table.config,) * 2, (table.config, table.network), (table.config, table.human)]):
        table.codes(table.ada, [ada], "", at=at)
        table.codes(table.ben, [ben], "", at=at)
    table.codes(table.ada, [table.network], "", at=3)
    table.steps_to("settling")
    table.incidents[0], table.incidents[1] = table.incidents[1], table.incidents[0]
    table.opens(table.judge)
    table.rules(table.judge, table.network)
    return table


def url(table, query=""):
    return f"/studies/{table.lead.study.slug}/final-codes{query}"


def rows(page):
    body = page.text.split("<tbody>")[-1].split("</tbody>")[0] if "<tbody>" in page.text else ""
    text = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in body.split("</tr>")]
    return [row for row in text if row]


def test_every_slot_is_listed_with_its_basis_and_what_is_open_too(settled):
    answers = FinalAnswers(settled.session, settled.judge)
    assert dict(answers.by_basis(Wanted())) == {"unanimous": 1, "third_person": 1, "single_coder": 1, "open": 5}
    slots = answers.page(Wanted(dimension=settled.cause.id), size=10, offset=0)
    assert [(each.label, each.basis) for each in slots] == [
        ("INC-1", "unanimous"),
        ("INC-2", "third_person"),
        ("INC-3", ""),
        ("INC-4", "single_coder"),
    ]


def test_what_a_round_left_open_is_listed_with_the_round(settled):
    makers.make_incidents(settled.session, settled.lead, 2)  # in no round
    answers = FinalAnswers(settled.session, settled.judge)
    asked = Wanted(dimension=settled.cause.id, round=settled.coding_round.number)

    assert dict(answers.by_basis(asked)) == {"unanimous": 1, "third_person": 1, "single_coder": 1, "open": 1}
    assert [each.label for each in answers.page(asked, size=10, offset=0) if not each.basis] == ["INC-3"]


def test_promise_3_the_page_tells_how_it_was_settled_and_only_what_was_opened_says_on_what(settled, client_for):
    browser = client_for(settled.reader)
    page = browser.get(url(settled))
    assert "third person" in page.text and settled.judge.name in page.text and "Not opened" in page.text
    assert [name for name in ("Configuration", "Network") if name in page.text] == []
    assert settled.session.scalars(select(Exposure.id).where(Exposure.kind == "final_code")).all() == []
    slots = FinalAnswers(settled.session, settled.reader).page(Wanted(), size=50, offset=0)
    assert {(each.state, each.codes) for each in slots} == {("", ())}

    answer = browser.post(url(settled, f"/openings?dimension={settled.cause.id}"))

    opened = browser.get(answer.headers["location"])
    assert "INC-1 Incident 1 Root cause Configuration unanimous" in rows(opened)[0]
    assert "INC-2 Incident 2 Root cause Network third person" in rows(opened)[1]
    assert "No final answer yet" in rows(opened)[2]
    seen = settled.session.execute(select(Exposure.member_id, Exposure.kind).where(Exposure.kind == "final_code")).all()
    assert set(seen) == {(settled.reader.member.id, "final_code")} and len(seen) == 3
    told = settled.session.scalars(select(StudyEvent).where(StudyEvent.kind == "final_codes.opened")).one()
    assert told.details == {"answers": 3, "incidents": 3}


def test_ones_own_ruling_and_an_opened_one_need_no_other_opening(settled, client_for):
    assert "Network third person" in " ".join(rows(client_for(settled.judge).get(url(settled))))

    browser = client_for(settled.reader)
    browser.post(settled.address() + "/openings")
    shown = rows(browser.get(url(settled, f"?dimension={settled.cause.id}")))
    assert "Network" in shown[1] and "Not opened" in shown[0]


def test_it_is_narrowed_by_basis_dimension_round_and_by_codes_that_were_opened(settled, client_for):
    browser = client_for(settled.reader)
    code = f"?code={settled.network.id}"
    assert rows(browser.get(url(settled, code))) == []
    browser.post(url(settled, "/openings"))

    assert [row[:5] for row in rows(browser.get(url(settled, code)))] == ["INC-2", "INC-4"]
    assert [row[:5] for row in rows(browser.get(url(settled, "?basis=unanimous")))] == ["INC-1"]
    assert len(rows(browser.get(url(settled, f"?basis=open&dimension={settled.symptom.id}")))) == 4
    assert len(rows(browser.get(url(settled, f"?round={settled.coding_round.number}&basis=unanimous")))) == 1
    assert rows(browser.get(url(settled, "?round=99"))) == []
    assert "Network (2)" in browser.get(url(settled)).text


def test_what_one_still_has_to_code_is_opened_by_itself(settled, client_for):
    makers.make_round(settled.session, settled.lead, [settled.ben], settled.incidents[:1], name="Again")
    browser = client_for(settled.ben)
    browser.post(url(settled, "/openings"))
    page = browser.get(url(settled, f"?dimension={settled.cause.id}"))
    assert "You have it to code" in rows(page)[1] and "Configuration" in rows(page)[0]

    one = settled.incidents[0]
    answer = browser.post(url(settled, f"/{one.id}/{settled.cause.id}/openings?dimension={settled.cause.id}"))
    assert "Network" in rows(browser.get(answer.headers["location"]))[1]


def test_what_is_not_final_cannot_be_opened(settled, client_for):
    open_one = settled.incidents[2]
    assert client_for(settled.ben).post(url(settled, f"/{open_one.id}/{settled.cause.id}/openings")).status_code == 404
    assert client_for(settled.ben).post(url(settled, f"/999999/{settled.cause.id}/openings")).status_code == 404


def test_promise_1_a_round_that_was_reopened_hides_its_final_codes_again(settled, client_for):
    browser = client_for(settled.reader)
    browser.post(url(settled, "/openings"))
    settled.steps_to("running", reason="One more look")

    page = browser.get(url(settled))
    assert "Configuration" not in page.text and "Network" not in page.text
    assert {row.split("Root cause")[1].strip() for row in rows(page) if "Root cause" in row} == {"No final answer yet"}


def test_each_leads_to_its_disagreement(settled, client_for):
    page = client_for(settled.reader).get(url(settled)).text
    place = f"/studies/{settled.lead.study.slug}/disagreements/{settled.coding_round.number}"
    assert f'href="{place}/{settled.incidents[0].id}/{settled.cause.id}">third person' in page
    assert f'href="{place}/{settled.incidents[2].id}/{settled.cause.id}">see the disagreement' in page
    assert f'href="{place}/{settled.incidents[1].id}/{settled.cause.id}"' not in page, "unanimous: no page"


def test_excluded_incidents_are_not_listed(settled, client_for):
    client_for(settled.lead).post(
        f"/studies/{settled.lead.study.slug}/incidents/{settled.incidents[2].id}/exclusion", data={"reason": "Twice"}
    )
    assert FinalAnswers(settled.session, settled.judge).by_basis(Wanted()).total() == 6
