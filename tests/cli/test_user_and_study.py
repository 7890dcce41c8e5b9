"""`tandem user add` and `tandem study create` from the outside."""

import pytest
from sqlalchemy import select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from app.accounts.models import Person
from app.accounts.passwords import password_fits
from app.cli import tandem
from app.codebook.queries import whole_codebook
from app.studies.models import Membership, Study, StudyEvent
from tests.support.databases import reading

__all__ = ["reading"]


@pytest.fixture
def url(own_database: URL) -> str:
    return own_database.render_as_string(hide_password=False)


def run(url: str, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(tandem, list(arguments), input=typed, env={"TANDEM_DATABASE_URL": url})


def add_ada(url: str, *, password: str = "four words in a row\n") -> Result:
    return run(url, "user", "add", "ada@example.org", "--name", "Ada Lind", "--password-stdin", typed=password)


def test_a_person_is_added_with_the_password_of_the_first_line(url: str, reading: Session) -> None:
    result = add_ada(url)

    assert result.exit_code == 0 and result.stdout == "" and "can sign in as ada@example.org" in result.stderr
    person = reading.scalars(select(Person)).one()
    assert person.name == "Ada Lind" and password_fits("four words in a row", person.password_hash)


def test_a_person_is_not_added_twice_nor_with_a_short_password(url: str, reading: Session) -> None:
    short = add_ada(url, password="short\n")
    assert short.exit_code == 1 and "too short" in short.stderr

    add_ada(url)
    again = add_ada(url)
    assert again.exit_code == 1 and "is here already" in again.stderr
    assert len(reading.scalars(select(Person)).all()) == 1


def test_without_a_terminal_the_password_comes_from_standard_input_or_not_at_all(url: str) -> None:
    result = run(url, "user", "add", "ada@example.org", "--name", "Ada Lind", typed="four words in a row\n")

    assert result.exit_code == 2 and "--password-stdin" in result.stderr


def test_a_study_is_made_with_its_lead_and_template(url: str, reading: Session) -> None:
    add_ada(url)

    result = run(
        url, "study", "create", "genai", "--title", "GenAI", "--mode", "deductive", "--owner", "ADA@example.org"
    )

    assert result.exit_code == 0, result.stderr
    study = reading.scalars(select(Study)).one()
    lead = reading.scalars(select(Membership)).one()
    codebook = whole_codebook(reading, study.id)
    assert (lead.role, lead.name, lead.person_id is not None) == ("lead", "Ada Lind", True)
    assert codebook.codes and not any(d.is_open for d in codebook.dimensions)
    assert "study.created" in reading.scalars(select(StudyEvent.kind)).all()


def test_an_empty_study_has_no_dimensions(url: str, reading: Session) -> None:
    assert run(url, "study", "create", "mine", "--title", "Mine", "--template", "empty").exit_code == 0

    assert whole_codebook(reading, reading.scalars(select(Study.id)).one()).dimensions == ()


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (("Not Usable", "--title", "T"), 1, "small letters, digits and hyphens"),
        (("genai", "--title", " "), 1, "A title is missing"),
        (("genai", "--title", "T", "--owner", "eve@example.org"), 1, "Nobody here signs in as eve@example.org"),
        (("genai", "--title", "T", "--template", "other"), 2, "incident-study"),
        (("genai", "--title", "T", "--mode", "other"), 2, "hybrid"),
        (("genai",), 2, "--title"),
    ],
)
def test_a_study_that_cannot_be_is_refused(
    url: str, reading: Session, arguments: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    result = run(url, "study", "create", *arguments)

    assert result.exit_code == exit_code and sentence in result.stderr
    assert reading.scalars(select(Study)).all() == []


def test_an_operator_lists_people_makes_a_link_and_deactivates(url: str, reading: Session) -> None:
    add_ada(url)
    run(url, "study", "create", "outages", "--title", "Outages", "--owner", "ada@example.org")

    assert run(url, "user", "list").stdout == "ada@example.org\tAda Lind\t\toutages (lead)\n"
    link = run(url, "user", "reset", "ADA@example.org")
    assert link.exit_code == 0 and link.stdout.startswith("http://127.0.0.1:8000/password-links/")
    assert run(url, "user", "deactivate", "ada@example.org").exit_code == 0
    assert "\tdeactivated\t" in run(url, "user", "list").stdout
    assert run(url, "user", "reactivate", "ada@example.org").exit_code == 0
    assert reading.scalars(select(Person.deactivated_at)).all() == [None]
    parted = run(url, "user", "unlink", "ada@example.org")
    assert parted.exit_code == 0 and "never signed in at the provider" in parted.stderr
    unknown = run(url, "user", "reset", "eve@example.org")
    assert (unknown.exit_code, unknown.stdout) == (1, "") and "tandem user list" in unknown.stderr
