"""The Postgres that the tests run on: the embedded one, or another whose programs TANDEM_TEST_POSTGRES_BIN names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.db.cluster import Cluster
from app.db.embedded import EmbeddedPostgres
from app.db.kept_programs import version_of_program
from app.db.postgres_files import Programs, make_private, server_account

NAMED = os.environ.get("TANDEM_TEST_POSTGRES_BIN", "")
DEBIAN = Path("/usr/lib/postgresql")


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    if not NAMED:
        with EmbeddedPostgres(folder) as url:
            yield url
        return
    with running_cluster(folder, Path(NAMED)) as cluster:
        yield cluster.url()


@contextmanager
def running_cluster(folder: Path, binaries: Path) -> Iterator[Cluster]:
    """A cluster made and run by other programs: through a socket only, and never as root."""
    major = version_of_program(binaries / "postgres")
    if major is None:
        raise LookupError(f"{binaries} holds no postgres")
    make_private(folder)
    cluster = Cluster(folder / "data", folder / "log", lambda: Programs(binaries, major, server_account()))
    cluster.make()
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def older_binaries() -> Path:
    """Debian's Postgres 15, else the oldest later one that is here and older than the embedded one."""
    found = sorted(
        (int(each.parent.parent.name), each.parent) for each in DEBIAN.glob("*/bin/postgres") if older(each.parent)
    )
    if found:
        return found[0][1]
    said = "this needs a Postgres from 15 to 17 beside the embedded one (Debian 12: apt-get install postgresql-15)"
    if os.environ.get("REQUIRE_POSTGRES15") == "1":
        pytest.fail(said)
    pytest.skip(said)


def older(binaries: Path) -> bool:
    return binaries.parent.name.isdigit() and 15 <= int(binaries.parent.name) < 18
