"""How commands begin and end."""

import json
import os
import subprocess
import sys
from pathlib import Path

from app.db.embedded import EmbeddedPostgres

CHECKOUT = Path(__file__).parents[2]
HEAVY = ("sqlalchemy", "alembic", "fastapi", "numpy", "scipy", "openai", "sklearn", "lxml", "pydantic")


def tandem(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_imports_nothing_heavy() -> None:
    code = f"import json, sys, app.cli; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == []


def test_help_names_every_command() -> None:
    said = tandem("--help", COLUMNS="200").stdout
    for name in ("demo", "serve", "worker", "migrate", "user", "study", "agreement"):
        assert name in said


def test_migrate_brings_an_embedded_database_to_its_newest_revision(tmp_path: Path) -> None:
    ran = tandem("migrate", TANDEM_DATA_DIR=str(tmp_path / "data"))
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "newest revision" in ran.stderr


def test_a_command_uses_the_server_of_a_tandem_that_runs_already(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data"):
        ran = tandem("migrate", TANDEM_DATA_DIR=str(tmp_path / "data"))
    assert ran.returncode == 0, ran.stderr


def test_a_wrong_setting_is_wrong_usage_and_named() -> None:
    ran = tandem("migrate", TANDEM_DATABASE_URL="mysql://here/there")
    assert ran.returncode == 2
    assert ran.stderr.startswith("TANDEM_DATABASE_URL: The database is a Postgres")


def test_a_database_that_does_not_answer_is_one_sentence() -> None:
    ran = tandem("migrate", TANDEM_DATABASE_URL="postgresql://somebody@127.0.0.1:1/nowhere?connect_timeout=2")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "The database does not answer" in ran.stderr
