"""The one door to the database: it owns every transaction. `commit` is called in this file only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from app.db.outages import saying_outages
from app.db.pinging import ping_rested
from app.db.shared import SHARED, Shared


class Database:
    """Hands out transactions: returning commits, raising rolls back. Raises Unavailable while the database is away."""

    def __init__(self, bind: Engine | Connection) -> None:
        self.bind = bind
        # On a Connection (tests) a transaction becomes a savepoint, so that the outer one can be rolled back.
        mode = "create_savepoint" if isinstance(bind, Connection) else "conditional_savepoint"
        info = {SHARED: _shared_until_it_breaks(bind)} if isinstance(bind, Engine) else {}
        self._sessions = sessionmaker(bind, expire_on_commit=False, join_transaction_mode=mode, info=info)
        # A transaction of an engine begins read-only; one within a test's own has to be told so.
        read_only = bind.execution_options(postgresql_readonly=True) if isinstance(bind, Engine) else bind
        self._readings = sessionmaker(read_only, expire_on_commit=False, join_transaction_mode=mode, info=info)
        if isinstance(bind, Connection):
            event.listen(self._readings, "after_begin", _read_only)
        alone = bind.execution_options(isolation_level="AUTOCOMMIT") if isinstance(bind, Engine) else bind
        self._glances = sessionmaker(alone, expire_on_commit=False, join_transaction_mode=mode, info=info)

    @classmethod
    def at(cls, url: str, *, pool_size: int = 3) -> "Database":
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=12,
            pool_timeout=30,
            hide_parameters=True,  # an error would quote what people wrote
        )
        ping_rested(engine)
        return cls(engine)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        session = self._sessions()
        with saying_outages():
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction: an accidental write is refused by Postgres.

        As a writing one it takes a connection with its first statement, not before: a request that held one while it
        waits for a second (for who asks) could wait for ever among many that do the same.
        """
        session = self._readings()
        with saying_outages():
            try:
                yield session
            finally:
                session.rollback()
                session.close()

    @contextmanager
    def glance(self) -> Iterator[Session]:
        """For one question: it is a transaction of its own, so that none has to be begun and ended around it."""
        session = self._glances()
        with saying_outages():
            try:
                yield session
            finally:
                session.close()

    def dispose(self) -> None:
        if isinstance(self.bind, Engine):
            self.bind.dispose()


def _shared_until_it_breaks(engine: Engine) -> Shared:
    """A server that went away may come back with less than it had, as after a failover."""
    shared = Shared()

    @event.listens_for(engine, "invalidate")
    def forget(*_: object) -> None:
        shared.forget()

    return shared


def _read_only(_: Session, __: SessionTransaction, connection: Connection) -> None:
    connection.execute(text("SET TRANSACTION READ ONLY"))


def database_of(request: Request) -> Database:
    return request.app.state.database


def transaction(request: Request) -> Iterator[Session]:
    with database_of(request).transaction() as session:
        yield session


def read_session(request: Request) -> Iterator[Session]:
    with database_of(request).reading() as session:
        yield session


# scope="function": commit before the response leaves, else the next request may read the old state.
Transaction = Annotated[Session, Depends(transaction, scope="function")]
ReadSession = Annotated[Session, Depends(read_session, scope="function")]
