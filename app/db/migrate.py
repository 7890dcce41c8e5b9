"""Brings a database to the newest revision; two processes that start at once do it one after the other.

Alembic is imported when it is needed: the process that starts `serve` knows this file and seldom migrates.
"""

from typing import TYPE_CHECKING

from sqlalchemy import text

from app.db.connecting import check_server_version, connected
from app.places import MIGRATIONS

if TYPE_CHECKING:
    from alembic.config import Config

LOCK = 7_221_001


def migrate(url: str) -> None:
    """Raises NoDatabase or ServerTooOld before anything is written."""
    from alembic import command

    config = _config()
    with connected(url) as held:
        # Of the session and outside transactions: it ends with the connection, after Alembic's own transactions.
        held.execution_options(isolation_level="AUTOCOMMIT")
        check_server_version(held)
        held.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        with connected(url) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def known_revisions() -> list[str]:
    """Of this Tandem, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()]


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
