"""Undoing an act on the codebook from its page: what comes back is shown; what was coded since stands in the way."""

import pytest
from sqlalchemy.orm import Session

from app.codebook import actions, splitting
from app.codebook.actions import CodeText
from app.codebook.queries import current_seq, whole_codebook
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]
UNDO = "/studies/genai/codebook/undoings"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def cause(session, lead):
    return makers.make_dimension(session, lead, "Root cause")


@pytest.fixture
def storm(session, lead, cause):
    return makers.make_code(session, lead, cause, "Retry storm")


def seq(session, lead):
    session.flush()
    return current_seq(session, lead.study.id)


def test_an_undo_shows_what_comes_back_and_wants_a_reason(session, client_for, lead, storm):
    actions.retire_code(session, lead.study.id, lead.member, storm.id, reason="unused")
    act, client = seq(session, lead), client_for(lead)
    page = client.get(f"/studies/genai/codebook/codes/{storm.id}").text
    assert f"{UNDO}/new?act={act}" in page
    shown = client.get(f"{UNDO}/new?act={act}").text
    assert "Retired" in shown and "In use" in shown
    assert client.post(UNDO, data={"act": str(act), "reason": " "}).status_code == 422

    answer = client.post(UNDO, data={"act": str(act), "reason": "still used"})

    assert answer.headers["location"] == f"/studies/genai/codebook/codes/{storm.id}"
    assert whole_codebook(session, lead.study.id).codes[storm.id].is_active
    assert "Undone: restored" in client.get(f"/studies/genai/codebook/codes/{storm.id}").text
    assert "undid what was done to the code" in client.get("/studies/genai/history").text
    again = client.post(UNDO, data={"act": str(act), "reason": "still used"})
    assert again.status_code == 409 and "undone already" in again.text
    assert "undone already" in client.get(f"{UNDO}/new?act={act}").text


def test_what_was_coded_with_a_new_code_stands_in_the_way_once_others_may_see_it(session, client_for, lead, storm):
    (ada,) = makers.make_coders(session, lead, 1)
    act, client = seq(session, lead), client_for(lead)
    coding_round = makers.make_round(session, lead, [ada], makers.make_incidents(session, lead, 1))
    makers.code_and_submit(
        session, ada, makers.assignment_of(session, ada, coding_round), {storm.dimension_id: [storm]}
    )
    session.flush()
    assert "was coded with since" not in client.get(f"{UNDO}/new?act={act}").text  # that would tell (promise 1)

    makers.move_round(session, lead, coding_round, "settling")
    session.flush()
    refused = client.post(UNDO, data={"act": str(act), "reason": "a slip"})
    assert refused.status_code == 409
    assert "“Retry storm” was coded with since: 1 submissions" in refused.text
    assert whole_codebook(session, lead.study.id).codes[storm.id].is_active


def test_a_split_is_undone_as_long_as_nobody_coded_with_its_parts(session, client_for, lead, storm):
    parts = [CodeText("This"), CodeText("That")]
    splitting.split_code(session, lead.study.id, lead.member, storm.id, parts, reason="two things")
    client, act = client_for(lead), seq(session, lead)
    assert client.post(UNDO, data={"act": str(act), "reason": "one thing"}).status_code == 303
    assert [code.name for code in whole_codebook(session, lead.study.id).codes_of(storm.dimension_id)] == [
        "Retry storm"
    ]
    assert ">This<" not in client.get("/studies/genai/codebook").text


def test_only_a_lead_undoes_and_no_act_of_another_study(session, client_for, lead, storm):
    act = seq(session, lead)
    coder = makers.make_member(session, lead)
    stranger = makers.make_study(session)
    session.flush()
    for path in (f"{UNDO}/new?act={act}",):
        assert client_for(coder).get(path).status_code == 403
        assert client_for(stranger).get(path).status_code == 404
    assert client_for(coder).post(UNDO, data={"act": str(act), "reason": "x"}).status_code == 403
    assert client_for(lead).get(f"{UNDO}/new?act=999").status_code == 404
    assert client_for(lead).post(UNDO, data={"act": "x", "reason": "x"}).status_code == 422


def test_promise_1_an_example_comes_back_unread_for_who_still_has_to_code_its_incident(
    session, client_for, lead, storm
):
    incident = makers.make_incidents(session, lead, 1)[0]
    example = {"kind": "typical", "text": makers.TEXT[:20], "incident_id": incident.id}
    words = CodeText(storm.name, examples=(example,))
    actions.edit_code(session, lead.study.id, lead.member, storm.id, words, seen_seq=storm.codebook_seq)
    quoted = whole_codebook(session, lead.study.id).codes[storm.id]
    actions.edit_code(
        session, lead.study.id, lead.member, storm.id, CodeText(storm.name), seen_seq=quoted.codebook_seq, reason="cut"
    )
    act, client = seq(session, lead), client_for(lead)
    assert makers.TEXT[:20] in client.get(f"{UNDO}/new?act={act}").text

    makers.make_round(session, lead, [lead], [incident])
    session.flush()

    assert makers.TEXT[:20] not in client.get(f"{UNDO}/new?act={act}").text
    assert client.post(UNDO, data={"act": str(act), "reason": "it fits"}).status_code == 303
    assert whole_codebook(session, lead.study.id).codes[storm.id].examples == (example,)


def test_acts_on_dimensions_are_undone_too_with_what_comes_back(session, client_for, lead, cause):
    client, book = client_for(lead), "/studies/genai/codebook"
    asked = {"name": "Cause", "question": "Why?", "takes": "many", "openness": "open", "reason": "shorter"}
    client.post(f"{book}/dimensions/{cause.id}/revisions", data=asked | {"seen_seq": str(cause.codebook_seq)})
    act = seq(session, lead)
    assert f"{UNDO}/new?act={act}" in client.get(f"{book}/dimensions/{cause.id}").text
    shown = client.get(f"{UNDO}/new?act={act}").text
    for words in ("<td>Cause</td><td>Root cause</td>", "<td>several codes</td><td>one code</td>"):
        assert words in shown
    answer = client.post(UNDO, data={"act": str(act), "reason": "longer"})
    assert answer.headers["location"] == f"{book}/dimensions"
    assert whole_codebook(session, lead.study.id).dimensions[0].name == "Root cause"

    client.post(f"{book}/dimensions/{cause.id}/retirement", data={"reason": "not asked"})
    act = seq(session, lead)
    assert f"{UNDO}/new?act={act}" in client.get(f"{book}/dimensions").text
    assert client.post(UNDO, data={"act": str(act), "reason": "asked"}).status_code == 303
    assert [each.name for each in whole_codebook(session, lead.study.id).dimensions] == ["Root cause"]
