"""The tables of the job queue, as procrastinate 3.10 made them; a copy, since the library's own schema moves.

Revision ID: 2026_11_24_03
Revises: 2026_11_24_02
"""

from pathlib import Path

from alembic import op

revision = "2026_11_24_03"
down_revision = "2026_11_24_02"
branch_labels = None
depends_on = None

SCHEMA = Path(__file__).parents[1] / "procrastinate_schema_3_10.sql"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    # By the driver itself: the file holds many statements, and percent signs that are not parameters.
    op.get_bind().connection.cursor().execute(SCHEMA.read_text("utf-8"))
