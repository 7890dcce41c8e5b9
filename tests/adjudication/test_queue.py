"""The queue: what is in it, in which order, narrowed by what, and how one goes through it."""

import pytest
from sqlalchemy import select

from app.adjudication import actions, queries
from app.adjudication.compared import compared
from app.adjudication.differences import lines
from app.adjudication.narrowing import Narrowing, code_pair, narrowed, pair_words
from app.adjudication.openings import opened_keys
from app.coding.models import Exposure
from app.studies.models import StudyEvent
from tests import makers
from tests.adjudication.conftest import make_table


def keys(table, narrowing, viewer=None):
    """(number of the incident, dimension) of what fits, in order."""
    queue = queries.queue(table.session, table.coding_round)
    opened = opened_keys(table.session, viewer, queue) if viewer else ()
    found = narrowed(queue, narrowing, opened).found
    return [(each.incident.number, each.dimension.name) for each in found]


ALL = Narrowing()


def counts(table, facet, narrowing=ALL, viewer=None):
    queue = queries.queue(table.session, table.coding_round)
    opened = opened_keys(table.session, viewer, queue) if viewer else ()
    return dict(narrowed(queue, narrowing, opened).counts[facet])


def quotes(table, coder, start, end, at=0):
    """Codes the cause as configuration, on these words of the text."""
    assignment = table.assignment(coder, table.incidents[at])
    quote = table.incidents[at].text[start:end]
    where = {"dimension_id": table.cause.id, "code_id": table.config.id}
    makers.act(table.session, coder, assignment, "add_evidence", **where, start=start, end=end, quote=quote)
    makers.act(table.session, coder, assignment, "submit", incomplete=True)


@pytest.fixture
def many(session):
    """1: another code, confused once. 2 and 3: a pair that is confused twice, 3 with a set of symptoms that overlaps.
    4: skipped by Ben. 5: agreed."""
    table = make_table(session, incidents=5)
    table.codes(table.ada, [table.config], at=0)
    table.codes(table.ben, [table.human], at=0)
    for at in (1, 2):
        table.codes(table.ada, [table.config], [table.slow], at=at)
        table.codes(table.ben, [table.network], [table.slow] + [table.down] * (at == 2), at=at)
    table.codes(table.ada, [table.config], "", at=3)
    makers.act(session, table.ben, table.assignment(table.ben, table.incidents[3]), "skip", reason="Too short")
    for coder in (table.ada, table.ben):
        table.codes(coder, [table.config], at=4)
    table.steps_to("settling")
    return table


def test_the_columns_tell_the_same_as_a_comparison_one_by_one(session, many):
    one_by_one = {
        each.key: (each.comparison, each.coder_ids, tuple(work.submission.id for work in each.works))
        for each in compared(session, many.coding_round)
    }
    by_column = {
        each.key: (each.comparison, each.coder_ids, each.submission_ids) for each in lines(session, many.coding_round)
    }

    assert by_column == one_by_one and len(by_column) == 9


def test_another_main_code_is_seen_by_column_too(session):
    table = make_table(session)
    for coder, main in ((table.ada, table.slow), (table.ben, table.down)):
        assignment = table.assignment(coder)
        for code in (table.slow, table.down):
            makers.act(session, coder, assignment, "toggle_code", dimension_id=table.symptom.id, code_id=code.id)
        makers.act(session, coder, assignment, "set_main", dimension_id=table.symptom.id, code_id=main.id)
        makers.act(session, coder, assignment, "submit", incomplete=True)
    table.steps_to("settling")

    (line,) = lines(session, table.coding_round)
    assert (line.comparison.kind, line.comparison.strength) == ("main", 0.5)


def test_the_strongest_come_first_or_those_whose_codes_are_confused_most(many):
    strongest = keys(many, Narrowing())
    assert strongest[:4] == [(1, "Root cause"), (2, "Root cause"), (3, "Root cause"), (4, "Root cause")]
    assert strongest[-1] == (3, "Symptom")

    taught = keys(many, Narrowing(order="teaches"))
    assert taught[:2] == [(2, "Root cause"), (3, "Root cause")]
    assert taught[-1] == (4, "Root cause"), "a skip teaches nothing about codes"


def test_it_is_narrowed_by_dimension_coders_and_marks_with_counts_beside_each_choice(many):
    pair = (many.ada.member.id, many.ben.member.id)
    assert keys(many, Narrowing(dimension=many.symptom.id)) == [(3, "Symptom")]
    assert counts(many, "dimension") == {many.cause.id: 4, many.symptom.id: 1}
    assert counts(many, "dimension", Narrowing(mark="skipped")) == {many.cause.id: 1}
    assert counts(many, "coders") == {pair: 5}
    assert keys(many, Narrowing(coders=(pair[0], pair[0] + 999))) == []
    assert keys(many, Narrowing(mark="skipped")) == [(4, "Root cause")]
    assert counts(many, "standing") == {"open": 5, "all": 5}


