import re

import pytest
from sqlalchemy import func, select

from app.adjudication.models import Comment, FinalCode, Ruling
from app.coding.models import Exposure
from app.rounds.queries import phase_changes
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import make_table

HTMX = {"HX-Request": "true"}


def exposures(table, viewer):
    rows = table.session.execute(
        select(Exposure.kind, Exposure.incident_id).where(
            Exposure.study_id == table.lead.study.id, Exposure.member_id == viewer.member.id
        )
    )
    return [tuple(row) for row in rows]


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def secrets_of(table):
    """What only an opening shows: the colleagues' names, codes and quotes."""
    return [table.ada.name, table.ben.name, "Configuration", "Network", "quote-a"]


def ruling_form(table, code, **more):
    form = {"answer": str(code.id), "cause": "slip", "reason": "The text says so.", "seen_ruling_id": ""}
    return {**form, **more}


def test_promise_3_without_the_opening_no_colleagues_answer_is_shown(apart, client_for):
    for viewer in (apart.lead, apart.judge, apart.reader):
        page = client_for(viewer).get(apart.address())

        assert page.status_code == 200
        assert "Open the coders’ answers" in page.text
        main = page.text.split('<main class="bench"')[1].split("</main>")[0]
        assert [secret for secret in secrets_of(apart) if secret in main] == []
        assert exposures(apart, viewer) == []


def test_promise_3_a_coder_sees_their_own_answer_and_no_others_before_the_opening(apart, client_for):
    page = client_for(apart.ben).get(apart.address())

    assert "Network" in page.text
    assert apart.ada.name not in page.text and "Configuration" not in page.text


def test_promise_3_after_the_opening_the_answers_are_shown_and_the_exposure_is_on_record(apart, client_for):
    browser = client_for(apart.judge)

    answer = browser.post(apart.address() + "/openings")

    assert (answer.status_code, answer.headers["location"]) == (303, apart.address())
    assert exposures(apart, apart.judge) == [("colleague_code", apart.incident.id)] * 2
    page = browser.get(apart.address())
    assert [secret for secret in secrets_of(apart) if secret not in page.text] == []
    assert client_for(apart.reader).get(apart.address()).text.count("Configuration") == 0


def test_promise_3_the_fragment_of_the_opening_comes_with_its_exposure(apart, client_for):
    answer = client_for(apart.reader).post(apart.address() + "/openings", headers=HTMX)

    assert answer.status_code == 200 and "<html" not in answer.text
    assert "Configuration" in answer.text
    assert exposures(apart, apart.reader) == [("colleague_code", apart.incident.id)] * 2
    assert 'name="answer"' not in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, HTMX])
def test_promise_3_looking_at_the_page_records_nothing_and_shows_nothing(apart, client_for, headers):
    browser = client_for(apart.judge)
    page = browser.get(apart.address(), headers=headers)
    browser.head(apart.address(), headers=headers)

    assert "Configuration" not in page.text
    assert exposures(apart, apart.judge) == []


def test_promise_3_the_queue_tells_where_and_who_but_not_what(apart, client_for):
    page = client_for(apart.judge).get(f"/studies/{apart.lead.study.slug}/disagreements")

    assert "INC-1" in page.text and "Root cause" in page.text and "100 %" in page.text
    assert apart.ada.name in page.text
    assert "Configuration" not in page.text and "Network" not in page.text
    assert exposures(apart, apart.judge) == []


def test_promise_3_a_resubmitted_answer_is_closed_again(apart, client_for):
    browser = client_for(apart.judge)
    browser.post(apart.address() + "/openings")
    apart.steps_to("running", reason="One more look")
    ada = apart.assignment(apart.ada)
    makers.act(apart.session, apart.ada, ada, "take_back")
    toggle = {"dimension_id": apart.cause.id, "code_id": apart.human.id}
    makers.act(apart.session, apart.ada, ada, "toggle_code", **toggle)
    makers.act(apart.session, apart.ada, ada, "submit")
    apart.steps_to("settling")

    page = browser.get(apart.address())

    assert "Human procedure" not in page.text and "Network" in page.text
    assert "Open the coders’ answers" in page.text


def everything_of(table):
    one = table.address()
    slug = table.lead.study.slug
    return [
        ("GET", f"/studies/{slug}/disagreements?round={table.coding_round.number}", {}),
        ("GET", f"/studies/{slug}/disagreements", {}),
        ("GET", one, {}),
        ("POST", one + "/openings", {}),
        ("POST", one + "/comments", {"text": "What did you take?"}),
        ("POST", one + "/rulings", ruling_form(table, table.config)),
    ]


