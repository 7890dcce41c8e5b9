"""pg_dump, pg_restore and psql: where they are, and how they reach a database without a password on a command line."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from psycopg.conninfo import make_conninfo
from sqlalchemy.dialects.postgresql.psycopg import dialect
from sqlalchemy.engine import make_url

from app.db.kept_programs import version_of_program
from app.db.postgres_files import MAJOR, NoEmbeddedPostgres, wheel_binaries
from app.problems import Invalid

_NEEDED = ("pg_dump", "pg_restore", "psql")
_OF_THE_DRIVER = ("prepare_threshold", "autocommit", "row_factory", "cursor_factory", "context")
_SECRET = ("password", "sslpassword")


class NoClientPrograms(Invalid):
    """The programs pg_dump, pg_restore and psql are missing."""


class KeyWithPassword(Invalid):
    """The database's key has a password (sslpassword). Backup and restore need one without."""


def client_programs(at_least: int) -> Path:
    """The folder with programs that speak with a server, or read a file, of this major."""
    for folder in _candidates(at_least):
        majors = [version_of_program(folder / name) for name in _NEEDED]
        if all(major is not None and major >= at_least for major in majors):
            return folder
    raise NoClientPrograms(
        f"This needs {', '.join(_NEEDED)} of Postgres {at_least} or later, and Tandem brings those of {MAJOR}. "
        f"Install the client programs of Postgres {at_least} (on Debian and Ubuntu: postgresql-client-{at_least}) "
        "and put them on the PATH."
    )


def started(
    program: Path, *options: str, url: str | None = None, stdin: IO[bytes] | int, out: IO[bytes] | int, err: IO[bytes]
) -> subprocess.Popen[bytes]:
    """url: of the database; its password goes by the environment, which other people cannot see."""
    environment = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    environment |= {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    named: list[str] = []
    if url is not None:
        words = _words_of(url)
        if "sslpassword" in words:
            raise KeyWithPassword
        if "password" in words:
            environment["PGPASSWORD"] = str(words["password"])
        conninfo = make_conninfo("", **{name: said for name, said in words.items() if name not in _SECRET})
        named = [f"--dbname={conninfo}"]
    return subprocess.Popen([str(program), *named, *options], env=environment, stdin=stdin, stdout=out, stderr=err)


def _words_of(url: str) -> dict[str, str]:
    """As the driver reads it, so that the programs reach what the app reaches."""
    _, words = dialect().create_connect_args(make_url(url))
    return {name: str(said) for name, said in words.items() if name not in _OF_THE_DRIVER}


def _candidates(at_least: int) -> Iterator[Path]:
    try:
        yield wheel_binaries()
    except NoEmbeddedPostgres:
        pass
    found = shutil.which("pg_dump")
    if found is not None:
        yield Path(found).resolve().parent
        yield Path(found).parent
    for major in range(at_least, at_least + 10):
        yield Path(f"/usr/lib/postgresql/{major}/bin")