def test_a_flagged_incident_bears_its_mark_and_can_be_asked_for(session):
    table = make_table(session, incidents=2)
    makers.act(session, table.ada, table.assignment(table.ada, table.incidents[1]), "flag", note="Odd")
    for at in (0, 1):
        table.codes(table.ada, [table.config], "", at=at)
        table.codes(table.ben, [table.network], "", at=at)
    table.steps_to("settling")

    assert keys(table, Narrowing(mark="flagged")) == [(2, "Root cause")]
    assert counts(table, "mark") == {"flagged": 1}


def test_the_arms_of_a_round_part_its_queue(session):
    table = make_table(session, incidents=4, arm="before", blind_share=0.5)
    for at in range(4):
        table.codes(table.ada, [table.config], "", at=at)
        table.codes(table.ben, [table.network], "", at=at)
    table.steps_to("settling")

    found = counts(table, "arm")
    assert found == {"before": 2, "blind": 2}
    assert len(keys(table, Narrowing(arm="blind"))) == 2


def test_the_same_code_on_other_words_is_listed_as_a_difference_of_evidence_only(session):
    table = make_table(session, incidents=3)
    for at, (start, end) in enumerate([(0, 8), (20, 40), (0, 40)]):
        quotes(table, table.ada, 0, 10, at)
        quotes(table, table.ben, start, end, at)
    table.steps_to("settling")

    assert keys(table, Narrowing()) == []
    assert keys(table, Narrowing(standing="evidence")) == [(2, "Root cause"), (3, "Root cause")]
    (second, third) = (line.evidence for line in lines(session, table.coding_round) if line.differs_in_evidence)
    assert (second, third) == (0.0, 0.25)
    assert queries.queue(session, table.coding_round).open == []


def test_a_difference_of_evidence_can_be_opened_and_ruled_on(session):
    table = make_table(session)
    quotes(table, table.ada, 0, 10)
    quotes(table, table.ben, 20, 40)
    table.steps_to("settling")
    table.opens(table.judge)

    assert table.rules(table.judge, table.network).id
    assert keys(table, Narrowing(standing="ruled")) == [(1, "Root cause")]


def test_promise_3_a_pair_of_codes_narrows_only_what_was_opened(session, many):
    words = pair_words(frozenset((many.config.id, many.network.id)))
    narrowing = Narrowing(codes=words)
    assert keys(many, narrowing, many.judge) == [] and counts(many, "codes", viewer=many.judge) == {}

    actions.open_answers(session, many.judge, many.coding_round, many.incidents[1].id, many.cause.id)

    assert keys(many, narrowing, many.judge) == [(2, "Root cause")]
    assert counts(many, "codes", viewer=many.judge) == {words: 1}
    assert keys(many, narrowing, many.reader) == [], "what one has opened, another has not"


def url(table, query=""):
    return f"/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}{query}"


def test_promise_3_the_page_names_no_pair_of_codes_before_one_post_opened_what_fits(many, client_for):
    browser = client_for(many.judge)
    before = browser.get(url(many, "&standing=all")).text
    assert "5 of these you have not opened" in before
    assert [name for name in ("Configuration", "Network", "Slow answers") if name in before] == []
    assert many.session.scalars(select(Exposure.id)).all() == []

    opening = f"/studies/{many.lead.study.slug}/disagreements/{many.coding_round.number}/openings"
    answer = browser.post(f"{opening}?standing=all&dimension={many.cause.id}")

    assert answer.status_code == 303
    after = browser.get(answer.headers["location"]).text
    assert "Configuration / Network (2)" in after and "Configuration / Human procedure (1)" in after
    assert "not opened" not in after.split("<table")[0]
    seen = many.session.execute(select(Exposure.member_id, Exposure.kind).distinct()).all()
    assert seen == [(many.judge.member.id, "colleague_code")]
    opened = {i for (i,) in many.session.execute(select(Exposure.incident_id))}
    assert opened == {incident.id for incident in many.incidents[:4]}
    told = many.session.scalars(select(StudyEvent).where(StudyEvent.kind == "answers.opened_together")).one()
    assert told.details["disagreements"] == 4 and told.veiled_by_round_id == many.coding_round.id


def test_promise_3_what_one_still_codes_elsewhere_is_left_to_be_opened_by_itself(session, many, client_for):
    again = makers.make_round(session, many.lead, [many.judge], many.incidents[:1], name="Again")
    browser = client_for(many.judge)
    opening = f"/studies/{many.lead.study.slug}/disagreements/{many.coding_round.number}/openings?standing=all"
    browser.post(opening)

    assert again.phase == "running"
    opened = {i for (i,) in session.execute(select(Exposure.incident_id))}
    assert many.incidents[0].id not in opened and many.incidents[1].id in opened
    assert "1 is of incidents you also have to code" in browser.get(url(many, "&standing=all")).text


