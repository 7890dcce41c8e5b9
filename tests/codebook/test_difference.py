"""The difference between two versions as a page, and the history of the codebook."""

import csv
import io
import re
from html import unescape

import pytest

from app.codebook import actions, splitting
from app.codebook.actions import CodeText
from app.codebook.difference_page import A_PAGE, difference_page
from app.codebook.dimension_actions import DimensionText, edit_dimension
from app.codebook.history_page import IN_FULL, Asked, history_page
from app.codebook.queries import whole_codebook
from app.codebook.rated_codes import codes_as_spelt
from app.codebook.revisions import next_seq, revise_code
from tests import makers
from tests.makers import act, assignment_of, make_code, make_dimension, make_member, make_round, move_round

BOOK = "/studies/genai/codebook"


@pytest.fixture
def lead(session):
    return makers.make_study(session, slug="genai")


@pytest.fixture
def cause(session, lead):
    return make_dimension(session, lead, "Root cause", question="What made it possible?")


@pytest.fixture
def client(client_for, lead):
    return client_for(lead)


def reword(session, lead, code, name="", **how):
    before = whole_codebook(session, lead.study.id).codes[code.id]
    parent_id = how.pop("parent_id", before.parent_id)
    words = {"definition": before.definition, "use_when": before.use_when, "examples": before.examples, **how}
    reason = words.pop("reason", "It was unclear")
    actions.edit_code(
        session, lead.study.id, lead.member, code.id, CodeText(name or before.name, **words),
        seen_seq=before.codebook_seq, parent_id=parent_id, reason=reason,
    )  # fmt: skip


def name_version(session, lead, name, notes=""):
    return actions.name_version(session, lead.study.id, lead.member, name=name, notes=notes)


