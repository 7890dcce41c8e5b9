"""One connection to a named server, and whether that server is new enough."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from app.db.outages import saying_outages
from app.problems import Invalid, Unavailable

OLDEST_MAJOR = 15


class ServerTooOld(Invalid):
    """This Postgres is too old. Tandem needs Postgres 15 or later."""


class NoDatabase(Unavailable):
    """The database does not answer."""


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own, outside every pool. Raises NoDatabase, with the server's own words."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        connection = engine.connect()
    except OperationalError as problem:
        raise NoDatabase(f"The database does not answer: {' '.join(str(problem.orig).split())}") from problem
    with saying_outages(), connection:
        yield connection


def check_server_version(bind: Engine | Connection) -> None:
    if isinstance(bind, Engine):
        with bind.connect() as connection:
            return check_server_version(connection)
    whole = int(bind.exec_driver_sql("SHOW server_version_num").scalar_one())
    if whole // 10_000 < OLDEST_MAJOR:
        said = bind.exec_driver_sql("SHOW server_version").scalar_one()
        raise ServerTooOld(f"This is Postgres {said}. Tandem needs Postgres {OLDEST_MAJOR} or later.")
