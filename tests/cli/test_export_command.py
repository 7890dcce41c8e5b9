"""`tandem export` from the outside."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from typer.testing import CliRunner, Result

from app.cli import tandem
from app.codebook.actions import name_version
from app.codebook.queries import versions
from app.db.session import Database
from tests import makers
from tests.export.conftest import finish_round


@pytest.fixture
def url(own_database: URL) -> str:
    shown = own_database.render_as_string(hide_password=False)
    assert run(shown, "study", "create", "outages", "--title", "Outages").exit_code == 0
    return shown


def run(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(tandem, list(arguments), env={"TANDEM_DATABASE_URL": url})


def test_the_codebook_goes_to_a_file_or_to_standard_output(url: str, tmp_path: Path) -> None:
    shown = run(url, "export", "codebook", "outages", "-o", "-")
    written = run(url, "export", "codebook", "outages", "-o", str(tmp_path / "codes.csv"))

    assert (shown.exit_code, shown.stderr, written.exit_code, written.stdout) == (0, "", 0, "")
    assert (tmp_path / "codes.csv").read_bytes() == shown.stdout_bytes
    assert "Errors returned" in {row["code"] for row in csv.DictReader(StringIO(shown.stdout))}


def test_a_place_that_cannot_be_written_is_wrong_usage(url: str, tmp_path: Path) -> None:
    result = run(url, "export", "codebook", "outages", "-o", str(tmp_path / "no folder" / "codes.csv"))
    assert (result.exit_code, result.stdout) == (2, "") and "No such file or directory" in result.stderr


@pytest.mark.parametrize("kind", ["codebook", "dataset", "ratings"])
def test_an_unknown_format_is_wrong_usage(url: str, kind: str) -> None:
    result = run(url, "export", kind, "outages", "--format", "xls", "-o", "-")
    assert (result.exit_code, result.stdout) == (2, "") and "xls" in result.stderr


def test_a_study_without_a_settled_round_has_no_data_set_yet(url: str) -> None:
    result = run(url, "export", "dataset", "outages", "-o", "-")
    assert (result.exit_code, result.stdout) == (1, "") and "Nothing can be exported yet" in result.stderr


def exported(url: str, kind: str, *more: str) -> str:
    result = run(url, "export", kind, "finished", *more, "-o", "-")
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    return result.stdout


def test_a_settled_round_goes_out_in_every_form(own_database: URL, tmp_path: Path) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        made = finish_round(session)
    ada, ben = made.ada.name, made.ben.name
    database.dispose()
    url = own_database.render_as_string(hide_password=False)

    long = list(csv.DictReader(StringIO(exported(url, "dataset"))))
    wide = list(csv.DictReader(StringIO(exported(url, "dataset", "--wide", "--round", "Round A"))))
    ratings = exported(url, "ratings", "--round", "1")

    assert {row["rater"] for row in long} == {ada, ben, "(final)"}
    causes = [row for row in wide if row["dimension"] == "Root cause"]
    assert [(row[f"{ada}: codes"], row[f"{ben}: codes"]) for row in causes] == [
        ("Network", "Config"),
        ("Network", "Network"),
    ]
    (tmp_path / "ratings.csv").write_text(ratings, "utf-8")
    words = ["--unit", "unit", "--rater", "rater", "--dimension", "dimension", "--value", "value", "--sets", "--json"]
    told = json.loads(run(url, "agreement", str(tmp_path / "ratings.csv"), *words).stdout)
    assert told["dimensions"]["Root cause"]["percent"]["value"] == 0.5


def test_the_codebook_of_a_round_is_the_version_that_it_codes_under(own_database: URL) -> None:
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        made = finish_round(session)
        name_version(session, made.lead.study.id, made.lead.member, name="v1")
        [version] = versions(session, made.lead.study.id)
        coders = [made.ada, made.ben]
        makers.make_round(session, made.lead, coders, made.incidents, name="Frozen", version_id=version.id)
        makers.make_code(session, made.lead, made.cause, "Thought of later")
    database.dispose()

    assert exported(url, "codebook", "--round", "Frozen") == exported(url, "codebook", "--version", "v1")
    assert "Thought of later" not in exported(url, "codebook", "--round", "Frozen")
    assert "Thought of later" in exported(url, "codebook", "--round", "Round A")
    both = run(url, "export", "codebook", "finished", "--round", "Frozen", "--version", "v1", "-o", "-")
    assert (both.exit_code, both.stdout) == (2, "")
