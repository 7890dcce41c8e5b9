"""The embedded Postgres: private, taken over after a kill, and gone when Tandem is."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest

from app.db.data_folder import DataFolderInUse
from app.db.embedded import EmbeddedPostgres, running_server

CHECKOUT = Path(__file__).parents[2]

# Starts a server, says so, and waits to be killed.
START_AND_WAIT = """
import sys, time
from pathlib import Path
from app.db.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""

# Starts twice, writes the first time, reads the second time.
ROUND_TRIP = """
import sys, psycopg
from pathlib import Path
from app.db.embedded import EmbeddedPostgres
folder = Path(sys.argv[1])
for statement in ("CREATE TABLE kept AS SELECT 42 AS n", "SELECT n FROM kept"):
    with EmbeddedPostgres(folder) as url, psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute(statement)
print(rows.fetchone()[0])
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    left_over = running_server(EmbeddedPostgres(folder).cluster)
    if left_over is not None:
        left_over.kill()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def processes_in(folder: Path) -> list[psutil.Process]:
    def works_there(process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if works_there(process)]


def started_elsewhere(data_dir: Path) -> "subprocess.Popen[str]":
    other = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(data_dir)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline().startswith("postgresql+psycopg://")
    return other


def test_what_is_written_is_there_after_the_next_start_and_no_process_stays(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        ask(url, "CREATE TABLE kept (n) AS SELECT 42")
        assert processes_in(data_dir)
    assert processes_in(data_dir) == []

    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT n FROM kept") == 42
    assert processes_in(data_dir) == []


def test_a_commit_is_on_disk_before_it_is_acknowledged(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        assert [ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3


def test_the_server_listens_on_no_port_and_its_folder_is_closed_to_others(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        server = running_server(EmbeddedPostgres(data_dir).cluster)
        assert server is not None
        assert server.net_connections("inet") == []
        assert ask(url, "SHOW listen_addresses") == ""
        socket_folder = Path(url.partition("host=")[2])
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700


def test_after_a_kill_the_next_start_takes_the_server_over_and_the_next_stop_stops_it(data_dir: Path) -> None:
    other = started_elsewhere(data_dir)
    server = running_server(EmbeddedPostgres(data_dir).cluster)
    assert server is not None
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert server.is_running()

    with EmbeddedPostgres(data_dir) as url:
        assert running_server(EmbeddedPostgres(data_dir).cluster) == server
        assert ask(url, "SELECT 1") == 1
    assert processes_in(data_dir) == []


def test_a_server_that_was_killed_too_is_started_again(data_dir: Path) -> None:
    other = started_elsewhere(data_dir)
    killed = processes_in(data_dir)
    for process in [*killed, other]:
        process.send_signal(signal.SIGKILL)
    other.wait()
    psutil.wait_procs(killed, timeout=30)  # on a busy machine one may still answer while it dies

    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_process_id_that_was_given_to_another_program_does_not_keep_the_server_from_starting(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    pid_file = EmbeddedPostgres(data_dir).cluster / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_dir}\n1700000000\n5432\n\n\n\nready\n")

    with EmbeddedPostgres(data_dir) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_second_tandem_on_the_same_folder_is_refused_and_told_why(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as url:
        with pytest.raises(DataFolderInUse, match=f"process {os.getpid()}.* is using the data folder .*--data-dir"):
            EmbeddedPostgres(data_dir).start()
        assert ask(url, "SELECT 1") == 1


def test_no_folder_that_was_there_changes_its_mode(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    given = home / "given"
    given.mkdir(mode=0o750)
    watched = [given, *given.parents, *Path(sys.prefix).resolve().parents, Path(sys.prefix)]
    before = [(each.stat().st_mode, each.stat().st_uid) for each in watched]

    with EmbeddedPostgres(given):
        pass

    assert [(each.stat().st_mode, each.stat().st_uid) for each in watched] == before


def test_a_path_too_long_for_a_socket_is_reached_by_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 100) / ("b" * 100)
    with EmbeddedPostgres(deep) as url:
        assert ask(url, "SELECT 1") == 1
        short = Path(url.partition("host=")[2])
        assert stat.S_IMODE(short.parent.stat().st_mode) == 0o700
    assert not short.parent.exists()
    assert processes_in(deep) == []


def test_nothing_is_said_about_runtime_folders(data_dir: Path) -> None:
    quiet = subprocess.run(
        [sys.executable, "-W", "error", "-c", ROUND_TRIP, str(data_dir)],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "42\n", "")


def test_an_ordinary_user_runs_it_as_himself(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="ordinary-"))
    as_somebody: list[str] = []
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        # The one privilege left to him is to read the interpreter and this checkout, wherever root keeps them.
        keeps = [f"--{each}=-all,+dac_override" for each in ("inh-caps", "ambient-caps", "bounding-set")]
        as_somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *keeps]
    ran = subprocess.run(
        [*as_somebody, sys.executable, "-W", "error", "-c", ROUND_TRIP, str(folder / "data")],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    owners = {each.stat().st_uid for each in (folder / "data").rglob("*")}
    shutil.rmtree(folder)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "42\n", "")
    assert owners == {os.geteuid() or 65534}