@pytest.mark.parametrize("phase", ["running", "reopened"])
def test_promise_1_nothing_of_a_running_round_is_on_any_path_for_anybody(session, client_for, phase):
    table = make_table(session)
    table.codes(table.ada, [table.config])
    table.codes(table.ben, [table.network])
    if phase == "reopened":
        table.steps_to("settling")
        for viewer in table.everybody():
            table.opens(viewer)
        table.rules(table.judge, table.config)
        table.steps_to("running", reason="One more look")
    before = session.scalar(select(func.count()).select_from(Exposure))

    for viewer in table.everybody():
        browser = client_for(viewer)
        for method, address, form in everything_of(table):
            answer = browser.request(method, address, data=form or None)
            if address.endswith("/disagreements"):
                assert answer.status_code == 200 and "No round is open yet" in answer.text
            else:
                assert answer.status_code == 404, address
            shown = answer.text.split('<main class="page"')[1]
            assert not [s for s in ("INC-1", "Configuration", "Network", "100 %") if s in shown], address
    assert session.scalar(select(func.count()).select_from(Exposure)) == before


def test_promise_12_a_disagreement_of_another_study_is_not_found(apart, client_for, session):
    other = makers.make_study(session)
    elsewhere = apart.address().replace(apart.lead.study.slug, other.study.slug)
    browser = client_for(other)

    assert browser.get(elsewhere).status_code == 404
    assert browser.post(elsewhere + "/openings").status_code == 404
    assert browser.get(apart.address()).status_code == 404


def test_rule_and_next_goes_to_the_next_open_one_with_the_opening_ready_to_press(session, client_for):
    table = make_table(session, incidents=2)
    for at in (0, 1):
        table.codes(table.ada, [table.config], "", at=at)
        table.codes(table.ben, [table.network], "", at=at)
    table.steps_to("settling")
    browser = client_for(table.judge)
    browser.post(table.address() + "/openings")

    answer = browser.post(table.address() + "/rulings", data=ruling_form(table, table.config))

    assert (answer.status_code, answer.headers["location"]) == (303, table.address(at=1) + "?next=1")
    page = browser.get(answer.headers["location"])
    assert "autofocus" in page.text and "Ruling saved" in page.text
    assert "Configuration" not in page.text.split("<main")[1]
    browser.post(table.address(at=1) + "/openings")
    last = browser.post(table.address(at=1) + "/rulings", data=ruling_form(table, table.config), headers=HTMX)
    assert last.status_code == 204
    assert "Ruling saved" in browser.get(last.headers["hx-redirect"]).text


def test_a_form_with_problems_comes_back_with_what_was_typed(apart, client_for):
    browser = client_for(apart.judge)
    browser.post(apart.address() + "/openings")
    for headers in ({}, HTMX):
        answer = browser.post(
            apart.address() + "/rulings", data={"reason": "Because <i>so</i>", "cause": ""}, headers=headers
        )

        assert answer.status_code == 422
        assert "Because &lt;i&gt;so&lt;/i&gt;" in answer.text
        assert "Choose the final code" in answer.text and "Say why the coders differed" in answer.text
        assert ("<html" in answer.text) == (not headers)
    assert apart.session.scalar(select(func.count()).select_from(Ruling)) == 0


def test_promise_6_two_rulings_at_once_are_both_shown_and_none_is_overwritten_unseen(apart, client_for):
    lead, judge = client_for(apart.lead), client_for(apart.judge)
    for browser in (lead, judge):
        browser.post(apart.address() + "/openings")
    lead.post(apart.address() + "/rulings", data=ruling_form(apart, apart.network, reason="The route broke."))

    answer = judge.post(apart.address() + "/rulings", data=ruling_form(apart, apart.config, reason="The push did it."))

    assert answer.status_code == 409
    assert "The route broke." in answer.text and "The push did it." in answer.text
    assert ("ruling", apart.incident.id) in exposures(apart, apart.judge)
    current = select(FinalCode.code_id).where(
        FinalCode.study_id == apart.lead.study.id,
        FinalCode.dimension_id == apart.cause.id,
        FinalCode.superseded_at.is_(None),
    )
    assert apart.session.scalars(current).all() == [apart.network.id]
    seen = re.search(r'name="seen_ruling_id" value="(\d+)"', answer.text)[1]
    again = ruling_form(apart, apart.config, reason="The push did it.", seen_ruling_id=seen)
    assert judge.post(apart.address() + "/rulings", data=again).status_code == 303
    assert apart.session.scalars(current).all() == [apart.config.id]


@pytest.mark.parametrize("who", ["ada", "reader"])
def test_others_get_no_form_and_their_ruling_is_refused(apart, client_for, who):
    browser = client_for(getattr(apart, who))
    browser.post(apart.address() + "/openings")

    assert "Rule and next" not in browser.get(apart.address()).text
    answer = browser.post(apart.address() + "/rulings", data=ruling_form(apart, apart.config))
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "typed",
    [{"answer": "first"}, {"answer": "9" * 30}, {"main": "x"}, {"participants": "x"}, {"seen_ruling_id": "x"}],
)
def test_a_form_that_holds_nonsense_is_refused(apart, client_for, typed):
    browser = client_for(apart.judge)
    browser.post(apart.address() + "/openings")

    answer = browser.post(apart.address() + "/rulings", data=ruling_form(apart, apart.config, **typed))

    assert answer.status_code == 422


