"""The codebook's pages: what is read, by whom, and what a lead does there."""

import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.codebook import actions, moving
from app.codebook.actions import CodeText
from app.codebook.models import CodeRevision
from app.codebook.queries import visible_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.studies.models import Study, StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import HTMX, ClientFor

BOOK = "/studies/genai/codebook"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def cause(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Root cause", question="What made it possible?")


@pytest.fixture
def load(session: Session, lead: Viewer, cause: DimensionEntry) -> CodeEntry:
    return makers.make_code(session, lead, cause, "Load", is_category=True)


@pytest.fixture
def storm(session: Session, lead: Viewer, cause: DimensionEntry, load: CodeEntry) -> CodeEntry:
    return makers.make_code(
        session, lead, cause, "Retry storm", definition="Clients call again and again.", parent_id=load.id
    )


@pytest.fixture
def client(client_for: ClientFor, lead: Viewer, storm: CodeEntry) -> TestClient:
    return client_for(lead)


def typed(code: CodeEntry, **changed: str) -> dict[str, str]:
    return {
        "name": code.name,
        "definition": code.definition,
        "parent_id": str(code.parent_id or ""),
        "seen_seq": str(code.codebook_seq),
        "reason": "said better",
        **changed,
    }


def now_of(session: Session, lead: Viewer, code: CodeEntry) -> CodeEntry:
    return visible_codebook(session, lead.study.id, lead.member.id).codes[code.id]


def test_the_tree_shows_dimensions_categories_and_codes(client: TestClient) -> None:
    shown = client.get(BOOK).text

    assert shown.index("Root cause") < shown.index(">Load<") < shown.index(">Retry storm<")
    assert "What made it possible? Takes one code. Open to new codes." in shown


def test_a_code_page_shows_its_blocks_and_where_it_stands(client: TestClient, storm: CodeEntry) -> None:
    shown = client.get(f"{BOOK}/codes/{storm.id}").text

    for words in ("Clients call again and again.", "Use when", "Not when", "Created as “Retry storm”", "Root cause"):
        assert words in shown
    assert len(re.findall('aria-current="true"', shown)) == 1


def test_htmx_gets_the_code_or_the_tree_alone(client: TestClient, storm: CodeEntry) -> None:
    code = client.get(f"{BOOK}/codes/{storm.id}", headers=HTMX).text.lstrip()
    tree = client.get(f"{BOOK}/tree?find=storm", headers=HTMX).text.lstrip()

    assert code.startswith('<article class="code-page" id="code">')
    assert tree.startswith('<div class="tree-list" id="tree-list"') and "Retry storm" in tree


def test_looking_for_a_code_leaves_what_it_stands_under(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    makers.make_code(session, lead, cause, "Configuration change")

    shown = client.get(f"{BOOK}?find=STORM").text

    assert ">Retry storm<" in shown and ">Load<" in shown and "Configuration change" not in shown
    assert "No code has “nothing such”" in client.get(f"{BOOK}?find=nothing such").text


def test_a_version_shows_what_stood_then(client: TestClient, session: Session, lead: Viewer, storm: CodeEntry) -> None:
    assert client.post(f"{BOOK}/versions", data={"name": "v1", "notes": "First"}).status_code == 303
    client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, name="Retries"))
    version = client.get(BOOK).text.split("version=")[1].split('"')[0]

    then = client.get(f"{BOOK}/codes/{storm.id}?version={version}").text
    assert "<h1>Retry storm</h1>" in then and "Renamed" not in then and "/revisions/new" not in then
    now = client.get(f"{BOOK}/codes/{storm.id}").text
    assert "<h1>Retries</h1>" in now and "Renamed from “Retry storm”" in now


@pytest.mark.parametrize("version", ["0", "x", "-1", "9" * 30, "１"])
def test_a_version_that_is_none_is_not_found(client: TestClient, version: str) -> None:
    assert client.get(BOOK, params={"version": version}).status_code == 404


def test_a_version_without_a_name_or_named_twice_is_refused(client: TestClient) -> None:
    client.post(f"{BOOK}/versions", data={"name": "v1"})

    assert "A name is missing" in client.post(f"{BOOK}/versions", data={"name": " "}).text
    again = client.post(f"{BOOK}/versions", data={"name": "v1", "notes": "typed words"})
    assert again.status_code == 422 and "exists already" in again.text and "typed words" in again.text


