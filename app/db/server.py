"""The database server that the settings name, or the embedded one."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from app.db.connecting import NoDatabase
from app.db.data_folder import DataFolderInUse
from app.db.embedded import EmbeddedPostgres, running_server
from app.settings import Settings


@contextmanager
def database_server(settings: Settings) -> Iterator[str]:
    """The URL of the server to use; an embedded one runs meanwhile. Raises DataFolderInUse when it runs already."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir) as url:
        yield url


@contextmanager
def running_database_server(settings: Settings) -> Iterator[str]:
    """The URL of a server that is up already; nothing is started, made or locked. Raises NoDatabase."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.data_dir)
    if running_server(embedded.cluster) is None:
        raise NoDatabase(f"No Tandem runs on the data folder {settings.data_dir}, so its database is not up.")
    try:
        yield embedded.url()
    finally:
        embedded.forget_short_path()


@contextmanager
def shared_database_server(settings: Settings) -> Iterator[str]:
    """The same for a short command: where a Tandem runs on the data folder already, its server is used as it is."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(database_server(settings))
        except DataFolderInUse as in_use:
            try:
                url = stack.enter_context(running_database_server(settings))
            except NoDatabase:
                raise in_use from None
        yield url
