"""What calls held of a study's cap stood in the rows of runs, and is the ledger's since."""

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL

from app.places import MIGRATIONS
from tests.conftest import make_database

MOVES = "2026_11_27_34"


def upgrade(engine: sa.Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def before(revision: str) -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    found = ScriptDirectory.from_config(config).get_revision(revision)
    assert isinstance(found.down_revision, str)
    return found.down_revision


def test_what_is_held_and_what_was_never_told_survives_the_move(server_url: URL) -> None:
    engine = sa.create_engine(make_database(server_url, "tandem_held_tokens"))
    upgrade(engine, before(MOVES))
    with engine.begin() as connection:
        study_id = connection.scalar(sa.text("INSERT INTO studies (slug, title) VALUES ('s', 'S') RETURNING id"))
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # runs and incidents are no matter
        for incident_id, reserved, untold in ((1, 5, 0), (2, 0, 7), (3, 0, 0)):
            connection.execute(
                sa.text(
                    "INSERT INTO run_incidents (study_id, run_id, incident_id, reserved_tokens, untold_tokens) "
                    "VALUES (:study_id, 1, :incident_id, :reserved, :untold)"
                ),
                {"study_id": study_id, "incident_id": incident_id, "reserved": reserved, "untold": untold},
            )
    upgrade(engine, MOVES)
    with engine.connect() as connection:
        held = connection.execute(
            sa.text(
                "SELECT incident_id, subject_kind, h.reserved_tokens, h.untold_tokens FROM token_holds h "
                "JOIN run_incidents r ON r.study_id = h.study_id AND r.id = h.subject_id ORDER BY incident_id"
            )
        ).all()
    engine.dispose()
    assert [tuple(row) for row in held] == [(1, "run_incident", 5, 0), (2, "run_incident", 0, 7)]