def test_the_lead_adds_a_code_and_a_category(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry, load: CodeEntry
) -> None:
    posted = {
        "dimension_id": str(cause.id), "parent_id": str(load.id), "name": "Quota exhausted", "definition": "No more.",
        "examples": "“Quota exceeded”\n\nAll calls were refused.", "reason": "seen twice",
    }  # fmt: skip
    answer = client.post(f"{BOOK}/codes", data=posted)

    code = next(
        c
        for c in visible_codebook(session, lead.study.id, lead.member.id).codes.values()
        if c.name == "Quota exhausted"
    )
    assert answer.headers["location"] == f"{BOOK}/codes/{code.id}"
    assert (code.origin, code.parent_id, code.disclosed) == ("curation", load.id, "whole")
    assert [e["text"] for e in code.examples] == ["“Quota exceeded”", "All calls were refused."]
    page = client.get(f"{BOOK}/codes/new", params={"dimension": cause.id, "kind": "category"})
    assert "A category groups codes" in page.text
    client.post(f"{BOOK}/codes", data={"dimension_id": str(cause.id), "kind": "category", "name": "Change"})
    shown = visible_codebook(session, lead.study.id, lead.member.id)
    assert [c.name for c in shown.codes.values() if c.is_category] == ["Load", "Change"]


def test_a_name_that_stands_there_already_is_refused_and_the_text_kept(
    client: TestClient, cause: DimensionEntry, load: CodeEntry
) -> None:
    posted = {"dimension_id": str(cause.id), "parent_id": str(load.id), "name": "RETRY storm", "definition": "Kept."}
    answer = client.post(f"{BOOK}/codes", data=posted)

    assert answer.status_code == 422 and "stands here already" in answer.text and "Kept." in answer.text


def test_a_change_needs_a_reason_and_keeps_what_was_typed(
    client: TestClient, session: Session, storm: CodeEntry
) -> None:
    posted = typed(storm, reason="", definition="New words")
    answer = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=posted)

    assert answer.status_code == 422 and "Say why" in answer.text and "New words" in answer.text
    assert session.scalar(select(func.count()).where(CodeRevision.code_id == storm.id)) == 1


def test_a_change_is_in_the_history_with_its_reason_and_difference(client: TestClient, storm: CodeEntry) -> None:
    posted = typed(storm, definition="Clients repeat calls.", not_when="The load is new.", parent_id="")
    assert client.post(f"{BOOK}/codes/{storm.id}/revisions", data=posted).status_code == 303

    shown = client.get(f"{BOOK}/codes/{storm.id}").text
    assert "Moved from “Load” to the top; definition, not when reworded" in shown
    assert "said better" in shown
    assert "<del>Clients call again and again.</del>" in shown and "<ins>Clients repeat calls.</ins>" in shown


def test_two_who_change_one_code_see_both_states_and_nothing_is_lost(
    client: TestClient, session: Session, lead: Viewer, storm: CodeEntry
) -> None:
    client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, definition="Theirs"))
    seq = session.scalars(select(Study.codebook_seq).where(Study.id == lead.study.id)).one()

    answer = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, definition="Mine"))

    assert answer.status_code == 409
    assert "<td>Theirs</td><td>Mine</td>" in answer.text and "Nothing was overwritten" in answer.text
    assert now_of(session, lead, storm).definition == "Theirs"
    session.expire_all()
    assert session.scalars(select(Study.codebook_seq).where(Study.id == lead.study.id)).one() == seq
    seen = re.search(r'name="seen_seq" value="(\d+)"', answer.text)[1]
    over = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, definition="Mine", seen_seq=seen))
    assert over.status_code == 303 and now_of(session, lead, storm).definition == "Mine"


