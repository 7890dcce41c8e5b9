"""How far the migrations of a database have come. Reads the files themselves: servers ask, and Alembic is large."""

import re
from functools import cache

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.places import MIGRATIONS

_REVISION = re.compile(r"^(revision|down_revision)\s*=\s*['\"]([^'\"]+)['\"]", re.MULTILINE)


@cache
def newest_revision() -> str:
    """The one that no other follows."""
    return next(iter(known_revisions() - _followed()))


@cache
def known_revisions() -> frozenset[str]:
    return frozenset(name for kind, name in _named() if kind == "revision")


def revision_of(bind: Session | Connection) -> str | None:
    """None: nothing was ever migrated here."""
    connection = bind.connection() if isinstance(bind, Session) else bind
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _followed() -> frozenset[str]:
    return frozenset(name for kind, name in _named() if kind == "down_revision")


@cache
def _named() -> tuple[tuple[str, str], ...]:
    files = sorted((MIGRATIONS / "versions").glob("*.py"))
    return tuple(found for file in files for found in _REVISION.findall(file.read_text(encoding="utf-8")))
