"""The pages of incidents and imports: what a lead does, by plain forms and by htmx, and what others may not."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.testclient import TestClient

from app.db.session import Database
from app.incidents.models import Import, Incident
from app.main import create_app
from app.settings import Settings
from app.studies.viewer import Viewer
from tests import makers
from tests.conftest import SHARED
from tests.incidents.test_actions import LONG, ROWS, a_file
from tests.support.clients import HTMX, ClientFor

HOME = "/studies/genai"
REAL = SHARED / "data" / "genai-status" / "incident_stages.csv"


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session, slug="genai")


@pytest.fixture
def client(client_for: ClientFor, lead: Viewer) -> TestClient:
    return client_for(lead)


def send(client: TestClient, content: bytes, name: str = "incidents.csv") -> Response:
    return client.post(f"{HOME}/imports", files={"file": (name, content)})


def uploaded(client: TestClient, content: bytes | None = None) -> str:
    """The address of the upload."""
    answer = send(client, content if content is not None else a_file())
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def words(answer: Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def becomes(page: str, place: int) -> str:
    """What the column at that place becomes, as the page has it."""
    select_box = re.search(rf'name="becomes-{place}".*?</select>', page, re.DOTALL)
    assert select_box
    chosen = re.search(r'value="(\w+)" selected', select_box[0])
    assert chosen
    return chosen[1]


def test_a_file_is_uploaded_mapped_imported_and_reported(client: TestClient, session: Session) -> None:
    more = [f"{n},Title {n},{LONG} {n},chat,2025-03-0{n} 10:00" for n in (4, 5)]
    address = uploaded(client, a_file(*ROWS, *more, f"9,,{LONG},search,not known to anyone", "8,Eight,,search,"))

    mapping = client.get(address)
    assert "Which column is what?" in mapping.text and "new incidents 5" in words(mapping)
    assert [becomes(mapping.text, n) for n in range(5)] == ["external_id", "title", "text", "service", "started_at"]

    imported = client.post(f"{address}/rows", data={"cohort": "GenAI"})
    assert (imported.status_code, imported.headers["location"]) == (303, address)
    report = client.get(address)
    assert "5 incidents added" in report.text and "refused 2" in words(report)
    assert "not a time: not known to anyone" in report.text and "No text: cannot be coded" in report.text
    assert f'action="{HOME}/rounds/pilot"' in report.text
    assert set(session.scalars(select(Incident.cohort)).all()) == {"GenAI"}

    listed = client.get(f"{address}/refused.csv")
    assert listed.headers["content-type"].startswith("text/csv")
    assert listed.text.splitlines() == [
        "line,column,reason,came_in",
        "7,started_at,not a time: not known to anyone,no",
        "8,body,No text: cannot be coded,no",
    ]


def test_reading_a_page_stores_nothing(client: TestClient, session: Session) -> None:
    address = uploaded(client)
    for path in (address, f"{HOME}/imports/new", f"{HOME}/incidents"):
        assert client.get(path).status_code == 200
    assert client.post(f"{address}/mapping", data={"becomes-3": "cohort"}).status_code == 200

    assert session.scalars(select(Incident)).all() == []
    one = session.scalars(select(Import)).one()
    assert (one.imported_at, one.mapping) == (None, None)


def test_another_mapping_is_previewed_by_htmx_and_by_a_plain_form(client: TestClient) -> None:
    address = uploaded(client)
    changed = {"becomes-3": "cohort", "name-3-0": "Search team", "becomes-1": "text", "part-1": "1", "part-2": "2"}

    fragment = client.post(f"{address}/mapping", data=changed, headers=HTMX)
    assert fragment.text.lstrip().startswith('<form id="mapping"') and "<html" not in fragment.text
    assert becomes(fragment.text, 3) == "cohort" and "Search team" in fragment.text
    assert "Title Title 1" in words(fragment)

    plain = client.post(f"{address}/mapping", data=changed)
    assert plain.status_code == 200 and "<html" in plain.text and becomes(plain.text, 1) == "text"


def test_a_mapping_that_cannot_be_is_said_and_keeps_what_was_chosen(client: TestClient, session: Session) -> None:
    address = uploaded(client)
    for path in ("mapping", "rows"):
        answer = client.post(f"{address}/{path}", data={"becomes-3": "title"}, headers=HTMX)
        assert answer.status_code == 422
        assert "title and service cannot both be the title." in answer.text and becomes(answer.text, 3) == "title"
    without = client.post(f"{address}/mapping", data={"becomes-2": "attribute"})
    assert without.status_code == 422 and "No column becomes the text." in without.text
    zone = client.post(f"{address}/mapping", data={"zone-4": "Mars/Base"})
    assert zone.status_code == 422 and "The zone Mars/Base of started_at is not known." in zone.text
    assert session.scalars(select(Incident)).all() == []


def test_day_first_and_zone_are_asked_for_and_kept(client: TestClient, session: Session) -> None:
    rows = [f"{n},Title {n},{LONG} {n},search,0{n}/04/2025 10:00" for n in (1, 2, 3)]
    address = uploaded(client, a_file(*rows))
    page = client.get(address).text
    assert "day and month could be swapped" in page and "1 Apr 2025" in page and "4 Jan 2025" in page

    client.post(f"{address}/rows", data={"first-4": "month", "zone-4": "America/New_York"})
    began = session.scalars(select(Incident.started_at).where(Incident.external_id == "2")).one()
    assert began is not None and began.isoformat() == "2025-02-04T15:00:00+00:00"


def test_the_preview_shows_problems_first_or_as_they_come(client: TestClient) -> None:
    address = uploaded(client, a_file(*ROWS, "8,Eight,,search,"))

    def lines(page: str) -> list[str]:
        return re.findall(r'<tr class="is-\w+"><td>(\d+)</td>', page)

    assert lines(client.get(address).text) == ["5", "2", "3", "4"]
    assert lines(client.post(f"{address}/mapping", data={"cohort": ""}).text) == ["2", "3", "4", "5"]


def test_rows_that_are_here_already_are_counted_before_and_after(client: TestClient) -> None:
    client.post(f"{uploaded(client)}/rows")
    address = uploaded(client, a_file(*ROWS[:2], ROWS[2].replace("drained", "restarted")))

    page = client.get(address)
    assert "new incidents 0" in words(page) and "already here 3" in words(page)
    assert "1 id of this source is here with other content" in words(page)
    client.post(f"{address}/rows")
    assert "Nothing was added" in client.get(address).text


def test_an_upload_that_was_imported_is_not_imported_again(client: TestClient) -> None:
    address = uploaded(client)
    client.post(f"{address}/rows")

    for path in ("rows", "mapping"):
        again = client.post(f"{address}/{path}")
        assert again.status_code == 409 and "was imported already" in again.text


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b"\n \n", "read"),
        ("a.pdf", b"%PDF-1.7", "Files that end in .pdf cannot be read."),
        ("a.csv", b"only a header\n", "No row follows the header"),
        ("a.jsonl", b"{not json\n", "Line 1: not JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    client: TestClient, session: Session, name: str, content: bytes, sentence: str
) -> None:
    answer = send(client, content, name)

    assert answer.status_code == 422 and sentence in answer.text and 'aria-invalid="true"' in answer.text
    assert session.scalars(select(Import)).all() == []


def test_a_form_without_a_file_is_refused_with_a_sentence(client: TestClient) -> None:
    for answer in (
        client.post(f"{HOME}/imports", data={"file": "typed"}),
        client.post(f"{HOME}/imports", files={"other": ("a.csv", b"x")}),
    ):
        assert answer.status_code == 422 and "No file was chosen." in answer.text
    broken = client.post(f"{HOME}/imports", content=b"x", headers={"content-type": "multipart/form-data"})
    assert broken.status_code == 422 and "The upload broke off" in broken.text


def test_a_picture_is_not_a_table(client: TestClient) -> None:
    answer = send(client, bytes(range(256)) * 40, "a.csv")
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        assert client.get(answer.headers["location"]).status_code == 200


def test_a_row_with_a_nul_is_refused_and_named(client: TestClient) -> None:
    address = uploaded(client, a_file(*ROWS, f"8,Eight,{LONG} \0 end,search,2025-03-08"))
    page = client.get(address)

    assert page.status_code == 200 and "A NUL byte stands in the text" in page.text
    client.post(f"{address}/rows")
    assert "refused 1" in words(client.get(address))
    nul = client.post(f"{address}/mapping", data={"cohort": "a\0b"})
    assert nul.status_code == 422


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    session: Session, database: Database, client: TestClient, lead: Viewer
) -> None:
    small = create_app(Settings(database_url="postgresql+psycopg://nowhere", upload_limit_mib=1), database)
    limited = TestClient(small, follow_redirects=False, cookies=client.cookies)
    for size in (2**20 + 1, 3 * 2**20):
        answer = send(limited, a_file() + b"x" * size)
        assert answer.status_code == 413 and "larger than 1 MiB" in answer.text
    assert session.scalars(select(Import)).all() == []
    assert send(limited, a_file()).status_code == 303


def test_only_leads_import_and_leave_out(client_for: ClientFor, session: Session, lead: Viewer) -> None:
    address = uploaded(client_for(lead))
    incident = makers.make_incidents(session, lead, 1)[0]
    coder = client_for(makers.make_member(session, lead))
    stranger = client_for(makers.make_study(session))

    for someone, status in ((coder, 403), (stranger, 404)):
        assert someone.get(f"{HOME}/imports/new").status_code == status
        assert someone.get(address).status_code == status
        assert someone.get(f"{address}/refused.csv").status_code == status
        assert send(someone, a_file()).status_code == status
        assert someone.post(f"{address}/mapping").status_code == status
        assert someone.post(f"{address}/rows").status_code == status
        out = someone.post(f"{HOME}/incidents/{incident.id}/exclusion", data={"reason": "x"})
        assert out.status_code == status
    assert stranger.get(f"{HOME}/incidents").status_code == 404
    listed = coder.get(f"{HOME}/incidents")
    assert listed.status_code == 200 and "Import incidents" not in listed.text


def test_imports_and_incidents_of_another_study_are_not_found(client_for: ClientFor, session: Session) -> None:
    mine, other = makers.make_study(session, slug="genai"), makers.make_study(session, slug="other")
    address = uploaded(client_for(mine))
    incident = makers.make_incidents(session, mine, 1)[0]
    stranger = client_for(other)

    assert stranger.get(address.replace("genai", "other")).status_code == 404
    assert stranger.post(f"{address.replace('genai', 'other')}/rows").status_code == 404
    assert stranger.get(f"/studies/other/incidents/{incident.id}").status_code == 404
    assert client_for(None).get(f"{HOME}/incidents").status_code == 303


def test_the_list_is_found_in_filtered_and_paged(client: TestClient, session: Session, lead: Viewer) -> None:
    client.post(f"{uploaded(client)}/rows")
    makers.make_incidents(session, lead, 60)

    first = client.get(f"{HOME}/incidents")
    assert "63 incidents" in first.text and "Page 1 of 2" in first.text and "Title 1" in first.text
    second = client.get(f"{HOME}/incidents?page=2")
    assert "Incident 63" in second.text and ">Title 1<" not in second.text
    found = client.get(f"{HOME}/incidents?find=drained&service=search", headers=HTMX)
    assert found.text.lstrip().startswith('<div id="incident-list">') and "2 of 63 incidents" in found.text
    none = client.get(f"{HOME}/incidents?find=zebra")
    assert "No incident matches." in none.text
    for odd in ("?page=0", "?page=999999", "?page=x", "?find=%22((&", "?find=a%20%26%7C%21"):
        assert client.get(f"{HOME}/incidents{odd}").status_code == 200


def test_an_empty_study_says_what_to_do(
    client: TestClient, client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    assert f'href="{HOME}/imports/new"' in client.get(f"{HOME}/incidents").text
    coder = client_for(makers.make_member(session, lead))
    assert "The lead of the study imports them." in coder.get(f"{HOME}/incidents").text


def test_the_pilot_is_offered_until_there_is_a_round(client: TestClient, session: Session, lead: Viewer) -> None:
    client.post(f"{uploaded(client)}/rows")
    assert "Start a pilot" in client.get(f"{HOME}/incidents").text

    makers.make_dimension(session, lead)
    makers.make_round(session, lead, [lead], session.scalars(select(Incident)).all())
    assert "Start a pilot" not in client.get(f"{HOME}/incidents").text


def test_an_incident_shows_its_paragraphs_times_and_what_came_with_it(client: TestClient, session: Session) -> None:
    head = "id,title,body,service,started_at,detected_at,mitigated_at,colour"
    text = f'"<b>One</b> {LONG}.\n\nTwo & more."'
    row = f"7,Title,{text},search,2025-03-01 10:00,2025-03-01 10:30,2025-03-01 09:00,#333"
    client.post(f"{uploaded(client, a_file(row, head=head))}/rows")
    incident = session.scalars(select(Incident)).one()

    shown = client.get(f"{HOME}/incidents/{incident.id}")

    assert shown.text.count("<li><p>") == 2 and "Two &amp; more." in shown.text
    assert "Detected 1 Mar 2025 , 10:30 30 min" in words(shown)
    assert "mitigated before started" in words(shown) and "Triaged not known" in words(shown)
    assert "colour #333" in words(shown)
    assert client.get(f"{HOME}/incidents/999999").status_code == 404
    assert client.get(f"{HOME}/incidents/{2**70}").status_code == 404


def test_an_incident_is_left_out_with_a_reason(
    client: TestClient, client_for: ClientFor, session: Session, lead: Viewer
) -> None:
    incident = makers.make_incidents(session, lead, 1)[0]
    address = f"{HOME}/incidents/{incident.id}"

    blank = client.post(f"{address}/exclusion", data={"reason": " "})
    assert blank.status_code == 422 and "Say why this incident is left out" in blank.text

    assert client.post(f"{address}/exclusion", data={"reason": "It was a drill."}).status_code == 303
    seen = client_for(makers.make_member(session, lead)).get(address).text
    assert "It was a drill." in seen and "Take it in again" not in seen
    assert "left out" in client.get(f"{HOME}/incidents").text

    assert client.post(f"{address}/inclusion").status_code == 303
    assert "It was a drill." not in client.get(address).text


@pytest.mark.real_data
def test_the_real_status_pages_come_in_with_their_provider_as_cohort(client: TestClient, session: Session) -> None:
    if not Path(REAL).exists():
        pytest.skip("../shared/data/genai-status/incident_stages.csv is missing")
    address = uploaded(client, REAL.read_bytes())
    page = client.get(address)
    assert "794 rows" in page.text
    place = REAL.read_text(encoding="utf-8-sig").split("\n", 1)[0].split(",").index("provider")
    assert becomes(page.text, place) == "service"

    corrected = {f"becomes-{place}": "cohort", f"name-{place}-0": "Anthropic", "source": "status pages"}
    again = client.post(f"{address}/mapping", data=corrected, headers=HTMX)
    assert becomes(again.text, place) == "cohort" and "new incidents 792" in words(again)

    client.post(f"{address}/rows", data=corrected)
    assert "792 incidents added" in client.get(address).text and "refused 2" in words(client.get(address))
    cohorts = set(session.scalars(select(Incident.cohort)).all())
    assert {"Anthropic", "openai"} <= cohorts
    assert "792 incidents" in client.get(f"{HOME}/incidents").text
