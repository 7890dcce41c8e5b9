"""`tandem import incidents` from the outside: what comes in, what is printed where, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.cli import tandem
from app.db.session import Database
from app.incidents.models import Import, Incident
from app.studies.actions import create_study
from app.studies.models import Membership, StudyEvent
from tests.conftest import SHARED
from tests.support.databases import reading

__all__ = ["reading"]

REAL = SHARED / "data" / "genai-status" / "incident_stages.csv"
LONG = "the queue filled up and every client that called got nothing but errors until we drained it"
HEAD = "id,title,body,service,started_at"
ROWS = [f"{n},Title {n},{LONG} {n},{'mail' if n == 2 else 'search'},2025-03-0{n} 10:00" for n in (1, 2, 3)]

MORE = [f"{n},Title {n},{LONG} {n},chat,2025-03-0{n} 10:00" for n in (4, 5)]


@pytest.fixture
def url(own_database: URL) -> str:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url, pool_size=1)
    with database.transaction() as session:
        create_study(session, None, slug="genai", title="GenAI")
    database.dispose()
    return url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path / "incidents.csv", *ROWS)


def written(path: Path, *rows: str, head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def run(url: str, *arguments: str | Path, slug: str = "genai") -> Result:
    typed = ["import", "incidents", slug, *(str(argument) for argument in arguments)]
    return CliRunner().invoke(tandem, typed, env={"TANDEM_DATABASE_URL": url})


def document(url: str, *arguments: str | Path, exit_code: int = 0) -> dict[str, Any]:
    result = run(url, *arguments, "--json")
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_file_comes_in_once_in_the_name_of_the_lead(url: str, file: Path, reading: Session) -> None:
    first = run(url, file)
    assert (first.exit_code, first.stdout) == (0, ""), first.stderr
    assert "3 added, 0 already here, 0 refused." in first.stderr
    assert "0 added, 3 already here" in run(url, file).stderr

    lead = reading.scalars(select(Membership)).one()
    assert len(reading.scalars(select(Incident)).all()) == 3
    events = reading.scalars(select(StudyEvent).where(StudyEvent.kind == "incidents.imported")).all()
    assert {event.member_id for event in events} == {lead.id}


def test_the_mapping_is_guessed_where_the_command_line_says_nothing(url: str, file: Path, reading: Session) -> None:
    arguments = ("--map", "cohort=service", "--text-from", "title,body", "--source", "status", "--map", "title=id")
    mapping = document(url, file, *arguments)["files"][0]["mapping"]

    assert mapping["text_from"] == ["title", "body"]
    assert {one["column"]: one["field"] for one in mapping["columns"]} == {
        "id": "title", "title": "text", "body": "text", "service": "cohort", "started_at": "started_at",
    }  # fmt: skip
    one = reading.scalars(select(Incident).order_by(Incident.number)).first()
    assert one is not None and (one.cohort, one.source) == ("search", "status")
    assert one.text is not None and one.text.startswith("Title\nTitle 1\n\nBody\n")


def test_text_named_by_map_is_the_whole_text(url: str, file: Path) -> None:
    assert document(url, file, "--map", "text=title")["files"][0]["mapping"]["text_from"] == ["title"]


def test_refused_rows_are_listed_and_the_good_ones_come_in(url: str, tmp_path: Path, reading: Session) -> None:
    path = written(tmp_path / "some.csv", *ROWS, "8,Eight,,search,", *MORE, f"9,Nine,{LONG},search,soon")
    told = run(url, path)

    assert told.exit_code == 0
    assert f"{path}:5: body: No text: cannot be coded" in told.stderr
    assert f"{path}:8: started_at: not a time: soon" in told.stderr
    again = document(url, path)
    assert (again["added"], again["already_here"], again["refused"]) == (0, 5, 2)
    assert again["files"][0]["refused"][0] == {"line": 5, "column": "body", "reason": "No text: cannot be coded"}


def test_a_file_that_cannot_be_read_ends_with_1_and_the_others_come_in(url: str, file: Path, tmp_path: Path) -> None:
    empty, none = tmp_path / "empty.csv", written(tmp_path / "none.csv", "1,Title,,search,", "2,Title,,search,")
    empty.write_bytes(b"")
    found = document(url, empty, file, none, "--map", "text=body", exit_code=1)

    assert found["added"] == 3 and [one["added"] for one in found["files"]] == [0, 3, 0]
    assert found["files"][0]["problem"] and found["files"][2]["problem"].startswith("No row of this file")
    assert len(found["files"][2]["refused"]) == 2


def test_a_dry_run_changes_nothing(url: str, file: Path, reading: Session) -> None:
    result = run(url, file, "--dry-run", "--cohort", "GenAI")

    assert result.exit_code == 0 and "3 to add" in result.stderr
    assert reading.scalars(select(Import)).all() == [] and reading.scalars(select(Incident)).all() == []


def test_days_zones_and_cohort_are_as_said(url: str, tmp_path: Path, reading: Session) -> None:
    rows = [f"{n},Title {n},{LONG} {n},search,0{n}/04/2025 10:00" for n in (1, 2, 3)]
    path = written(tmp_path / "swapped.csv", *rows)
    assert "day and month could be swapped" in run(url, path, "--dry-run").stderr

    run(url, path, "--month-first", "--zone", "America/New_York", "--cohort", "GenAI")
    one = reading.scalars(select(Incident).where(Incident.external_id == "2")).one()
    assert one.started_at is not None and one.started_at.isoformat() == "2025-02-04T15:00:00+00:00"
    assert one.cohort == "GenAI"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--map", "flavour=service"), "Fields: external_id"),
        (("--map", "service"), "FIELD=COLUMN"),
        (("--map", "service=nowhere"), "no column nowhere"),
        (("--map", "service=title", "--map", "service=id"), "two columns for service"),
        (("--text-from", "body,nowhere"), "no column nowhere"),
        (("--map", "attribute=body"), "No column becomes the text"),
        (("--zone", "Mars/Base"), "Mars/Base"),
        (("--format", "xml"), "no reader for xml"),
    ],
)
def test_wrong_usage_ends_with_2_and_imports_nothing(
    url: str, file: Path, reading: Session, arguments: tuple[str, ...], sentence: str
) -> None:
    result = run(url, file, *arguments)

    assert result.exit_code == 2 and result.stdout == "", result.output
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert reading.scalars(select(Incident)).all() == []


def test_a_missing_file_or_study_is_said(url: str, file: Path, tmp_path: Path) -> None:
    assert run(url, tmp_path / "nowhere.csv").exit_code == 2
    other = run(url, file, slug="other")
    assert other.exit_code == 1 and "There is no study “other”." in other.stderr


@pytest.mark.real_data
def test_the_real_status_pages_come_in(url: str) -> None:
    if not REAL.exists():
        pytest.skip("../shared/data/genai-status/incident_stages.csv is missing")
    found = document(url, REAL, "--map", "cohort=provider")

    assert found["files"][0]["rows"] == 794
    assert (found["added"], found["already_here"], found["refused"]) == (792, 0, 2)
    assert document(url, REAL, "--map", "service=provider")["added"] == 0


def test_a_zone_that_does_not_exist_is_wrong_usage_also_where_no_time_needs_one(url: str, tmp_path: Path) -> None:
    file = written(tmp_path / "short.csv", "1,Down", head="id,text")
    result = run(url, file, "--zone", "Mars/Base")
    assert result.exit_code == 2 and "is no time zone" in result.stderr
