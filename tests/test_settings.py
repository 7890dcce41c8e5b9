"""Settings come from the environment."""

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.places import SYSTEM_DATA, default_data_dir
from app.settings import Settings


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
