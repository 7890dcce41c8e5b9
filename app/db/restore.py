"""A backup back into a database: all of it, checked, in one transaction; or nothing at all."""

import logging
import shutil
import subprocess
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from app.db.backup import last_line
from app.db.backup_file import BLOCK, DUMP, Manifest, checked_manifest
from app.db.client_programs import client_programs, started
from app.db.connecting import check_server_version, connected
from app.db.migrate import LOCK, known_revisions, migrate
from app.db.restore_sql import check_counts, drop_everything, up_to_the_rows
from app.db.tables import REVISION_TABLE, others_connected, revision_of, row_counts, schema_of
from app.places import tandem_version
from app.problems import Conflict, Invalid

LEAVING_SECONDS = 2

log = logging.getLogger(__name__)


class NotEmpty(Conflict):
    """This database is not empty."""


class InUse(Conflict):
    """Somebody is connected to this database."""


class DoesNotFit(Invalid):
    """This backup does not fit this Tandem or this server."""


class RestoreFailed(Invalid):
    """The restore failed; nothing was changed."""


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    replaced_rows: int
    revision: str


def restore(url: str, file: Path, *, replace: bool = False) -> Restored:
    """Then migrates to the newest revision. Raises a Problem, and then the database is as it was."""
    manifest = checked_manifest(file)
    with zipfile.ZipFile(file) as archive, connected(url) as connection:
        major = check_fits(manifest, connection)
        # A Tandem that starts meanwhile waits here for its migrations.
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        there = _check_free(connection, replace=replace)
        programs = client_programs(max(major, manifest.dumped_by_major))
        connection.rollback()  # of nothing; the lock is the session's
        _run(url, programs, archive, manifest, major)
        _analyze(connection)
    migrate(url)
    return Restored(manifest, sum(there.values()), known_revisions()[0])


def _analyze(connection: Connection) -> None:
    """So that the first pages are quick. The data stands already, so this may fail."""
    try:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    except DBAPIError as problem:
        log.warning("The restored tables could not be analysed: %s", problem.orig)


def check_fits(manifest: Manifest, connection: Connection) -> int:
    """Returns the server's major."""
    check_server_version(connection)
    major = int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000
    if major < manifest.postgres_major:
        raise DoesNotFit(
            f"This backup comes from Postgres {manifest.postgres_major} and this server is Postgres {major}. "
            f"Restore it into the same or a newer major: Postgres {manifest.postgres_major} or later."
        )
    known = known_revisions()
    if manifest.revision not in known:
        raise DoesNotFit(
            f"This backup was taken by Tandem {manifest.tandem} at revision {manifest.revision}, which this Tandem "
            f"({tandem_version()}, newest revision {known[0]}) does not know. Upgrade Tandem here, then restore."
        )
    schema = schema_of(connection)
    if manifest.schema_name != schema:
        raise DoesNotFit(
            f"This backup holds the schema {manifest.schema_name}, and Tandem uses the schema {schema} here. "
            f"Give the database URL the search path of the backup: ?options=-csearch_path%3D{manifest.schema_name}"
        )
    return major


def _check_free(connection: Connection, *, replace: bool) -> dict[str, int]:
    """Returns the rows that are there and may go."""
    others = _still_connected(connection)
    if others:
        raise InUse(
            f"Somebody is connected to this database: {', '.join(others)}. Stop every `tandem serve` and "
            "`tandem worker` that uses it, and close other programs; then restore."
        )
    there = {name: rows for name, rows in row_counts(connection).items() if rows and name != REVISION_TABLE}
    if there and not replace:
        most = sorted(there, key=lambda name: -there[name])[:3]
        raise NotEmpty(
            f"This database is not empty: {sum(there.values()):,} rows in {len(there)} tables, most of them in "
            f"{', '.join(f'{name} ({there[name]:,})' for name in most)}; revision {revision_of(connection) or 'none'}. "
            "To put the backup in their place say --replace: what is there now is then gone. Take a backup of it first."
        )
    return there


def _still_connected(connection: Connection) -> list[str]:
    """A server that was stopped a moment ago may still be closing its connections."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while (others := others_connected(connection)) and time.monotonic() < deadline:
        connection.rollback()  # what is seen stays the same within a transaction
        time.sleep(0.1)
    return others


def _run(url: str, programs: Path, archive: zipfile.ZipFile, manifest: Manifest, major: int) -> None:
    """psql is told to commit only after the whole dump was read well; until then its end undoes everything."""
    with tempfile.TemporaryFile() as err:
        psql = started(
            programs / "psql",
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--output=/dev/null",
            "--set=ON_ERROR_STOP=1",
            url=url,
            stdin=subprocess.PIPE,
            out=subprocess.DEVNULL,
            err=err,
        )
        assert psql.stdin is not None
        try:
            with psql.stdin as script:
                script.write(f"BEGIN;\n{drop_everything(manifest.schema_name)}".encode())
                _write_dump(programs, archive, script, manifest, newest_settings=major >= 17)
                script.write(f"{check_counts(manifest)}COMMIT;\n".encode())
        except BrokenPipeError:
            pass  # psql has met an error, which is on its stderr
        finally:
            psql.wait()
        if psql.returncode != 0:
            raise RestoreFailed(f"The restore failed and nothing was changed. Postgres said: {_first_error(err)}")


def _write_dump(
    programs: Path, archive: zipfile.ZipFile, script: IO[bytes], manifest: Manifest, *, newest_settings: bool
) -> None:
    """The dump as SQL. Raises RestoreFailed before anything is committed when it cannot be read to its end."""
    options = (f"--schema={manifest.schema_name}", "--no-owner", "--no-privileges", "--exit-on-error", "--file=-")
    with tempfile.TemporaryFile() as err, archive.open(DUMP) as dump:
        reading = started(programs / "pg_restore", *options, stdin=subprocess.PIPE, out=subprocess.PIPE, err=err)
        feeding = Thread(target=_feed, args=(dump, reading.stdin), daemon=True)
        feeding.start()
        assert reading.stdout is not None
        try:
            script.write(up_to_the_rows(reading.stdout, newest_settings=newest_settings))
            shutil.copyfileobj(reading.stdout, script, BLOCK)
            if reading.wait() != 0:
                raise RestoreFailed(f"The restore failed and nothing was changed. pg_restore said: {last_line(err)}")
        finally:
            reading.kill()
            reading.wait()
            feeding.join()
            reading.stdout.close()


def _feed(dump: IO[bytes], program: IO[bytes]) -> None:
    try:
        with program:
            shutil.copyfileobj(dump, program, BLOCK)
    except BrokenPipeError:
        pass  # it ended early, and its exit code says so


def _first_error(err: IO[bytes]) -> str:
    err.seek(0)
    lines = err.read().decode("utf-8", "replace").splitlines()
    found = next((line for line in lines if "ERROR:" in line or "FATAL:" in line), lines[-1] if lines else "nothing.")
    return found.partition("ERROR:")[2].strip() or found