def test_an_example_that_stayed_keeps_its_incident(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    words = CodeText("Config", examples=({"text": "A push broke it.", "incident_id": 9},))
    code = actions.create_code(session, lead.study.id, lead.member, cause.id, words, origin="curation")
    session.flush()

    posted = typed(code, examples="A push broke it.\nAnother one.")
    client.post(f"{BOOK}/codes/{code.id}/revisions", data=posted)

    assert list(now_of(session, lead, code).examples) == [
        words.examples[0],
        {"kind": "typical", "text": "Another one."},
    ]


def test_the_page_offers_no_parent_that_would_make_a_circle(
    client: TestClient, load: CodeEntry, storm: CodeEntry
) -> None:
    shown = client.get(f"{BOOK}/codes/{load.id}/revisions/new").text
    assert f'<option value="{storm.id}"' not in shown

    answer = client.post(f"{BOOK}/codes/{load.id}/revisions", data=typed(load, parent_id=str(storm.id)))
    assert answer.status_code == 422 and "itself or what stands under it" in answer.text


def test_merging_leads_to_where_the_code_lives_on(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry, storm: CodeEntry
) -> None:
    calls = makers.make_code(session, lead, cause, "Repeated calls")
    assert "Repeated calls" in client.get(f"{BOOK}/codes/{storm.id}/mergers/new").text

    answer = client.post(f"{BOOK}/codes/{storm.id}/mergers", data={"into_id": str(calls.id), "reason": "the same"})

    assert answer.headers["location"] == f"{BOOK}/codes/{calls.id}"
    shown = client.get(f"{BOOK}/codes/{storm.id}").text
    assert "It lives on in" in shown and "Merged into “Repeated calls”" in shown and "the same" in shown
    assert (
        client.post(f"{BOOK}/codes/{storm.id}/mergers", data={"into_id": str(calls.id), "reason": "x"}).status_code
        == 409
    )


@pytest.mark.parametrize(
    ("into", "reason", "sentence"),
    [("", "why", "Choose the code"), ("load", "why", "not one into the other"), ("load", "", "Say why")],
)
def test_a_merger_that_cannot_be_is_refused(
    client: TestClient, session: Session, lead: Viewer, load: CodeEntry, storm: CodeEntry,
    cause: DimensionEntry, into: str, reason: str, sentence: str,
) -> None:  # fmt: skip
    makers.make_code(session, lead, cause, "Repeated calls")
    posted = {"into_id": str(load.id) if into else "", "reason": reason}
    answer = client.post(f"{BOOK}/codes/{storm.id}/mergers", data=posted)

    assert answer.status_code == 422 and sentence in answer.text


def test_a_code_is_retired_with_a_reason_and_brought_back(client: TestClient, storm: CodeEntry) -> None:
    page = f"{BOOK}/codes/{storm.id}"
    assert client.get(f"{page}/retirement/new").status_code == 200
    assert client.post(f"{page}/retirement", data={"reason": ""}).status_code == 422
    assert client.post(f"{page}/retirement", data={"reason": "unused"}).status_code == 303
    assert "It can no longer be applied" in client.get(page).text
    assert "Retired, merged and split" in client.get(BOOK).text

    assert client.post(f"{page}/restoration").status_code == 422
    assert "Bring Retry storm back" in client.get(f"{page}/restoration/new").text
    assert client.post(f"{page}/restoration", data={"reason": "used again"}).status_code == 303
    assert "It can no longer be applied" not in client.get(page).text


READ_BY_ALL = ["", "/tree", "/codes/{code}", "/dimensions"]
FOR_LEADS = [
    ("GET", "/codes/new?dimension={dimension}"),
    ("POST", "/codes"),
    ("GET", "/codes/{code}/revisions/new"),
    ("POST", "/codes/{code}/revisions"),
    ("GET", "/codes/{code}/mergers/new"),
    ("POST", "/codes/{code}/mergers"),
    ("GET", "/codes/{code}/retirement/new"),
    ("POST", "/codes/{code}/retirement"),
    ("POST", "/codes/{code}/restoration"),
    ("GET", "/codes/{code}/moves/new"),
    ("POST", "/codes/{code}/moves"),
    ("GET", "/codes/{code}/splits/new"),
    ("POST", "/codes/{code}/splits"),
    ("GET", "/codes/{code}/dimension/new"),
    ("POST", "/codes/{code}/dimension"),
    ("GET", "/codes/{code}/promotion/new"),
    ("POST", "/codes/{code}/promotion"),
    ("GET", "/codes/{code}/examples/new"),
    ("POST", "/codes/{code}/examples"),
    ("POST", "/versions"),
    ("POST", "/dimensions"),
    ("GET", "/dimensions/{dimension}"),
    ("POST", "/dimensions/{dimension}/revisions"),
    ("POST", "/dimensions/{dimension}/moves"),
    ("POST", "/dimensions/{dimension}/retirement"),
]
POSTED = {"name": "Eve", "reason": "why", "direction": "down", "takes": "one", "openness": "open", "seen_seq": "999"}


def everything(storm: CodeEntry) -> list[tuple[str, str]]:
    paths = [("GET", path) for path in READ_BY_ALL] + FOR_LEADS
    return [(method, BOOK + path.format(code=storm.id, dimension=storm.dimension_id)) for method, path in paths]


@pytest.mark.parametrize("role", ["coder", "adjudicator", "reader"])
def test_others_than_the_lead_read_the_codebook_and_change_nothing(
    client_for: ClientFor, session: Session, lead: Viewer, storm: CodeEntry, role: str
) -> None:
    client = client_for(makers.make_member(session, lead, role=role))
    before = session.scalar(select(func.count()).select_from(StudyEvent))

    for method, path in everything(storm)[: len(READ_BY_ALL)]:
        assert client.request(method, path).status_code == 200
    for method, path in everything(storm)[len(READ_BY_ALL) :]:
        assert client.request(method, path, data=POSTED).status_code == 403, path
    assert session.scalar(select(func.count()).select_from(StudyEvent)) == before


def test_promise_12_who_is_no_member_finds_no_codebook(
    client_for: ClientFor, session: Session, lead: Viewer, storm: CodeEntry
) -> None:
    stranger = makers.make_study(session)
    client = client_for(stranger)

    for method, path in everything(storm):
        assert client.request(method, path, data=POSTED).status_code == 404, path


def test_promise_12_no_code_or_dimension_is_reached_through_another_study(
    client_for: ClientFor, session: Session, lead: Viewer, storm: CodeEntry
) -> None:
    actions.name_version(session, lead.study.id, lead.member, name="v1")
    version = client_for(lead).get(BOOK).text.split("version=")[1].split('"')[0]
    other = makers.make_study(session)
    own = makers.make_code(session, other, makers.make_dimension(session, other), "Own")
    client = client_for(other)
    theirs = f"/studies/{other.study.slug}/codebook"

    for method, path in everything(storm):
        if str(storm.id) in path.split("/") or str(storm.dimension_id) in path.split("/"):
            path = path.replace(BOOK, theirs)
            assert client.request(method, path, data=POSTED).status_code == 404, path
    assert client.get(f"{theirs}?version={version}").status_code == 404
    assert client.get(f"{theirs}/codes/new?dimension={storm.dimension_id}").status_code == 404
    for field, path in [("parent_id", f"/codes/{own.id}/revisions"), ("into_id", f"/codes/{own.id}/mergers")]:
        assert client.post(theirs + path, data=typed(own, **{field: str(storm.id)})).status_code == 404
    posted = {"dimension_id": str(own.dimension_id), "parent_id": str(storm.id), "name": "x"}
    assert client.post(f"{theirs}/codes", data=posted).status_code == 404
    assert client.post(f"{theirs}/codes", data={**posted, "dimension_id": str(storm.dimension_id)}).status_code == 404


def test_promise_1_a_private_code_is_nowhere_but_with_its_author(
    client_for: ClientFor, session: Session, lead: Viewer, cause: DimensionEntry, storm: CodeEntry
) -> None:
    ada, ben = makers.make_coders(session, lead, 2)
    words = CodeText("Secret code", "Secret words")
    hidden = actions.create_code(session, lead.study.id, ada.member, cause.id, words, origin="coding", disclosed="")
    session.flush()

    for viewer in (lead, ben):
        client = client_for(viewer)
        for path in ("", "?find=secret", "/tree?find=secret", f"/codes/{storm.id}", "/dimensions"):
            shown = client.get(BOOK + path).text
            assert "Secret" not in shown and '<span class="count">2<' not in shown
        assert client.get(f"{BOOK}/codes/{hidden.id}").status_code == 404
    acts = ("revisions", "mergers", "retirement", "moves", "splits", "dimension", "promotion", "examples")
    for page in (f"{act}/new" for act in acts):
        assert client_for(lead).get(f"{BOOK}/codes/{hidden.id}/{page}").status_code == 404
        assert "Secret" not in client_for(lead).get(f"{BOOK}/codes/{storm.id}/{page}").text
    for act in (*acts, "restoration"):
        assert client_for(lead).post(f"{BOOK}/codes/{hidden.id}/{act}", data=POSTED).status_code == 404
    own = client_for(ada).get(f"{BOOK}/codes/{hidden.id}").text
    assert "Secret words" in own and "yours alone" in own


def test_promise_1_of_a_code_shared_by_name_no_word_and_no_author_is_shown(
    client_for: ClientFor, session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    ada = makers.make_member(session, lead)
    code = actions.create_code(
        session, lead.study.id, ada.member, cause.id, CodeText("Retry storm", "Secret words"),
        origin="coding", disclosed="name",
    )  # fmt: skip
    session.flush()
    client = client_for(lead)

    shown = client.get(f"{BOOK}/codes/{code.id}").text

    assert "Only its name is shared" in shown
    assert "Secret" not in shown and ada.member.name not in shown and "History" not in shown.split("<main")[1]
    assert client.get(f"{BOOK}/codes/{code.id}/revisions/new").status_code == 409
    assert client.post(f"{BOOK}/codes/{code.id}/retirement", data=POSTED).status_code == 409


@pytest.mark.parametrize("code_id", ["0", "-1", "x", str(2**63), "9" * 40])
def test_what_cannot_be_a_code_is_not_found(client: TestClient, code_id: str) -> None:
    assert client.get(f"{BOOK}/codes/{code_id}").status_code == 404


def test_numbers_that_no_column_holds_are_refused_at_the_edge(client: TestClient, storm: CodeEntry) -> None:
    answer = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, parent_id=str(2**63)))

    assert answer.status_code == 422


