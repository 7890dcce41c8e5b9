"""A connection that has rested may be dead: Postgres was started again, or a network forgot it. It is asked first."""

import time

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

RESTED_SECONDS = 1.0  # one that was used just now is not asked: asking would be every tenth statement of a busy server


def ping_rested(engine: Engine) -> None:
    """A dead one is replaced, and with it all that are as old: as `pool_pre_ping`, but not at every turn."""

    def note(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    def ping(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        rests_since = entry.info.get("rests_since")
        if rests_since is None or time.monotonic() - rests_since < RESTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            raise InvalidatePoolError from problem

    event.listen(engine, "checkin", note)
    event.listen(engine, "checkout", ping)
