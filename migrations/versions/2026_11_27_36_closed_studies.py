"""Whether a study is closed: nothing in it changes then, until a lead opens it again.

Revision ID: 2026_11_27_36
Revises: 2026_11_27_35
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_36"
down_revision = "2026_11_27_35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("studies", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
