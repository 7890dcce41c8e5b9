"""A backup is one checked file; a restore is all of it or nothing."""

import hashlib
import json
import stat
import zipfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from app.db.backup import NothingToBackUp, back_up
from app.db.backup_file import BackupDamaged, CannotWrite, NotABackup, checked_manifest
from app.db.restore import DoesNotFit, InUse, NotEmpty, RestoreFailed, restore
from app.problems import Problem
from tests.db.conftest import NewDatabase, plain
from tests.db.watching import command_lines_during
from tests.support.whole_database import whole_database


@pytest.fixture(scope="session")
def backup_file(sample_url: URL, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "sample.tandem"
    back_up(plain(sample_url), file)
    return file


def changed(file: Path, to: Path, **members: bytes) -> Path:
    """A copy whose members say something else, with sums that fit: as if it had been made so."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(to, "w") as new:
        found = {"dump": old.read("database.dump"), "manifest": old.read("manifest.json")} | members
        new.writestr("database.dump", found["dump"])
        new.writestr("manifest.json", found["manifest"])
        sums = {"database.dump": found["dump"], "manifest.json": found["manifest"]}
        new.writestr(
            "sha256sums", "".join(f"{hashlib.sha256(said).hexdigest()}  {name}\n" for name, said in sums.items())
        )
    return to


def manifest_of(file: Path, **changes: object) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return json.dumps(json.loads(archive.read("manifest.json")) | changes).encode()


def test_a_restored_database_is_the_one_that_was_backed_up(
    backup_file: Path, sample_url: URL, new_database: NewDatabase
) -> None:
    there = new_database()
    restored = restore(plain(there), backup_file)
    before, after = whole_database(sample_url), whole_database(there)
    assert len(before["triggers"]) > 15 and len(before["sequences"]) > 20
    assert any("search" in column and "to_tsvector" in column for column in before["columns"])
    assert after == before
    assert restored.manifest.rows == {
        name: int(rows[0].split()[-1]) for name, rows in before.items() if name in restored.manifest.rows
    }


def test_what_was_append_only_still_refuses_rewriting_and_new_rows_take_new_ids(
    backup_file: Path, new_database: NewDatabase
) -> None:
    there = new_database()
    restore(plain(there), backup_file)
    engine = create_engine(there)
    with engine.connect() as connection:
        with pytest.raises(Exception, match="append-only"), connection.begin_nested():
            connection.execute(text("DELETE FROM submissions"))
        newest = connection.scalar(text("SELECT max(id) FROM people"))
        made = text("INSERT INTO people (email, name) VALUES ('new@example.org', 'New') RETURNING id")
        assert connection.scalar(made) == newest + 1
    engine.dispose()


def test_the_file_is_ours_alone_and_standard_programs_can_check_it(backup_file: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    with zipfile.ZipFile(backup_file) as archive:
        archive.extractall(tmp_path)
    for line in (tmp_path / "sha256sums").read_text().splitlines():
        told, name = line.split("  ")
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == told
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["revision"] and manifest["tandem"] and manifest["rows"]["people"] > 0


def test_a_file_that_exists_is_not_replaced_unless_told(sample_url: URL, tmp_path: Path) -> None:
    file = tmp_path / "x.tandem"
    file.write_text("precious")
    with pytest.raises(CannotWrite, match=r"x.tandem exists. Name another file, or say --force"):
        back_up(plain(sample_url), file)
    assert file.read_text() == "precious"
    back_up(plain(sample_url), file, replace=True)
    assert zipfile.is_zipfile(file)
    assert [each.name for each in tmp_path.iterdir()] == ["x.tandem"]


def test_a_database_without_tandem_is_refused_and_leaves_no_file(new_database: NewDatabase, tmp_path: Path) -> None:
    with pytest.raises(NothingToBackUp):
        back_up(plain(new_database()), tmp_path / "x.tandem")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(sample_url: URL, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"nowhere/x.tandem cannot be written: No such file or directory"):
        back_up(plain(sample_url), tmp_path / "nowhere" / "x.tandem")


def test_any_byte_changed_is_found_or_changes_nothing_that_is_restored(backup_file: Path, tmp_path: Path) -> None:
    """What lies in no member, such as a time in the zip's own heads, may pass."""
    whole = backup_file.read_bytes()
    with zipfile.ZipFile(backup_file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    spread = {*range(0, len(whole), len(whole) // 150), *range(len(whole) - 400, len(whole))}
    damaged = tmp_path / "damaged.tandem"
    found = 0
    for place in spread:
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            checked_manifest(damaged)
        except (BackupDamaged, NotABackup):
            found += 1
        else:
            with zipfile.ZipFile(damaged) as archive:
                assert all(archive.read(name) == contents[name] for name in ("database.dump", "manifest.json"))
    assert found > len(spread) / 2


def test_a_damaged_file_is_refused_before_anything_is_done(
    backup_file: Path, new_database: NewDatabase, sample_url: URL, tmp_path: Path
) -> None:
    whole = bytearray(backup_file.read_bytes())
    whole[len(whole) // 2] ^= 1
    damaged = tmp_path / "damaged.tandem"
    damaged.write_bytes(whole)
    there = new_database(template="tandem_sample")
    with pytest.raises(BackupDamaged, match=r"damaged.tandem .*Take another copy of it"):
        restore(plain(there), damaged, replace=True)
    assert whole_database(there) == whole_database(sample_url)


def test_half_a_file_is_refused(backup_file: Path, new_database: NewDatabase, tmp_path: Path) -> None:
    half = tmp_path / "half.tandem"
    half.write_bytes(backup_file.read_bytes()[: backup_file.stat().st_size // 2])
    with pytest.raises(BackupDamaged, match=r"half.tandem is no whole backup of Tandem"):
        restore(plain(new_database()), half)


def test_another_zip_is_refused(new_database: NewDatabase, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(NotABackup, match="is not a backup of Tandem"):
        restore(plain(new_database()), other)


def test_a_database_with_something_in_it_is_refused_and_says_what_is_there(
    backup_file: Path, new_database: NewDatabase, sample_url: URL
) -> None:
    there = new_database(template="tandem_sample")
    with pytest.raises(NotEmpty, match=r"not empty: [\d,]+ rows in \d+ tables, most of them in study_events \("):
        restore(plain(there), backup_file)
    assert whole_database(there) == whole_database(sample_url)


def test_when_told_the_backup_takes_the_place_of_what_is_there(
    backup_file: Path, new_database: NewDatabase, sample_url: URL
) -> None:
    there = new_database(template="tandem_sample")
    engine = create_engine(there)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO people (email, name) VALUES ('late@example.org', 'Late')"))
        connection.execute(text("CREATE VIEW late AS SELECT * FROM people"))
        connection.execute(text("CREATE TYPE mood AS ENUM ('well')"))
    engine.dispose()
    restored = restore(plain(there), backup_file, replace=True)
    assert restored.replaced_rows > 0
    assert whole_database(there) == whole_database(sample_url)


def test_a_database_that_was_only_migrated_counts_as_empty(
    backup_file: Path, new_database: NewDatabase, sample_url: URL
) -> None:
    there = new_database(template="tandem_template")
    restore(plain(there), backup_file)
    assert whole_database(there) == whole_database(sample_url)


def test_while_somebody_is_connected_nothing_is_restored(backup_file: Path, new_database: NewDatabase) -> None:
    there = new_database()
    conninfo = plain(there).replace("+psycopg", "")
    with (
        psycopg.connect(conninfo, application_name="tandem worker"),
        pytest.raises(
            InUse, match=r"tandem worker as postgres from here. Stop every `tandem serve` and `tandem worker`"
        ),
    ):
        restore(plain(there), backup_file)
    assert whole_database(there)["columns"] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"revision": "2099_01_01_01", "tandem": "9.1"},
            "Tandem 9.1 at revision 2099_01_01_01, which this Tandem .* does",
        ),
        ({"postgres_major": 99}, r"comes from Postgres 99 .* Restore it into the same or a newer major"),
        ({"schema_name": "elsewhere"}, "holds the schema elsewhere, and Tandem uses the schema public here"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused_with_a_sentence(
    backup_file: Path, new_database: NewDatabase, tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    file = changed(backup_file, tmp_path / "x.tandem", manifest=manifest_of(backup_file, **changes))
    there = new_database()
    with pytest.raises(DoesNotFit, match=sentence):
        restore(plain(there), file)
    assert whole_database(there)["columns"] == []


def test_rows_that_are_not_those_of_the_manifest_undo_the_restore(
    backup_file: Path, new_database: NewDatabase, sample_url: URL, tmp_path: Path
) -> None:
    with zipfile.ZipFile(backup_file) as archive:
        rows = json.loads(archive.read("manifest.json"))["rows"]
    rows["people"] += 1
    file = changed(backup_file, tmp_path / "x.tandem", manifest=manifest_of(backup_file, rows=rows))
    there = new_database(template="tandem_sample")
    with pytest.raises(RestoreFailed, match=r"nothing was changed.*people has \d+ rows and should have \d+"):
        restore(plain(there), file, replace=True)
    assert whole_database(there) == whole_database(sample_url)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_dump_that_breaks_off_undoes_the_restore(
    backup_file: Path, new_database: NewDatabase, sample_url: URL, tmp_path: Path, share: float
) -> None:
    with zipfile.ZipFile(backup_file) as archive:
        dump = archive.read("database.dump")
    file = changed(backup_file, tmp_path / "x.tandem", dump=dump[: int(len(dump) * share)])
    there = new_database(template="tandem_sample")
    with pytest.raises(RestoreFailed, match="nothing was changed"):
        restore(plain(there), file, replace=True)
    assert whole_database(there) == whole_database(sample_url)


def test_the_password_is_on_no_command_line(new_database: NewDatabase, tmp_path: Path) -> None:
    """Watched from outside while a backup and a restore run as a person with a password."""
    there = new_database(template="tandem_sample")
    with_password = there.set(password="very-secret-word")
    lines = command_lines_during(lambda: back_up(plain(with_password), tmp_path / "x.tandem"))
    lines |= command_lines_during(lambda: restore(plain(with_password), tmp_path / "x.tandem", replace=True))
    for program in ("pg_dump", "pg_restore", "psql"):
        assert any(program in line for line in lines), lines
    assert not any("very-secret-word" in line for line in lines)


def test_a_full_disk_gives_a_sentence_and_no_file(sample_url: URL, small_disk: Path) -> None:
    with pytest.raises(CannotWrite, match=r"There is no room for .*x.tandem on its disk. Nothing was written"):
        back_up(plain(sample_url), small_disk / "x.tandem")
    assert [each.name for each in small_disk.iterdir()] == []


def test_a_server_that_is_away_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="The database does not answer"):
        back_up("postgresql+psycopg://nobody@127.0.0.1:1/nothing", tmp_path / "x.tandem")
    assert list(tmp_path.iterdir()) == []