def words_of(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_the_difference_tells_what_came_went_and_changed(session, client, lead, cause):
    load = make_code(session, lead, cause, "Load", is_category=True)
    storm = make_code(session, lead, cause, "Retry storm", definition="Clients call again.", parent_id=load.id)
    quota, limit, gone = (make_code(session, lead, cause, name) for name in ("Quota", "Limit", "Luck"))
    first = name_version(session, lead, "v1")
    reword(session, lead, storm, definition="Clients call again and again.")
    reword(session, lead, quota, "Quota exceeded", parent_id=load.id)
    actions.merge_codes(session, lead.study.id, lead.member, limit.id, quota.id, reason="The same")
    actions.retire_code(session, lead.study.id, lead.member, gone.id, reason="Nobody needs it")
    make_code(session, lead, cause, "Bad push", definition="A change that was rolled out.")
    second = name_version(session, lead, "v2", "After the pilot")
    reword(session, lead, storm, "Storm")

    page = client.get(f"{BOOK}/difference?from={first.id}&to={second.id}").text

    assert 'Clients call again<ins><span class="visually-hidden">inserted: </span> and again</ins>.' in page
    said = words_of(page)
    assert "Bad push added" in said and "Luck retired" in said and "Retry storm reworded" in said
    assert "Limit merged It lives on in Quota exceeded" in said
    assert "Quota exceeded moved renamed Name deleted: Quota inserted: Quota exceeded" in said
    assert "Stands under deleted: Root cause inserted: Root cause › Load" in said
    assert "1 added 1 merged 1 retired 1 moved 1 renamed 1 reworded" in said
    assert "After the pilot" in said and "Storm" not in said.replace("Retry storm", "")


def test_changes_of_a_dimension_are_told_too(session, client, lead, cause):
    first = name_version(session, lead, "v1")
    text = DimensionText("Root cause", "What made it happen?", takes="many", has_main=True, openness="closed")
    edit_dimension(session, lead.study.id, lead.member, cause.id, text, seen_seq=10**9, reason="More than one")
    make_dimension(session, lead, "Detection", question="Who saw it first?")

    said = words_of(client.get(f"{BOOK}/difference?from={first.id}").text)
    assert "Question What made it deleted: possible inserted: happen ?" in said
    assert "Takes deleted: one code inserted: several codes" in said
    assert "New codes deleted: open inserted: closed" in said
    assert "Detection added Question Who saw it first?" in said


def test_the_older_of_two_stands_first_and_without_a_choice_it_is_the_newest_version(session, client, lead, cause):
    one, two = name_version(session, lead, "v1"), name_version(session, lead, "v2")
    assert "From v1 to v2" in client.get(f"{BOOK}/difference?from={two.id}&to={one.id}").text
    assert "From v2 to now" in client.get(f"{BOOK}/difference").text
    assert "From v1 to v2" in client.get(f"{BOOK}/difference?to={two.id}").text
    assert "From the beginning to v1" in client.get(f"{BOOK}/difference?to={one.id}").text
    assert "Nothing that you may see differs" in client.get(f"{BOOK}/difference?from={one.id}&to={two.id}").text


def test_a_version_of_another_study_is_not_found(session, client, lead):
    other = makers.make_study(session)
    theirs = name_version(session, other, "v1")
    for asked in (f"from={theirs.id}", f"to={theirs.id}", "from=99999", "to=junk"):
        assert client.get(f"{BOOK}/difference?{asked}").status_code == 404


def test_a_long_difference_is_told_a_page_at_a_time_and_filtered(session, lead, cause):
    symptom = make_dimension(session, lead, "Symptom")
    kept = [make_code(session, lead, cause) for _ in range(A_PAGE + 1)]
    make_code(session, lead, symptom, "Errors")
    first = str(name_version(session, lead, "v1").id)
    for code in kept:
        reword(session, lead, code, definition="It has one now.")
    make_code(session, lead, symptom, "Slow")

    def shown(**how):
        found = difference_page(session, lead, since=first, until="", **how)
        return found, sum(len(section.codes) for section in found.sections)

    assert shown()[0].pages == 2 and shown()[1] == A_PAGE and shown(at=2)[1] == 2
    found, told = shown(dimension=str(symptom.id))
    assert (found.found, told, found.sections[0].codes[0].name) == (1, 1, "Slow")
    assert shown(kind="reworded")[0].found == A_PAGE + 1 and shown(kind="added")[0].found == 1
    assert dict(found.counts) == {"added": 1, "reworded": A_PAGE + 1}


def test_an_example_quoted_from_an_incident_is_told_of_and_not_repeated(session, client, lead, cause):
    quoted = make_code(session, lead, cause, "Bad push")
    reword(session, lead, quoted, examples=({"text": "SECRETWORDS", "incident_id": 7}, {"text": "own words"}))
    for address in (f"{BOOK}/difference?from=0", f"{BOOK}/history", f"{BOOK}/history?find=SECRETWORDS"):
        page = client.get(address).text
        assert "SECRETWORDS" not in page.replace('value="SECRETWORDS"', "").replace("find=SECRETWORDS", "")
    assert "own words" in client.get(f"{BOOK}/difference?from=0").text
    assert "an example quoted from an incident" in client.get(f"{BOOK}/history").text
    assert "SECRETWORDS" not in client.post(f"{BOOK}/history/file", data={}).text
    assert "No act fits this" in client.get(f"{BOOK}/history?find=SECRETWORDS").text
    assert "own words" in client.get(f"{BOOK}/history?find=OWN+words").text


def test_the_history_tells_each_act_with_who_and_why(session, client, lead, cause):
    storm = make_code(session, lead, cause, "Retry storm", definition="Clients call again.")
    reword(session, lead, storm, definition="Clients call again and again.", reason="Once is no storm")
    name_version(session, lead, "v1", "After the pilot")
    actions.retire_code(session, lead.study.id, lead.member, storm.id, reason="Nobody needs it")

    said = words_of(client.get(f"{BOOK}/history").text)
    places = [
        said.index(words)
        for words in (
            "Nobody needs it",
            "Named the version v1 : After the pilot",
            "Once is no storm",
            "Definition Clients call again.",
            "Root cause added",
        )
    ]
    assert places == sorted(places)
    assert f"{lead.name}" in said and "in no version yet" in said and "in v1" in said


def test_the_history_is_filtered_by_dimension_member_kind_and_words(session, client, lead, cause):
    symptom, judge = make_dimension(session, lead, "Symptom"), make_member(session, lead, role="lead")
    storm, errors = make_code(session, lead, cause, "Retry storm"), make_code(session, lead, symptom, "Errors 100%_")
    reword(session, judge, storm, definition="Clients call again.", reason="Too short")
    name_version(session, lead, "v1")

    def names(**asked):
        acts = history_page(session, lead, Asked(**asked), 1).acts
        return [
            [one.name for one in (*each.dimensions, *each.codes)] or [each.version and each.version.name]
            for each in acts
        ]

    assert names(dimension=str(symptom.id)) == [["Errors 100%_"], ["Symptom"]]
    assert names(member=str(judge.member.id)) == [["Retry storm"]]
    assert names(kind="edited") == [["Retry storm"]] and names(kind="version") == [["v1"]]
    assert names(kind="dimension") == [["Symptom"], ["Root cause"]]
    assert names(find="too SHORT") == [["Retry storm"]] and names(find="100%_") == [["Errors 100%_"]]
    assert names(find="%") == [["Errors 100%_"]] and names(find="nowhere") == []
    assert names(kind="created", dimension=str(symptom.id)) == [["Errors 100%_"]]
    assert errors.id and len(names(kind="guessed")) == len(names())
    assert client.get(f"{BOOK}/history?member=x").status_code == 404


def test_an_act_on_many_codes_is_told_in_full_for_the_first_and_by_name_for_the_rest(session, lead, cause):
    codes_as_spelt(session, lead, cause.id, [f"Code {place:02}" for place in range(IN_FULL + 3)], source="a file")
    (newest, *_) = history_page(session, lead, Asked(), 1).acts
    assert len(newest.codes) == IN_FULL and newest.more == ["Code 12", "Code 13", "Code 14"]


def test_a_code_that_was_kept_as_it_was_is_told_of_as_that(session, client, lead, cause):
    code = make_code(session, lead, cause, "Load")
    revise_code(
        session, lead.study.id, lead.member, code, next_seq(session, lead.study.id), kind="edited", reason="Kept"
    )
    assert "Load kept as it was" in words_of(client.get(f"{BOOK}/history").text)
    assert "Nothing that you may see differs" in client.get(f"{BOOK}/difference?from={0}&to=0").text


def test_the_history_file_holds_a_row_for_each_property(session, client, lead, cause):
    load = make_code(session, lead, cause, "Load", is_category=True)
    storm = make_code(session, lead, cause, "Storm", definition="=1+1, said “so”")
    reword(session, lead, storm, "Retry storm", parent_id=load.id, reason="Clearer")
    name_version(session, lead, "v1", "Pilot")

    answer = client.post(f"{BOOK}/history/file", data={"dimension": str(cause.id)})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    told = [(row["act"], row["name"], row["property"], row["before"], row["after"]) for row in rows]
    assert told[:2] == [
        ("moved", "Retry storm", "parent_id", "", "Load"),
        ("moved", "Retry storm", "name", "Storm", "Retry storm"),
    ]
    assert ("created", "Storm", "definition", "", "=1+1, said “so”") in told
    assert {row["reason"] for row in rows if row["act"] == "moved"} == {"Clearer"}
    assert all(row["member"] == lead.name and row["first_version"] == "v1" for row in rows)
    assert "named,version" in client.post(f"{BOOK}/history/file", data={}).text
    assert "seq" not in answer.text.splitlines()[0]


@pytest.fixture
def coined(session, lead, cause):
    """Ada coined a code in a running reliability round, reworded nothing else; Ben codes beside her."""
    ada, ben = makers.make_coders(session, lead, 2)
    make_code(session, lead, cause, "Network")
    coding_round = make_round(session, lead, [ada, ben], makers.make_incidents(session, lead, 1), purpose="reliability")
    first = name_version(session, lead, "before")
    assignment = assignment_of(session, ada, coding_round)
    act(session, ada, assignment, "create_code", dimension_id=cause.id, name="COINED")
    name_version(session, lead, "after")
    return ada, ben, coding_round, first


def test_promise_1_a_code_coined_privately_is_in_no_difference_and_no_history_of_others(
    session, client_for, lead, coined
):
    ada, ben, coding_round, first = coined
    addresses = (
        f"{BOOK}/difference?from={first.id}",
        f"{BOOK}/difference?from=0",
        f"{BOOK}/history",
        f"{BOOK}/history?find=COINE",
        f"{BOOK}/history?member={ada.member.id}",
    )
    for who in (ben, lead):
        for address in addresses:
            assert "COINED" not in client_for(who).get(address).text
        assert "COINED" not in client_for(who).post(f"{BOOK}/history/file", data={}).text
        assert history_page(session, who, Asked(member=str(ada.member.id)), 1).found == 0
        assert difference_page(session, who, since=str(first.id), until="").counts == []
    assert all("COINED" in client_for(ada).get(address).text for address in addresses)

    move_round(session, lead, coding_round, "settling")
    assert all("COINED" in client_for(ben).get(address).text for address in addresses)


def test_of_a_code_shared_by_its_name_the_history_tells_nothing_and_the_difference_only_the_name(
    session, client_for, lead, cause
):
    ada, ben = makers.make_coders(session, lead, 2)
    coding_round = make_round(session, lead, [ada, ben], makers.make_incidents(session, lead, 1), code_sharing="shared")
    first = name_version(session, lead, "before")
    assignment = assignment_of(session, ada, coding_round)
    made = act(session, ada, assignment, "create_code", dimension_id=cause.id, name="BYNAME")
    mine = whole_codebook(session, lead.study.id).codes[made.code_id]
    assert mine.disclosed == "name"
    reword(session, ada, mine, definition="OWNWORDS")

    assert "BYNAME" not in client_for(ben).get(f"{BOOK}/history").text
    page = client_for(ben).get(f"{BOOK}/difference?from={first.id}").text
    assert "BYNAME" in page and "OWNWORDS" not in page
    assert "OWNWORDS" in client_for(ada).get(f"{BOOK}/history").text


def test_the_history_of_one_code_follows_it_through_its_names_and_is_taken_as_a_file(session, client, lead, cause):
    storm, other = make_code(session, lead, cause, "Retry storm"), make_code(session, lead, cause, "Other")
    reword(session, lead, storm, "Repeated calls", reason="Plainer")
    name_version(session, lead, "v1")
    client.get(f"{BOOK}/history")
    shown = words_of(client.get(f"{BOOK}/history?code={storm.id}").text)
    assert "History of Repeated calls" in shown and "2 acts" in shown and "Plainer" in shown
    assert "Other" not in shown and "Named the version" not in shown
    rows = list(csv.DictReader(io.StringIO(client.post(f"{BOOK}/history/file", data={"code": str(storm.id)}).text)))
    assert {row["id"] for row in rows} == {str(storm.id)} and {row["act"] for row in rows} == {"created", "renamed"}
    assert f"history?code={other.id}" in client.get(f"{BOOK}/codes/{other.id}").text
    assert "1 act" in words_of(client.get(f"{BOOK}/history?code={storm.id}&find=plainer").text)


def test_promise_1_a_code_that_is_its_authors_alone_has_no_history_for_others(session, client, client_for, lead, cause):
    ada = make_member(session, lead)
    own = actions.create_code(
        session, lead.study.id, ada.member, cause.id, CodeText("Mine"), origin="coding", disclosed=""
    )
    session.flush()
    assert client.get(f"{BOOK}/history?code={own.id}").status_code == 404
    assert "History of Mine" in client_for(ada).get(f"{BOOK}/history?code={own.id}").text


def test_acts_are_called_by_words_that_a_reader_knows(client, cause):
    shown = client.get(f"{BOOK}/history").text
    assert ">put to another dimension<" in shown and ">dimension_changed<" not in shown


def test_a_split_is_told_with_what_stands_in_its_place(session, client, lead, cause):
    storm = make_code(session, lead, cause, "Retry storm")
    name_version(session, lead, "v1")
    parts = [CodeText("By clients"), CodeText("By ourselves")]
    splitting.split_code(session, lead.study.id, lead.member, storm.id, parts, reason="Two remedies")
    session.flush()
    for address in ("difference", "history"):
        assert "In its place stand By clients , By ourselves ." in words_of(client.get(f"{BOOK}/{address}").text)
