"""Brings a database to the newest revision; two processes that start at once do it one after the other."""

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from app.places import MIGRATIONS

LOCK = 7_221_001


def migrate(url: str) -> None:
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()
    engine.dispose()
