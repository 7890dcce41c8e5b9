"""`tandem backup` and `tandem restore`, as an operator runs them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.embedded_tandem import Tandem
from tests.support.served import CHECKOUT
from tests.support.whole_database import whole_database


@pytest.fixture
def tandem(tmp_path: Path) -> Iterator[Tandem]:
    running = Tandem(tmp_path / "data", tmp_path / "talk")
    yield running
    running.stop()


def run(data_dir: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=CHECKOUT,
        env=environment | {"TANDEM_DATA_DIR": str(data_dir), "TANDEM_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_backup_is_taken_while_tandem_runs_and_restored_into_another_folder(tandem: Tandem, tmp_path: Path) -> None:
    data, other, file = tmp_path / "data", tmp_path / "other", tmp_path / "x.tandem"
    made = run(data, "study", "create", "outages", "--title", "Outages")
    assert made.returncode == 0, made.stderr

    taken = run(data, "backup", str(file), "--json")
    assert (taken.returncode, taken.stderr) == (0, "")
    told = json.loads(taken.stdout)
    assert told["rows"]["studies"] == 1
    assert told["bytes"] == file.stat().st_size

    again = run(data, "backup", str(file))
    assert again.returncode == 1
    assert "exists. Name another file, or say --force to replace it." in again.stderr

    restored = run(other, "restore", str(file), "--json")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert json.loads(restored.stdout)["rows"] == told["rows"]
    exported = run(other, "export", "codebook", "outages", "-o", "-")
    assert exported.stdout == run(data, "export", "codebook", "outages", "-o", "-").stdout != ""


def test_restore_is_refused_while_a_tandem_runs_on_the_folder(tandem: Tandem, tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "x.tandem"
    assert run(data, "backup", str(file)).returncode == 0
    before = whole_database(tandem.postgres.url())

    refused = run(data, "restore", str(file), "--replace")
    assert refused.returncode == 1
    assert f"Another Tandem (process {tandem.process.pid}) is using the data folder {data}. Stop it" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert without_jobs(whole_database(tandem.postgres.url())) == without_jobs(before)


def without_jobs(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """The worker of a Tandem that runs writes of itself at any time."""
    return {
        name: [row for row in rows if not row.startswith("procrastinate_")]
        for name, rows in found.items()
        if "procrastinate" not in name
    }


def test_what_cannot_be_asked_for_is_exit_2(tmp_path: Path) -> None:
    missing = run(tmp_path / "data", "restore", str(tmp_path / "nowhere.tandem"))
    assert missing.returncode == 2
    assert "does not exist" in missing.stderr
    assert run(tmp_path / "data", "backup").returncode == 2
    assert not (tmp_path / "data").exists()