def test_a_comment_is_sent_plainly_and_by_htmx(apart, client_for):
    browser = client_for(apart.ada)
    browser.post(apart.address() + "/openings")

    plain = browser.post(apart.address() + "/comments", data={"text": "Look at the last line."})
    quick = browser.post(apart.address() + "/comments", data={"text": "And at the first."}, headers=HTMX)
    empty = browser.post(apart.address() + "/comments", data={"text": " "}, headers=HTMX)

    assert plain.status_code == 303
    assert "Look at the last line." in quick.text and "And at the first." in quick.text
    assert empty.status_code == 422 and "The comment is empty" in empty.text


def test_the_lead_ends_the_coding_and_the_rest_settles(table, client_for):
    table.codes(table.ada, [table.config])
    table.codes(table.ben, [table.config])
    slug, number = table.lead.study.slug, table.coding_round.number
    address = f"/studies/{slug}/rounds/{number}/phases"

    assert client_for(table.ada).post(address, data={"phase": "settling"}).status_code == 403
    plain = client_for(table.lead).post(address, data={"phase": "settling"})
    assert (plain.status_code, plain.headers["location"]) == (303, f"/studies/{slug}/rounds/{number}")
    finals = table.session.scalar(
        select(func.count()).select_from(FinalCode).where(FinalCode.study_id == table.lead.study.id)
    )
    assert finals == 2
    again = client_for(table.lead).post(address, data={"phase": "settling"}, headers=HTMX)
    assert again.status_code == 409
    without_reason = client_for(table.lead).post(address, data={"phase": "running"})
    assert without_reason.status_code == 409
    kinds = table.session.scalars(select(StudyEvent.kind).where(StudyEvent.study_id == table.lead.study.id)).all()
    assert kinds.count("final_codes.settled") == 1


def test_closing_over_open_disagreements_says_how_many_and_takes_a_reason(apart, client_for):
    browser = client_for(apart.lead)
    address = f"/studies/{apart.lead.study.slug}/rounds/{apart.coding_round.number}/phases"

    asked = browser.post(address, data={"phase": "closed"})
    assert asked.status_code == 422 and "1 disagreement without a ruling" in words_of(asked)
    apart.session.refresh(apart.coding_round)
    assert apart.coding_round.phase == "settling"

    closed = browser.post(address, data={"phase": "closed", "reason": "The text is lost."})
    assert closed.status_code == 303
    apart.session.refresh(apart.coding_round)
    assert apart.coding_round.phase == "closed"
    assert phase_changes(apart.session, apart.coding_round)[-1].reason == "The text is lost."


def test_a_round_without_open_disagreements_closes_at_once(apart, client_for):
    apart.opens(apart.judge)
    apart.rules(apart.judge, apart.config)
    address = f"/studies/{apart.lead.study.slug}/rounds/{apart.coding_round.number}/phases"

    assert client_for(apart.lead).post(address, data={"phase": "closed"}).status_code == 303


def test_a_ruling_and_a_comment_sent_twice_are_made_once(apart, client_for):
    browser = client_for(apart.judge)
    page = browser.post(apart.address() + "/openings", headers=HTMX).text
    assert page.count('name="form_key"') == 2
    key = {"form_key": "0f8fad5b-d9cb-469f-a165-70867728950e"}

    for _ in range(2):
        browser.post(apart.address() + "/comments", data={"text": "Look again.", **key}, headers=HTMX)
    ruled = [browser.post(apart.address() + "/rulings", data=ruling_form(apart, apart.config) | key) for _ in range(2)]

    assert [answer.status_code for answer in ruled] == [303, 303]
    of_study = apart.lead.study.id
    for table in (Comment, Ruling):
        made = select(func.count()).select_from(table).where(table.study_id == of_study)
        assert apart.session.scalar(made) == 1


def test_the_queue_says_what_to_do_when_nothing_is_open(apart, client_for):
    browser = client_for(apart.judge)
    address = f"/studies/{apart.lead.study.slug}/disagreements"
    browser.post(apart.address() + "/openings")
    browser.post(apart.address() + "/rulings", data=ruling_form(apart, apart.config))

    assert "Nothing is open here any more" in words_of(browser.get(address))
    assert "Ruled" in words_of(browser.get(address + "?standing=all"))
    assert browser.get(address + "?round=99").status_code == 404
    assert browser.get(address + "?dimension=x&page=y&standing=z").status_code == 200