def test_a_change_of_what_was_put_away_meanwhile_keeps_the_words_that_were_typed(
    client: TestClient, session: Session, lead: Viewer, storm: CodeEntry
) -> None:
    actions.retire_code(session, lead.study.id, lead.member, storm.id, reason="unused")
    session.flush()
    answer = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, definition="An hour of thought."))
    assert answer.status_code == 409
    assert "An hour of thought." in answer.text and "was put away" in answer.text
    assert "Save mine over it" not in answer.text
    assert "was put away" in client.get(f"{BOOK}/codes/{storm.id}/revisions/new").text


def test_who_changes_a_code_that_was_moved_meanwhile_sees_where_it_went(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry, storm: CodeEntry
) -> None:
    change = makers.make_code(session, lead, cause, "Change", is_category=True)
    moving.move_code(session, lead.study.id, lead.member, storm.id, parent_id=change.id, reason="order")
    session.flush()
    answer = client.post(f"{BOOK}/codes/{storm.id}/revisions", data=typed(storm, definition="Again and again."))
    assert answer.status_code == 409
    assert re.search(r'<th scope="row">Stands under</th><td>Change</td><td>Load</td>', answer.text)


def test_a_new_code_under_what_was_put_away_meanwhile_keeps_the_words_that_were_typed(
    client: TestClient, session: Session, lead: Viewer, load: CodeEntry
) -> None:
    actions.retire_code(session, lead.study.id, lead.member, load.id, reason="unused")
    session.flush()
    posted = {"dimension_id": str(load.dimension_id), "parent_id": str(load.id), "name": "Queue full", "reason": ""}
    answer = client.post(f"{BOOK}/codes", data=posted)
    assert answer.status_code == 409 and 'value="Queue full"' in answer.text and "was put away" in answer.text


def test_a_version_from_before_a_code_was_made_says_so_and_shows_what_it_has(
    client: TestClient, session: Session, lead: Viewer, cause: DimensionEntry
) -> None:
    version = actions.name_version(session, lead.study.id, lead.member, name="v1")
    later = makers.make_code(session, lead, cause, "Came later")
    session.flush()
    answer = client.get(f"{BOOK}/codes/{later.id}?version={version.id}")
    assert answer.status_code == 404
    assert "“Came later” was not in the codebook then." in answer.text and ">Retry storm<" in answer.text
    assert client.get(f"{BOOK}/codes/999999?version={version.id}").status_code == 404