def test_promise_1_nothing_is_opened_together_while_the_round_runs(many, client_for):
    many.steps_to("running", reason="One more look")
    opening = f"/studies/{many.lead.study.slug}/disagreements/{many.coding_round.number}/openings"
    assert client_for(many.lead).post(opening).status_code == 404
    assert many.session.scalars(select(Exposure.id)).all() == []


def test_the_neighbours_and_the_next_one_follow_the_order_and_the_filters_of_the_address(many, client_for):
    browser = client_for(many.judge)
    query = f"order=teaches&dimension={many.cause.id}"
    listed = browser.get(url(many, f"&standing=open&{query}")).text
    first = many.address(at=1)
    assert f'href="{first}?standing=open&amp;order=teaches&amp;dimension={many.cause.id}"' in listed

    page = browser.get(f"{first}?standing=open&{query}").text
    assert "1 of 4" in page
    assert f"{many.address(at=2)}?standing=open&amp;order=teaches" in page
    assert f'action="{first}/openings?standing=open' in page

    opened = browser.post(f"{first}/openings?standing=open&{query}")
    assert f'action="{first}/rulings?standing=open' in browser.get(opened.headers["location"]).text
    ruling = {"answer": many.config.id, "cause": "slip", "reason": "It says so.", "seen_ruling_id": ""}
    answer = browser.post(f"{first}/rulings?standing=open&{query}", data=ruling)

    assert answer.headers["location"].startswith(many.address(at=2) + "?standing=open&order=teaches")
    assert "1 of 3" in browser.get(answer.headers["location"]).text


def test_after_the_last_one_of_a_list_its_own_queue_comes_up_again(many, client_for):
    browser = client_for(many.judge)
    place, query = many.address(many.symptom, at=2), f"?standing=open&dimension={many.symptom.id}"
    browser.post(place + "/openings" + query)
    ruling = {"answer": many.slow.id, "cause": "slip", "reason": "It says so.", "seen_ruling_id": ""}
    answer = browser.post(f"{place}/rulings{query}", data=ruling)

    assert answer.headers["location"].split("?")[1].split("&")[1:3] == ["standing=open", f"dimension={many.symptom.id}"]
    assert "It was the last open one here" in browser.get(answer.headers["location"]).text


def test_of_one_that_left_the_list_the_neighbours_are_those_it_stood_between(many):
    queue = queries.queue(many.session, many.coding_round)
    narrowing = Narrowing(dimension=many.cause.id)
    walk = narrowed(queue, narrowing)
    away = (many.incidents[2].id, many.symptom.id)

    assert walk.position(away) == 0
    assert walk.neighbour(away, -1).incident.number == 4
    assert walk.neighbour(away, 1) is None
    assert walk.next_waiting(away).incident.number == 1, "from the top again"


def test_a_narrowing_is_read_back_from_its_address():
    narrowing = Narrowing("open", "teaches", 3, (1, 2), "4~nothing", "blind", "flagged")
    asked = dict(part.split("=") for part in narrowing.query.replace("%7E", "~").split("&"))
    assert Narrowing.read(asked) == narrowing
    assert Narrowing.read({}) == Narrowing() and Narrowing().query == "" and Narrowing().listing == "standing=all"


@pytest.mark.parametrize("junk", ["", "4", "4~4", "~", "a~b", "4~-1", "4~5~6", "4~"])
def test_what_is_no_pair_of_codes_is_none(junk):
    assert code_pair(junk) is None
    assert Narrowing.read({"codes": junk}).codes == ""


def test_a_pair_of_codes_may_hold_another_kind_of_answer_or_nothing():
    for pair in (frozenset((4, 5)), frozenset((4, "none_applies")), frozenset((4, None))):
        assert code_pair(pair_words(pair)) == pair


def test_what_coders_flagged_is_listed_under_its_mark_also_where_they_agree_and_is_nothing_open(session, client_for):
    table = make_table(session, incidents=2)
    makers.act(session, table.ada, table.assignment(table.ada, table.incidents[0]), "flag", note="Odd")
    for at in (0, 1):
        for coder in (table.ada, table.ben):
            table.codes(coder, [table.config], "", at=at)
    table.steps_to("settling")
    queue = queries.queue(session, table.coding_round)

    assert keys(table, Narrowing(mark="flagged", standing="flagged")) == [(1, "Root cause")]
    assert counts(table, "mark", Narrowing(standing="flagged")) == {"flagged": 1}
    assert (queue.open, queue.disagreements, queue.agreed) == ([], [], 2)
    address = f"/studies/{table.lead.study.slug}/disagreements?round={table.coding_round.number}&standing=flagged"
    page = client_for(table.judge).get(address).text
    assert "Final by itself" in page and table.incidents[0].title in page and 'class="queue"' in page
    place = (table.incidents[0].id, table.cause.id)
    actions.open_answers(session, table.judge, table.coding_round, *place)
    assert client_for(table.judge).get(table.address()).status_code == 200
