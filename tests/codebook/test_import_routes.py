"""The pages that bring a codebook in: a preview that stores nothing, choices where the words differ, one act."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.codebook.actions import CodeText, create_code, retire_code
from app.codebook.models import Code, CodeRevision, Dimension
from app.codebook.queries import code_history, whole_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.studies.models import StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import HTMX, ClientFor

AT = "/studies/genai/codebook/imports"
FILE = (
    "dimension,code,parent,definition,use when\n"
    "cause,Network,,Packets and routes.,They are lost\n"
    "cause,Human,,,\n"
    "cause,Slip,Human,A hand slipped.,\n"
    "Impact,Users,,,\n"
)


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def cause(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Cause")


@pytest.fixture
def network(session: Session, lead: Viewer, cause: DimensionEntry) -> CodeEntry:
    return makers.make_code(session, lead, cause, "Network", definition="Cables.")


@pytest.fixture
def client(client_for: ClientFor, lead: Viewer, network: CodeEntry) -> TestClient:
    return client_for(lead)


def upload(client: TestClient, content: str | bytes = FILE, name: str = "codes.csv"):
    raw = content.encode() if isinstance(content, str) else content
    return client.post(AT, files={"file": (name, raw)})


def fields_of(page: str) -> dict[str, str]:
    """As a browser would send them: every input, chosen radio and select of the form."""
    form = page[page.index('<form id="import-plan"') :]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind, name = re.search(r'type="(\w+)"', tag), re.search(r'name="([^"]+)"', tag)
        if name and kind and (kind.group(1) != "radio" or " checked" in tag):
            value = re.search(r'value="([^"]*)"', tag)
            found[name.group(1)] = unescape(value.group(1)) if value else ""
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found[name] = unescape(chosen.group(1)) if chosen else ""
    return found


def rows_of_codebook(session: Session) -> tuple[int, ...]:
    models = (Code, CodeRevision, Dimension, StudyEvent)
    return tuple(session.scalars(select(func.count()).select_from(model)).one() for model in models)


def names(session: Session, lead: Viewer) -> list[tuple[str, int, str]]:
    book = whole_codebook(session, lead.study.id)
    return [(d.name, depth, code.name) for d in book.dimensions for code, depth in book.tree_of(d.id)]


def test_the_preview_tells_what_is_added_matched_and_conflicting_and_stores_nothing(session, client):
    before = rows_of_codebook(session)
    page = upload(client).text

    assert "3 codes added, 0 here already, 1 with other words" in page
    assert "Cables." in page and "Packets and routes." in page
    assert "Keep ours" in page and "Take theirs" in page
    fields = fields_of(page)
    assert client.post(f"{AT}/preview", data=fields).status_code == 200
    assert 'id="import-plan"' in client.post(f"{AT}/preview", data=fields, headers=HTMX).text
    assert rows_of_codebook(session) == before


def test_ours_stays_unless_theirs_is_taken(session, client, lead, network):
    fields = fields_of(upload(client).text)
    answer = client.post(f"{AT}/codes", data=fields)
    assert re.fullmatch(rf"{AT}/\d+", answer.headers["location"])

    assert names(session, lead) == [
        ("Cause", 0, "Network"),
        ("Cause", 0, "Human"),
        ("Cause", 1, "Slip"),
        ("Impact", 0, "Users"),
    ]
    code = whole_codebook(session, lead.study.id).codes[network.id]
    assert (code.definition, code.use_when) == ("Cables.", "")
    report = client.get(answer.headers["location"]).text
    assert "3 codes added" in report and "codes.csv" in report


def test_theirs_is_taken_where_the_lead_says_so_and_the_reason_is_kept(session, client, lead, network):
    fields = fields_of(upload(client).text)
    fields |= {name: "theirs" for name in fields if name.startswith("words-")}
    answer = client.post(f"{AT}/codes", data=fields | {"reason": "Agreed with the other team"})

    code = whole_codebook(session, lead.study.id).codes[network.id]
    assert (code.definition, code.use_when) == ("Packets and routes.", "They are lost")
    newest = code_history(session, lead.study.id, network.id)[0]
    assert (newest.kind, newest.reason) == ("edited", "Agreed with the other team")
    added = session.scalars(select(CodeRevision).where(CodeRevision.name == "Slip")).one()
    assert (added.reason, added.codebook_seq) == ("Agreed with the other team", newest.codebook_seq)
    event = session.scalars(select(StudyEvent).where(StudyEvent.kind == "codebook.imported")).one()
    assert (event.details["taken"], event.details["added"], event.details["reason"]) == (
        ["Network"], 3, "Agreed with the other team",
    )  # fmt: skip
    assert "Network" in client.get(answer.headers["location"]).text


def test_an_example_that_stays_keeps_its_incident(session, client, lead, cause):
    kept, gone = {"text": "The uplink flapped.", "incident_id": 7}, {"text": "Old.", "incident_id": 8}
    words = CodeText("Carrier", examples=(kept, gone))
    made = create_code(session, lead.study.id, lead.member, cause.id, words, origin="coding")
    book = [{"dimension": "Cause", "name": "Carrier", "examples": ["The uplink  flapped.", "A new one."]}]
    page = upload(client, json.dumps(book), "a.json").text
    client.post(f"{AT}/codes", data=fields_of(page) | {"all_words": "theirs"})
    found = whole_codebook(session, lead.study.id).codes[made.id].examples
    assert [(each["text"], each.get("incident_id")) for each in found] == [(kept["text"], 7), ("A new one.", None)]


def test_theirs_everywhere_needs_no_choice_for_each(session, client, lead, network):
    fields = fields_of(upload(client).text) | {"all_words": "theirs"}
    client.post(f"{AT}/codes", data=fields)
    assert whole_codebook(session, lead.study.id).codes[network.id].definition == "Packets and routes."


def test_a_dimension_of_the_file_goes_into_one_that_is_here_into_a_new_one_or_nowhere(session, client, lead, cause):
    page = upload(client, "code,definition\nNetwork,Cables.\nDisk,\n").text
    assert "The file does not say which dimension its codes answer." in page
    fields = fields_of(page)
    refused = client.post(f"{AT}/codes", data=fields)
    assert refused.status_code == 422 and "which dimension its codes answer" in refused.text

    here = client.post(f"{AT}/preview", data=fields | {"into-0": str(cause.id)}).text
    assert "1 code added, 1 here already, 0 with other words" in here
    assert client.post(f"{AT}/codes", data=fields_of(here)).status_code == 303
    assert names(session, lead) == [("Cause", 0, "Network"), ("Cause", 0, "Disk")]

    fields = fields_of(upload(client).text) | {"into-0": "out", "into-1": "new", "named-1": "Harm"}
    assert client.post(f"{AT}/codes", data=fields).status_code == 303
    assert names(session, lead)[2:] == [("Harm", 0, "Users")]


def test_a_name_that_is_taken_stands_at_its_field(client):
    fields = fields_of(upload(client, "dimension,code\nImpact,Users\n").text) | {"named-0": "CAUSE"}
    page = client.post(f"{AT}/codes", data=fields)
    assert page.status_code == 422 and 'aria-invalid="true"' in page.text
    assert "a dimension with this name already" in page.text


def test_promise_6_a_codebook_that_changed_meanwhile_is_not_written_to(session, client, lead, cause):
    fields = fields_of(upload(client).text)
    makers.make_code(session, lead, cause, "Human")
    before = rows_of_codebook(session)

    answer = client.post(f"{AT}/codes", data=fields)

    assert answer.status_code == 409 and "changed after this preview was made" in answer.text
    assert "2 codes added, 1 here already" in answer.text
    assert rows_of_codebook(session) == before
    assert client.post(f"{AT}/codes", data=fields_of(answer.text)).status_code == 303


def test_what_a_coder_coins_alone_neither_shows_nor_hinders(session, client, lead, cause):
    fields = fields_of(upload(client).text)
    ben = makers.make_member(session, lead)
    makers.make_code(session, ben, cause, "Slip", disclosed="")
    page = client.post(f"{AT}/preview", data=fields).text
    assert "3 codes added" in page
    assert client.post(f"{AT}/codes", data=fields).status_code == 303


def test_a_form_that_comes_twice_is_done_once(session, client, lead):
    fields = fields_of(upload(client).text)
    first, second = (client.post(f"{AT}/codes", data=fields) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    events = session.scalars(select(StudyEvent).where(StudyEvent.kind == "codebook.imported")).all()
    assert len(events) == 1


def test_a_reason_is_asked_for_and_a_file_without_news_is_refused(session, client):
    fields = fields_of(upload(client).text)
    unsaid = client.post(f"{AT}/codes", data=fields | {"reason": " "})
    assert unsaid.status_code == 422 and "Say why" in unsaid.text

    before = rows_of_codebook(session)
    fields = fields_of(upload(client, "dimension,code,definition\nCause,Network,Wires\n").text)
    answer = client.post(f"{AT}/codes", data=fields)
    assert answer.status_code == 422 and "nothing to bring in" in answer.text
    assert rows_of_codebook(session) == before


def test_levels_in_names_are_taken_apart_when_asked(session, client, lead):
    fields = fields_of(upload(client, "name\nHuman::Slip\nHuman\nNet::Cable\n", "tags.csv").text) | {"named-0": "Root"}
    assert "level_sign" in fields
    page = client.post(f"{AT}/preview", data=fields | {"level_sign": "::"}).text
    client.post(f"{AT}/codes", data=fields_of(page))
    assert names(session, lead)[1:] == [
        ("Root", 0, "Human"), ("Root", 1, "Slip"), ("Root", 0, "Net"), ("Root", 1, "Cable"),
    ]  # fmt: skip


def test_what_the_file_calls_dimensions_may_be_categories(session, client, lead, cause):
    fields = fields_of(upload(client).text) | {"one_dimension": "yes"}
    page = client.post(f"{AT}/preview", data=fields).text
    client.post(f"{AT}/codes", data=fields_of(page) | {"into-0": str(cause.id)})
    assert ("Cause", 1, "Network") in names(session, lead) and ("Cause", 2, "Slip") in names(session, lead)


def test_of_a_code_that_was_retired_here_it_is_said(session, client, lead, network):
    retire_code(session, lead.study.id, lead.member, network.id, reason="unused")
    assert "a code of this name was retired here" in upload(client).text


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "codes.csv", "empty"),
        (b"a", "", "No file was chosen"),
        (b"a,b\n1,2\n", "codes.csv", "No column names the codes"),
        (b"a", "codes.docx", "end in .docx"),
        (b'{"dimensions": 3}', "codes.json", "neither"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_on_the_page(client, content, name, sentence):
    answer = upload(client, content, name) if name else client.post(AT, data={"file": ""})
    assert answer.status_code == 422 and sentence in answer.text and 'aria-invalid="true"' in answer.text


def test_a_file_beyond_the_limit_is_refused_with_a_sentence(client):
    answer = upload(client, b"code\n" + b"x" * (5 * 2**20))
    assert answer.status_code == 413 and "larger than 4 MiB" in answer.text


@pytest.mark.parametrize("content", ["", "é", "a", "====", "bm90IGNzdg"])
def test_a_form_whose_file_is_damaged_is_refused_and_stores_nothing(session, client, content):
    fields = fields_of(upload(client).text)
    before = rows_of_codebook(session)
    for address in ("preview", "codes"):
        answer = client.post(f"{AT}/{address}", data=fields | {"content": content})
        assert answer.status_code == 422
    assert rows_of_codebook(session) == before


def test_thousands_of_other_words_are_decided_at_once(session, client, lead, cause):
    codes = [{"id": n, "name": f"Code {n}", "definition": "ours"} for n in range(1_200)]
    book = {"dimensions": [{"name": "Many", "codes": codes}]}
    client.post(f"{AT}/codes", data=fields_of(upload(client, json.dumps(book), "a.json").text))
    page = upload(client, json.dumps(book).replace("ours", "theirs"), "a.json").text
    assert "1,200 with other words" in page and 'type="radio"' not in page
    client.post(f"{AT}/codes", data=fields_of(page) | {"all_words": "theirs"})
    found = [c.definition for c in whole_codebook(session, lead.study.id).codes.values() if c.name.startswith("Code ")]
    assert set(found) == {"theirs"} and len(found) == 1_200


def test_only_leads_bring_in_and_the_report_is_for_members(session, client, client_for, lead):
    location = client.post(f"{AT}/codes", data=fields_of(upload(client).text)).headers["location"]
    coder = client_for(makers.make_member(session, lead))
    assert coder.get(f"{AT}/new").status_code == 403 and upload(coder).status_code == 403
    assert coder.get(location).status_code == 200
    assert client_for(makers.make_study(session)).get(location).status_code == 404
    assert client.get(f"{AT}/999999").status_code == 404
    assert location in client.get("/studies/genai/history").text
