"""The database server that the settings name, or the embedded one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import Connection, Engine, NullPool, create_engine
from sqlalchemy.exc import OperationalError

from app.db.data_folder import DataFolderInUse
from app.db.embedded import EmbeddedPostgres, running_server
from app.db.outages import saying_outages
from app.problems import Invalid, Unavailable
from app.settings import Settings

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


@contextmanager
def database_server(settings: Settings) -> Iterator[str]:
    """The URL of the server to use; an embedded one runs meanwhile. Raises DataFolderInUse when it runs already."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir) as url:
        yield url


@contextmanager
def shared_database_server(settings: Settings) -> Iterator[str]:
    """The same for a short command: where a Tandem runs on the data folder already, its server is used as it is."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(database_server(settings))
        except DataFolderInUse:
            embedded = EmbeddedPostgres(settings.data_dir)
            if running_server(embedded.cluster) is None:
                raise
            stack.callback(embedded.forget_short_path)
            url = embedded.url()
        yield url
