"""The quotes of a code side by side: who is shown which, and what is recorded before."""

import pytest
from sqlalchemy import select

from app.codebook.actions import merge_codes
from app.coding.models import Exposure
from app.curation.quotes import Wanted
from app.problems import NotFound
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import make_table
from tests.curation.comparing import Quotes, make_quotes
from tests.support.clients import HTMX


@pytest.fixture
def running(session) -> Quotes:
    return make_quotes(session)


@pytest.fixture
def quotes(running: Quotes) -> Quotes:
    running.table.steps_to("settling")
    return running


def words(page) -> list[tuple[str, str, str]]:
    return [(card.quote.incident.label, card.coder.name, card.words.quote) for card in page.main.cards]


def address(quotes: Quotes, code) -> str:
    return f"/studies/{quotes.table.lead.study.slug}/codebook/codes/{code.id}/quotes"


def test_promise_1_while_the_round_runs_only_ones_own_quotes_are_shown_and_nothing_is_counted(running: Quotes):
    table = running.table
    for viewer in table.everybody():
        page = running.page(viewer, table.config)
        assert [card.coder.id for card in page.main.cards] == [viewer.member.id] * len(page.main.cards)
        assert (page.main.hidden, page.hidden, page.recodings, page.rounds) == (0, 0, (), ())
        assert page.main.total == (3 if viewer is table.ada else 1 if viewer is table.ben else 0)
        assert [member.id for member in page.coders] in ([], [viewer.member.id])
        running.opens(viewer, table.config, table.network)
    assert running.session.scalars(select(Exposure.id)).all() == []


def test_promise_1_what_a_member_codes_elsewhere_just_now_is_neither_shown_nor_counted_nor_opened(quotes: Quotes):
    table = quotes.table
    makers.make_round(quotes.session, table.lead, [table.lead], table.incidents[:1], coders_per_incident=1)
    page = quotes.page(table.lead, table.config)
    assert page.is_coding and (page.main.total, page.main.hidden) == (0, 1)  # INC-2 alone

    quotes.opens(table.lead, table.config)

    assert words(quotes.page(table.lead, table.config)) == [("INC-2", table.ada.name, "bad config push")]
    exposed = quotes.session.scalars(select(Exposure.incident_id)).all()
    assert exposed and quotes.incident(0).id not in exposed
    for wanted in (Wanted(coder_id=table.ben.member.id), Wanted(of="first"), Wanted(round_number=1)):
        assert "INC-1" not in str(words(quotes.page(table.lead, table.config, wanted)))


def test_promise_1_a_round_that_is_reopened_takes_its_quotes_along(quotes: Quotes):
    table = quotes.table
    quotes.opens(table.lead, table.config)
    assert quotes.page(table.lead, table.config).main.total == 4
    table.steps_to("running", reason="One was forgotten.")
    assert quotes.page(table.lead, table.config).main.total == 0


def test_promise_3_quotes_of_others_are_shown_once_opened_and_the_opening_is_recorded(quotes: Quotes, client_for):
    table = quotes.table
    client, here = client_for(table.ben), address(quotes, table.config)
    before = client.get(here).text
    assert "<mark>gateway</mark>" in before and "<mark>bad config push</mark>" not in before
    assert table.ada.name not in before and "Final:" not in before
    assert quotes.session.scalars(select(Exposure.id)).all() == []

    opening = client.post(here + "/openings")

    assert opening.status_code == 303 and not opening.content
    after = client.get(here).text
    assert "<mark>bad config push</mark>" in after and table.ada.name in after and "Final: Configuration" in after
    kinds = set(quotes.session.execute(select(Exposure.member_id, Exposure.kind)))
    assert kinds == {(table.ben.member.id, "colleague_code"), (table.ben.member.id, "final_code")}
    assert table.ada.name not in client_for(table.lead).get(here).text
    events = quotes.session.scalars(select(StudyEvent.kind).where(StudyEvent.kind == "quotes.opened")).all()
    assert events == ["quotes.opened"]


def test_an_opening_goes_as_far_as_the_filters_and_no_further(quotes: Quotes, client_for):
    table = quotes.table
    quotes.incident(1).cohort = "classic"
    quotes.session.flush()
    client, here = client_for(table.lead), address(quotes, table.config)
    opened = client.post(here + "/openings", data={"cohort": "classic", "beside": table.network.id})
    assert opened.headers["location"].endswith(f"?cohort=classic&beside={table.network.id}")
    exposed = quotes.session.scalars(select(Exposure.incident_id)).all()
    assert set(exposed) == {quotes.incident(1).id}
    assert words(quotes.page(table.lead, table.config)) == [("INC-2", table.ada.name, "bad config push")]


