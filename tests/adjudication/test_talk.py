"""Comments: threads, members called by name, and where they find it."""

import pytest
from sqlalchemy import select

from app.adjudication import actions
from app.adjudication.mentions import mentions, open_mentions, unread_mentions
from app.adjudication.ruling_models import CommentMention
from app.coding.exposures import exposed_subjects
from app.problems import NotFound
from tests import makers
from tests.adjudication.conftest import make_table
from tests.adjudication.test_ruling import page_for

HTMX = {"HX-Request": "true"}


def says(table, viewer, text, **more):
    return actions.comment(table.session, viewer, table.coding_round, table.incident.id, table.cause.id, text, **more)


def called(table, comment):
    rows = select(CommentMention.member_id).where(CommentMention.comment_id == comment.id)
    return set(table.session.scalars(rows))


def test_an_answer_stands_under_what_it_answers(apart):
    first = says(apart, apart.ada, "Which push?")
    other = says(apart, apart.ada, "And by whom?")
    reply = says(apart, apart.ben, "The one of line 2.", parent_id=first.id)
    again = says(apart, apart.ada, "Thanks.", parent_id=reply.id)
    apart.opens(apart.judge)

    threads = page_for(apart, apart.judge).comments

    assert [thread.first.id for thread in threads] == [first.id, other.id]
    assert [each.id for each in threads[0].replies] == [reply.id, again.id]


def test_an_answer_to_a_comment_of_elsewhere_is_not_found(apart):
    elsewhere = actions.comment(
        apart.session, apart.ada, apart.coding_round, apart.incident.id, apart.symptom.id, "Here?"
    )

    with pytest.raises(NotFound):
        says(apart, apart.ben, "There.", parent_id=elsewhere.id)


def test_who_is_called_by_their_whole_name_is_mentioned_once(apart):
    apart.ada.member.name, apart.ben.member.name = "Ada", "Ada Ode"
    apart.session.flush()

    assert called(apart, says(apart, apart.judge, "@Ada Ode and @ada ode, look")) == {apart.ben.member.id}
    assert called(apart, says(apart, apart.judge, "@Ada look; not ada@example.org")) == {apart.ada.member.id}
    assert called(apart, says(apart, apart.judge, "@Adam look")) == set()
    assert called(apart, says(apart, apart.ada, "@Ada is me")) == set()


def test_promise_3_a_mention_is_told_and_what_it_says_needs_an_opening(apart, client_for):
    apart.ada.member.name = "Ada Lund"
    says(apart, apart.ben, "@Ada Lund it was the network")
    assert unread_mentions(apart.session, apart.ada) == 1
    assert [each.pieces for each in mentions(apart.session, apart.ada)] == [()]
    browser = client_for(apart.ada)
    address = f"/studies/{apart.lead.study.slug}/mentions"

    before = browser.get(address)
    browser.post(address + "/openings")
    after = browser.get(address)

    assert "it was the network" not in before.text and "Open the comments" in before.text
    assert "it was the network" in after.text
    assert exposed_subjects(apart.session, apart.lead.study.id, apart.ada.member.id, "comment") != set()
    assert unread_mentions(apart.session, apart.ada) == 0
    assert "it was the network" not in client_for(apart.judge).get(address).text


def test_promise_1_a_mention_of_a_reopened_round_is_not_told(apart, client_for):
    apart.ada.member.name = "Ada Lund"
    says(apart, apart.ben, "@Ada Lund look")
    open_mentions(apart.session, apart.ada)
    apart.steps_to("running", reason="One more look")

    assert mentions(apart.session, apart.ada) == []
    assert unread_mentions(apart.session, apart.ada) == 0
    assert "INC-1" not in client_for(apart.ada).get(f"/studies/{apart.lead.study.slug}/mentions").text


def test_a_mention_on_an_incident_still_to_be_coded_is_not_opened_with_the_others(apart):
    apart.ada.member.name = "Ada Lund"
    says(apart, apart.ben, "@Ada Lund look")
    again = makers.make_round(apart.session, apart.lead, [apart.ada], [apart.incident])
    assert again.phase == "running"

    open_mentions(apart.session, apart.ada)

    [mention] = mentions(apart.session, apart.ada)
    assert (mention.is_open, mention.is_still_coded, mention.pieces) == (False, True, ())


def test_what_waits_tells_of_mentions_and_leads_to_them(apart, client_for):
    apart.ada.member.name = "Ada Lund"
    says(apart, apart.ben, "@Ada Lund look")

    page = client_for(apart.ada).get(f"/studies/{apart.lead.study.slug}/").text

    assert "You are mentioned in 1 comment" in page and f"/studies/{apart.lead.study.slug}/mentions" in page
    assert "You are mentioned" not in client_for(apart.ben).get(f"/studies/{apart.lead.study.slug}/").text


def test_a_reply_is_sent_plainly_and_by_htmx_and_refused_at_its_own_field(apart, client_for):
    browser = client_for(apart.judge)
    browser.post(apart.address() + "/openings")
    first = says(apart, apart.judge, "Which push? See ¶ 1.")
    to = {"parent_id": str(first.id)}

    plainly = browser.post(apart.address() + "/comments", data={"text": "Line 2.", **to})
    quickly = browser.post(apart.address() + "/comments", data={"text": "Or line 3.", **to}, headers=HTMX)
    refused = browser.post(apart.address() + "/comments", data={"text": " ", **to}, headers=HTMX)

    assert plainly.status_code == 303 and plainly.headers["location"].endswith("#comments")
    assert "Line 2." in quickly.text and "Or line 3." in quickly.text
    assert 'href="#paragraph-1"' in quickly.text
    assert refused.status_code == 422 and f'id="reply-{first.id}-problem"' in refused.text


def test_a_comment_that_is_not_opened_takes_its_answers_not_along(session):
    table = make_table(session)
    table.codes(table.ada, [table.config])
    table.codes(table.ben, [table.network])
    table.steps_to("settling")
    table.opens(table.judge)
    first = says(table, table.ada, "Which push?")
    says(table, table.judge, "That one.", parent_id=first.id)

    [thread] = page_for(table, table.judge).comments

    assert thread.first.text == "That one." and thread.replies == ()
