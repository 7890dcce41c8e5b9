"""A database that is away or full is a sentence, not a bug: said at the one door, so that every caller hears it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.problems import DiskFull, Unavailable

# SQLSTATEs: connection trouble, shutdown and crash, no more connections.
_AWAY = ("08", "57P01", "57P02", "57P03", "53300")
_FULL = "53100"

log = logging.getLogger(__name__)


@contextmanager
def saying_outages() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as problem:
        said = outage(problem)
        if said is None:
            raise
        log.warning("%s (%s)", said.sentence, " ".join(str(getattr(problem, "orig", problem)).split()))
        raise said from problem


def outage(problem: SQLAlchemyError) -> Unavailable | None:
    """None where the statement itself is wrong."""
    if isinstance(problem, PoolTimeout):
        return Unavailable()
    if not isinstance(problem, DBAPIError):
        return None
    code = getattr(problem.orig, "sqlstate", None)
    if code == _FULL:
        return DiskFull()
    if problem.connection_invalidated or _no_connection(problem) or (code is not None and code.startswith(_AWAY)):
        return Unavailable()
    return None


def _no_connection(problem: DBAPIError) -> bool:
    """The driver found nobody to speak to: then there is no SQLSTATE."""
    return type(problem.orig).__name__ == "OperationalError" and getattr(problem.orig, "sqlstate", None) is None