def test_quotes_are_narrowed_by_cohort_coder_round_and_submission(quotes: Quotes):
    table = quotes.table
    quotes.incident(1).cohort = "classic"
    second = makers.make_round(
        quotes.session, table.lead, [table.ada], table.incidents[:1], coders_per_incident=1, name="Second"
    )
    quotes.quotes(table.ada, table.config, (0, 3), coding_round=second)
    quotes.hands_in(table.ada, coding_round=second)
    own = makers.assignment_of(quotes.session, table.ada, second)
    makers.act(quotes.session, table.ada, own, "take_back")
    where = {"dimension_id": table.cause.id, "code_id": table.config.id}
    makers.act(quotes.session, table.ada, own, "add_evidence", **where, start=4, end=20, quote="gateway returned")
    quotes.hands_in(table.ada, coding_round=second)
    makers.move_round(quotes.session, table.lead, second, "settling")
    quotes.opens(table.lead, table.config)
    quotes.opens(table.lead, table.config, wanted=Wanted(of="first"))

    def found(**wanted: object) -> list[str]:
        return [said for *_, said in words(quotes.page(table.lead, table.config, Wanted(**wanted)))]

    assert found(cohort="classic") == ["bad config push"]
    assert found(coder_id=table.ben.member.id) == ["gateway"]
    bens = quotes.page(table.lead, table.config, Wanted(coder_id=table.ben.member.id))
    assert {member.name for member in bens.coders} == {table.ada.name, table.ben.name}, "the other stays to be chosen"
    assert found(round_number=second.number) == ["The", "gateway returned"]
    assert found(round_number=second.number, of="first") == ["The"]
    assert found(round_number=999) == []
    assert len(found()) == 6


def test_the_codes_beside_it_are_its_siblings_and_of_a_category_what_it_holds(quotes: Quotes):
    table = quotes.table
    makers.make_code(quotes.session, table.lead, table.cause, "Groups", is_category=True)
    page = quotes.page(table.ada, table.config)
    assert [section.code.name for section in page.beside] == ["Network", "Human procedure"]
    one = quotes.page(table.ada, table.config, beside_id=table.human.id)
    assert [section.code.name for section in one.beside] == ["Human procedure"]
    assert [section.total for section in page.beside] == [1, 0]  # Ada's own on INC-3


def test_long_lists_come_a_page_at_a_time(session, client_for):
    quotes = Quotes(make_table(session, incidents=26))
    table = quotes.table
    for at in range(26):
        quotes.quotes(table.ada, table.config, (4, 11), at=at)
        quotes.hands_in(table.ada, at=at)
    table.steps_to("settling")
    first, second, beyond = (quotes.page(table.ada, table.config, page=page) for page in (1, 2, 99))
    assert (len(first.main.cards), first.pages, first.main.total) == (24, 2, 26)
    assert [card.quote.incident.number for card in second.main.cards] == [25, 26] and beyond.page == 2
    shown = client_for(table.ada).get(address(quotes, table.config) + "?of=first&page=2").text
    assert "Page 2 of 2" in shown and "?of=first&amp;page=1" in shown


def test_what_was_merged_in_stands_among_them_and_says_what_it_was(quotes: Quotes):
    table = quotes.table
    lead = table.lead
    merge_codes(quotes.session, lead.study.id, lead.member, table.network.id, table.config.id, reason="the same")
    cards = quotes.page(table.ada, table.config).main.cards
    assert [(card.quote.incident.number, card.submitted_as) for card in cards] == [
        (1, ""), (1, ""), (2, ""), (3, "Network"),
    ]  # fmt: skip


def test_silent_repeats_stay_out(session):
    quotes = Quotes(make_table(session, incidents=4, repeats=0.25))
    table = quotes.table
    for own in session.scalars(select(makers.Assignment).where(makers.Assignment.member_id == table.ada.member.id)):
        where = {"dimension_id": table.cause.id, "code_id": table.config.id}
        makers.act(session, table.ada, own, "toggle_code", **where)
        makers.act(session, table.ada, own, "add_evidence", **where, start=4, end=11, quote="gateway")
        makers.act(session, table.ada, own, "submit", incomplete=True)
    table.steps_to("settling")
    assert quotes.page(table.ada, table.config).main.total == 4


@pytest.mark.parametrize(
    "text", ["cohort=x", "round=abc", "coder=9999999999999999999", "beside=0", "of=zzz", "page=-1"]
)
def test_odd_filters_are_answered_with_a_page(quotes: Quotes, client_for, text):
    client = client_for(quotes.table.lead)
    for headers in ({}, HTMX):
        assert client.get(f"{address(quotes, quotes.table.config)}?{text}", headers=headers).status_code == 200


def test_a_code_out_of_sight_has_no_page_of_quotes(session):
    table = make_table(session, purpose="reliability")
    made = makers.act(
        session, table.ada, table.assignment(table.ada), "create_code", dimension_id=table.cause.id, name="Mine alone"
    )
    quotes = Quotes(table)
    code = quotes.page(table.ada, table.config).around[-1]
    assert code.id == made.code_id
    with pytest.raises(NotFound):
        quotes.page(table.ben, code)
