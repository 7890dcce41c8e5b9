"""One's own earlier quotes for a code, at the desk."""

import pytest

from app.codebook.actions import merge_codes
from app.coding.earlier_quotes import EarlierQuotes, earlier_quotes
from app.problems import NotFound
from tests import makers
from tests.coding.conftest import Bench
from tests.support.clients import HTMX, client_for

__all__ = ["client_for"]  # a fixture


def quote(bench: Bench, words: str, *, by=None, incident: int = 1, coding_round=None, code=None) -> None:
    coder = by or bench.ada
    at = makers.assignment_of(bench.session, coder, coding_round or bench.coding_round, bench.incidents[incident])
    start = makers.TEXT.index(words)
    code = code or bench.config
    where = {"dimension_id": code.dimension_id, "code_id": code.id, "start": start, "end": start + len(words)}
    makers.act(bench.session, coder, at, "add_evidence", **where, quote=words)


def earlier(bench: Bench, code_id: int | None) -> EarlierQuotes:
    asked = {"code_id": code_id, "dimension_id": bench.cause.id}
    return earlier_quotes(bench.session, bench.ada, bench.adas.id, **asked)


def words(bench: Bench, code_id: int) -> list[str]:
    return [each.quote for each in earlier(bench, code_id).quotes]


def test_own_quotes_of_other_incidents_newest_first_each_once(bench):
    quote(bench, "40 minutes")
    quote(bench, "bad config push")
    quote(bench, "502", code=bench.slow)
    at = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.act(bench.session, bench.ada, at, "submit", incomplete=True)

    found = earlier(bench, bench.config.id)

    assert sorted(each.quote for each in found.quotes) == ["40 minutes", "bad config push"]
    assert {each.incident_label for each in found.quotes} == {bench.incidents[1].label}
    assert {each.assignment_id for each in found.quotes} == {at.id}


def test_what_was_handed_in_and_taken_off_since_is_still_an_earlier_quote(bench):
    quote(bench, "40 minutes")
    at = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
    makers.act(bench.session, bench.ada, at, "submit", incomplete=True)
    makers.act(bench.session, bench.ada, at, "take_back")
    makers.act(bench.session, bench.ada, at, "toggle_code", dimension_id=bench.cause.id, code_id=bench.config.id)

    assert words(bench, bench.config.id) == ["40 minutes"]


def test_quotes_of_earlier_rounds_and_of_codes_merged_since_are_among_them(bench):
    older = makers.make_code(bench.session, bench.lead, bench.cause, "Config")
    more = makers.make_incidents(bench.session, bench.lead, 1)
    bench.incidents.extend(more)
    before = makers.make_round(bench.session, bench.lead, [bench.ada], more)
    quote(bench, "502", incident=2, coding_round=before, code=older)
    merge_codes(bench.session, bench.lead.study.id, bench.lead.member, older.id, bench.config.id, reason="Same")

    assert words(bench, bench.config.id) == ["502"]


def test_nothing_of_the_incident_at_hand_is_among_them_whatever_the_round(bench):
    again = makers.make_round(bench.session, bench.lead, [bench.ada], bench.incidents)
    quote(bench, "40 minutes", incident=0)
    quote(bench, "502", incident=0, coding_round=again)

    assert words(bench, bench.config.id) == []


def test_promise_1_nothing_that_another_coder_quoted_is_shown(bench, client_for):
    quote(bench, "502", by=bench.ben)
    address = f"/studies/{bench.lead.study.slug}/assignments/{bench.adas.id}/earlier-quotes?code={bench.config.id}"
    answer = client_for(bench.ada).get(address, headers=HTMX)

    assert words(bench, bench.config.id) == []
    assert answer.status_code == 200 and "<q>" not in answer.text
    assert client_for(bench.ben).get(address).status_code == 404


def test_promise_1_a_code_that_one_may_not_see_is_not_found(bench, client_for):
    coined = makers.act(bench.session, bench.ben, bench.bens, "create_code", dimension_id=bench.cause.id, name="Ben's")
    private = makers.make_round(bench.session, bench.lead, [bench.ben], bench.incidents, purpose="calibration")
    assert private.number == 2

    if bench.coding_round.code_sharing == "private":
        with pytest.raises(NotFound):
            earlier(bench, coined.code_id)
    with pytest.raises(NotFound):
        earlier(bench, 2**62)
    client = client_for(bench.ada)
    base = f"/studies/{bench.lead.study.slug}/assignments/{bench.adas.id}/earlier-quotes"
    assert [client.get(base + junk).status_code for junk in ("?code=x", "?dimension=0", "?code=" + "9" * 30)] == [
        404
    ] * 3


def test_no_more_than_twenty_are_shown(bench):
    for start in range(25):
        where = {"dimension_id": bench.cause.id, "code_id": bench.config.id, "start": start, "end": start + 3}
        at = makers.assignment_of(bench.session, bench.ada, bench.coding_round, bench.incidents[1])
        makers.act(bench.session, bench.ada, at, "add_evidence", **where, quote=makers.TEXT[start : start + 3])

    assert len(words(bench, bench.config.id)) == 20
