"""A backup of the whole database, taken while everybody works: one snapshot is counted and dumped."""

import subprocess
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, text

from app.db.backup_file import Manifest, new_file, write_dump, write_manifest
from app.db.client_programs import client_programs, started
from app.db.connecting import check_server_version, connected
from app.db.kept_programs import version_of_program
from app.db.tables import revision_of, row_counts, schema_of
from app.places import tandem_version
from app.problems import Invalid

LOCK_WAIT_SECONDS = 60


class NothingToBackUp(Invalid):
    """There is no Tandem in this database yet: nothing to back up."""


class BackupFailed(Invalid):
    """The backup could not be taken."""


def back_up(url: str, file: Path, *, replace: bool = False) -> Manifest:
    """Raises a Problem and leaves no file when anything goes wrong."""
    with new_file(file, replace=replace) as out, connected(url) as connection, connection.begin():
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        check_server_version(connection)
        # Kept by this transaction, which stays open until the dump is written.
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        major = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
        programs = client_programs(major)
        manifest = _manifest(connection, major, version_of_program(programs / "pg_dump") or major)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            dump_sum = _dump(url, programs, manifest, snapshot, archive)
            write_manifest(archive, manifest, dump_sum)
    return manifest


def _manifest(connection: Connection, major: int, dumped_by: int) -> Manifest:
    revision = revision_of(connection)
    if revision is None:
        raise NothingToBackUp
    return Manifest(
        tandem=tandem_version(),
        revision=revision,
        taken_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        postgres=str(connection.scalar(text("SHOW server_version"))),
        postgres_major=major,
        dumped_by_major=dumped_by,
        schema_name=schema_of(connection),
        rows=row_counts(connection),
    )


def _dump(url: str, programs: Path, manifest: Manifest, snapshot: str, archive: zipfile.ZipFile) -> str:
    options = (
        "--format=custom",
        f"--snapshot={snapshot}",
        f'--schema="{manifest.schema_name}"',
        "--no-owner",
        "--no-privileges",
        "--no-password",
        f"--lock-wait-timeout={LOCK_WAIT_SECONDS}s",
    )
    with tempfile.TemporaryFile() as err:
        dumping = started(
            programs / "pg_dump", *options, url=url, stdin=subprocess.DEVNULL, out=subprocess.PIPE, err=err
        )
        assert dumping.stdout is not None
        try:
            dump_sum = write_dump(archive, dumping.stdout)
            if dumping.wait() != 0:
                raise BackupFailed(f"The backup could not be taken: {last_line(err)}")
        finally:
            dumping.stdout.close()
            dumping.kill()
            dumping.wait()
    return dump_sum


def last_line(err: IO[bytes]) -> str:
    err.seek(0)
    lines = [line for line in err.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else "the program ended without a word."
