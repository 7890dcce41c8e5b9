"""Acts on a code that have a page of their own: each asks for its reason, and shows both states to whoever is later."""

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.codebook import actions
from app.codebook.actions import CodeText
from app.codebook.queries import code_history, whole_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import ClientFor

BOOK = "/studies/genai/codebook"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def cause(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Root cause")


@pytest.fixture
def symptom(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Symptom")


@pytest.fixture
def load(session: Session, lead: Viewer, cause: DimensionEntry) -> CodeEntry:
    return makers.make_code(session, lead, cause, "Load", is_category=True)


@pytest.fixture
def storm(session: Session, lead: Viewer, cause: DimensionEntry) -> CodeEntry:
    return makers.make_code(session, lead, cause, "Retry storm")


@pytest.fixture
def client(client_for: ClientFor, lead: Viewer, load: CodeEntry, storm: CodeEntry, symptom: DimensionEntry):
    return client_for(lead)


FIELDS: dict[str, dict[str, str]] = {
    "moves": {"parent_id": "{load}"},
    "mergers": {"into_id": "{other}"},
    "splits": {"name_1": "This", "definition_1": "One", "name_2": "That", "rows": "4"},
    "dimension": {"dimension_id": "{symptom}"},
    "promotion": {"kind": "category"},
    "retirement": {},
    "examples": {"kind": "close_call", "text": "in words of my own"},
}
KINDS = {
    "moves": "moved", "mergers": "merged", "splits": "split", "dimension": "dimension_changed",
    "promotion": "promoted", "retirement": "retired", "examples": "edited",
}  # fmt: skip


@pytest.fixture
def fields(session: Session, lead: Viewer, cause: DimensionEntry, load: CodeEntry, symptom: DimensionEntry):
    other = makers.make_code(session, lead, cause, "Repeated calls")

    def filled(act: str, **more: str) -> dict[str, str]:
        ids = {"load": load.id, "other": other.id, "symptom": symptom.id}
        return {name: value.format(**ids) for name, value in FIELDS[act].items()} | {"reason": "it reads better"} | more

    return filled


@pytest.mark.parametrize("act", FIELDS)
def test_each_act_has_a_page_wants_a_reason_and_is_a_revision(client, session, lead, storm, fields, act) -> None:
    page = f"{BOOK}/codes/{storm.id}/{act}"
    assert "Retry storm" in client.get(f"{page}/new").text
    refused = client.post(page, data=fields(act, reason=" "))
    assert refused.status_code == 422 and "Say why" in refused.text

    assert client.post(page, data=fields(act)).status_code == 303

    newest = code_history(session, lead.study.id, storm.id)[0]
    assert (newest.kind, newest.reason) == (KINDS[act], "it reads better")


@pytest.mark.parametrize("act", FIELDS)
def test_promise_6_the_later_of_two_sees_both_states_and_nothing_is_done(
    client, session, lead, storm, fields, act
) -> None:
    seen = str(storm.codebook_seq)
    actions.edit_code(
        session, lead.study.id, lead.member, storm.id, CodeText("Retries", "Clients call again."),
        seen_seq=storm.codebook_seq,
    )  # fmt: skip
    session.flush()

    answer = client.post(f"{BOOK}/codes/{storm.id}/{act}", data=fields(act, seen_seq=seen))

    assert answer.status_code == 409
    for words in ("Both states", "Retry storm", "Retries", "Clients call again.", "Somebody changed this"):
        assert words in answer.text
    assert len(code_history(session, lead.study.id, storm.id)) == 2
    now = str(whole_codebook(session, lead.study.id).codes[storm.id].codebook_seq)
    assert f'name="seen_seq" value="{now}"' in answer.text


@pytest.mark.parametrize("act", FIELDS)
def test_what_was_put_away_meanwhile_is_said_and_nothing_is_done(client, session, lead, storm, fields, act) -> None:
    seen = str(storm.codebook_seq)
    actions.retire_code(session, lead.study.id, lead.member, storm.id, reason="unused")
    session.flush()

    answer = client.post(f"{BOOK}/codes/{storm.id}/{act}", data=fields(act, seen_seq=seen))

    assert answer.status_code == 409
    assert "was retired or merged in the meantime" in answer.text and "In use" in answer.text
    assert "nothing to do here" in client.get(f"{BOOK}/codes/{storm.id}/{act}/new").text


def test_a_code_moves_right_before_another_whatever_parent_was_chosen(
    client, session, lead, cause, load, storm
) -> None:
    first = makers.make_code(session, lead, cause, "First", parent_id=load.id)
    session.flush()
    posted = {"parent_id": "", "before_id": str(first.id), "reason": "order"}
    assert client.post(f"{BOOK}/codes/{storm.id}/moves", data=posted).status_code == 303
    names = [(code.name, depth) for code, depth in whole_codebook(session, lead.study.id).tree_of(cause.id)]
    assert names == [("Load", 0), ("Retry storm", 1), ("First", 1)]


REFUSED = [
    ("moves", {"parent_id": "{self}"}, "cannot stand under"),
    ("moves", {"before_id": "{next}"}, "stands there already"),
    ("mergers", {"into_id": ""}, "Choose the code"),
    ("splits", {"name_1": "This", "rows": "4"}, "two codes at least"),
    ("splits", {"name_1": "This", "name_2": "this", "rows": "4"}, "Two of the new codes"),
    ("splits", {"name_1": "This", "definition_2": "no name", "rows": "4"}, "A name is missing"),
    ("dimension", {"dimension_id": ""}, "Choose the dimension"),
    ("promotion", {"kind": "code"}, "code already"),
    ("examples", {"kind": "typical", "text": " "}, "nothing quoted yet"),
    ("examples", {"kind": "odd", "text": "x"}, "Choose one"),
    ("examples", {"kind": "typical", "text": "x", "number": "99"}, "no incident of this number"),
    ("examples", {"kind": "typical", "text": "It rained.", "number": "1"}, "does not say these words"),
]


@pytest.mark.parametrize(("act", "posted", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_with_a_sentence(client, session, lead, storm, fields, act, posted, sentence) -> None:
    makers.make_incidents(session, lead, 1)
    ids = {"self": storm.id, "next": fields("mergers")["into_id"]}
    data = {name: value.format(**ids) for name, value in posted.items()} | {"reason": "why"}
    answer = client.post(f"{BOOK}/codes/{storm.id}/{act}", data=data)
    assert answer.status_code == 422 and sentence in answer.text
    assert len(code_history(session, lead.study.id, storm.id)) == 1


def test_an_example_is_a_quote_of_its_incident_and_hides_from_who_still_has_to_code_it(
    client: TestClient, client_for: ClientFor, session, lead, storm
) -> None:
    (ada,) = makers.make_coders(session, lead, 1)
    incidents = makers.make_incidents(session, lead, 1)
    makers.make_round(session, lead, [ada], incidents)
    page = f"{BOOK}/codes/{storm.id}"
    posted = {"kind": "close_call", "text": "  a bad  config push ", "number": "1", "reason": "shows it"}

    assert client.post(f"{page}/examples", data=posted).status_code == 303

    assert list(whole_codebook(session, lead.study.id).codes[storm.id].examples) == [
        {"kind": "close_call", "text": "a bad config push", "incident_id": incidents[0].id}
    ]
    shown = client.get(page).text
    assert "Close call" in shown and "“a bad config push”" in shown
    assert f'href="/studies/genai/incidents/{incidents[0].id}"' in shown
    for path in (page, BOOK, f"{BOOK}/tree", "/studies/genai/history"):
        assert "a bad config push" not in client_for(ada).get(path).text
    for form in ("csv", "json", "qdc"):
        exported = client_for(ada).post("/studies/genai/export/codebook", data={"format": form})
        assert exported.status_code == 200 and b"a bad config push" not in exported.content
        assert b"a bad config push" in client.post("/studies/genai/export/codebook", data={"format": form}).content


def test_the_words_of_a_code_are_all_kept_by_the_form(client, session, lead, storm) -> None:
    posted = {
        "name": "Retry storm", "short_definition": "Calls upon calls", "definition": "Long", "use_when": "u",
        "not_when": "n", "examples": "one\ntwo", "close_calls": "three", "atypical": "four",
        "synonyms": "thundering herd, retry flood, Thundering Herd,", "source": "Postmortems, p. 3",
        "colour": "#842c61", "seen_seq": str(storm.codebook_seq), "reason": "said whole",
    }  # fmt: skip
    assert client.post(f"{BOOK}/codes/{storm.id}/revisions", data=posted).status_code == 303
    code = whole_codebook(session, lead.study.id).codes[storm.id]
    assert (code.short_definition, code.source, code.colour) == ("Calls upon calls", "Postmortems, p. 3", "#842c61")
    assert code.synonyms == ("thundering herd", "retry flood")
    assert [(each["kind"], each["text"]) for each in code.examples] == [
        ("typical", "one"), ("typical", "two"), ("close_call", "three"), ("atypical", "four"),
    ]  # fmt: skip
    shown = client.get(f"{BOOK}/codes/{storm.id}").text
    for words in (
        "Calls upon calls",
        "thundering herd, retry flood",
        "Atypical example",
        "Postmortems, p. 3",
        "is-plum",
    ):
        assert words in shown
    assert "Retry storm" in client.get(f"{BOOK}?find=flood").text.split('id="tree-list"')[1]
    again = client.get(f"{BOOK}/codes/{storm.id}/revisions/new").text
    assert 'value="#842c61" checked' in again and "thundering herd, retry flood" in again


def test_a_colour_that_came_in_a_file_stays_until_another_hue_is_chosen(client, session, lead, storm) -> None:
    actions.edit_code(
        session, lead.study.id, lead.member, storm.id, CodeText("Retry storm", colour="#1f5a90"),
        seen_seq=storm.codebook_seq,
    )  # fmt: skip
    session.flush()

    def colour_after(chosen: str) -> str:
        seen = whole_codebook(session, lead.study.id).codes[storm.id].codebook_seq
        posted = {"name": "Retry storm", "colour": chosen, "seen_seq": str(seen), "reason": "x"}
        assert client.post(f"{BOOK}/codes/{storm.id}/revisions", data=posted).status_code == 303
        return whole_codebook(session, lead.study.id).codes[storm.id].colour

    assert colour_after("#1d5796") == "#1f5a90"
    assert colour_after("#zzzzzz") == "#1f5a90"
    assert colour_after("#4a5d12") == "#4a5d12"
    assert colour_after("") == ""


def test_a_split_code_says_what_stands_in_its_place(client, session, lead, storm, fields) -> None:
    client.post(f"{BOOK}/codes/{storm.id}/splits", data=fields("splits"))
    shown = client.get(f"{BOOK}/codes/{storm.id}").text
    assert ">This</a>" in shown and ">That</a>" in shown and "is unresolved until" in shown
    part = next(c for c in whole_codebook(session, lead.study.id).codes.values() if c.name == "This")
    assert "which was split" in client.get(f"{BOOK}/codes/{part.id}").text
    assert 'name="name_8"' in client.get(f"{BOOK}/codes/{part.id}/splits/new?rows=8").text
    assert client.get(f"{BOOK}/codes/{part.id}/splits/new?rows=99").status_code == 422


def test_counts_stand_in_the_tree_once_a_round_is_open_to_others(client, client_for, session, lead, storm) -> None:
    (ada,) = makers.make_coders(session, lead, 1)
    coding_round = makers.make_round(session, lead, [ada], makers.make_incidents(session, lead, 2))
    dimension_id = storm.dimension_id
    for _ in range(2):
        assignment = makers.assignment_of(session, ada, coding_round)
    makers.code_and_submit(session, ada, assignment, {dimension_id: [storm]})
    session.flush()
    counted = 'Retry storm</span><span class="count">1<'
    for viewer in (lead, ada):
        assert counted not in client_for(viewer).get(BOOK).text
    makers.move_round(session, lead, coding_round, "settling")
    session.flush()
    assert counted in client.get(BOOK).text
