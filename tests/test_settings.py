"""Settings come from the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from app.places import SYSTEM_DATA, default_data_dir
from app.settings import Settings
from bench.settings_table import FILE, settings_page
from tests.support.served import CHECKOUT, TANDEM, bare_environment


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_a_postgres_url_names_the_driver(scheme: str) -> None:
    assert Settings(database_url=f"{scheme}://ada@db/tandem").database_url == "postgresql+psycopg://ada@db/tandem"


def test_another_database_is_refused() -> None:
    with pytest.raises(ValidationError, match="The database is a Postgres"):
        Settings(database_url="sqlite:///tandem.db")


def test_the_key_of_the_model_is_not_shown() -> None:
    assert "sk-secret" not in repr(Settings(llm_api_key="sk-secret"))


def test_the_public_address_has_no_slash_at_its_end() -> None:
    assert Settings(public_url="https://tandem.example/").public_url == "https://tandem.example"


def test_data_of_root_lie_outside_every_home() -> None:
    assert (default_data_dir() == SYSTEM_DATA) == (os.geteuid() == 0)
    assert os.geteuid() != 0 or not default_data_dir().is_relative_to(Path.home())


def test_the_table_of_settings_is_up_to_date() -> None:
    """Else: make docs"""
    assert FILE.read_text(encoding="utf-8") == settings_page()


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    return tmp_path / "secret"


def settings_with(secret: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Of a process of its own, so that the environment of the tests stays as it is."""
    code = "from app.settings import Settings; s = Settings(); print(s.database_url, s.llm_api_key.get_secret_value())"
    filled = bare_environment(TANDEM_LLM_API_KEY="given", **environment)
    return subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, env=filled, capture_output=True, text=True)


def test_a_secret_is_read_from_the_file_that_a_setting_names(secret: Path) -> None:
    secret.write_text("postgresql://ada:word@db/tandem\n")
    ran = settings_with(secret, TANDEM_DATABASE_URL_FILE=str(secret))
    assert ran.stdout == "postgresql+psycopg://ada:word@db/tandem given\n"


def test_what_stands_in_the_environment_comes_before_the_file(secret: Path) -> None:
    secret.write_text("from the file")
    assert settings_with(secret, TANDEM_LLM_API_KEY_FILE=str(secret)).stdout == "None given\n"


def test_the_password_of_the_database_is_put_into_its_address_whatever_it_holds(secret: Path) -> None:
    secret.write_text("a/b@c:d %\n")
    ran = settings_with(secret, TANDEM_DATABASE_PASSWORD_FILE=str(secret), TANDEM_DATABASE_URL="postgresql://ada@db/t")
    url = make_url(ran.stdout.split()[0])
    assert (url.username, url.password, url.host, url.database) == ("ada", "a/b@c:d %", "db", "t")
    other = settings_with(secret, TANDEM_DATABASE_PASSWORD_FILE=str(secret), TANDEM_DATABASE_URL=ran.stdout.split()[0])
    assert other.stdout == ran.stdout


def test_a_file_that_cannot_be_read_is_wrong_usage_and_named(tmp_path: Path) -> None:
    settings = bare_environment(TANDEM_LLM_API_KEY_FILE=str(tmp_path / "nowhere"))
    ran = subprocess.run([*TANDEM, "migrate"], cwd=CHECKOUT, env=settings, capture_output=True, text=True)
    assert ran.returncode == 2
    assert ran.stderr == f"TANDEM_LLM_API_KEY_FILE: {tmp_path}/nowhere cannot be read: No such file or directory.\n"
