"""Incidents that a lead chose by hand have no known sampling probability.

Revision ID: 2026_11_26_25
Revises: 2026_11_26_24
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_25"
down_revision = "2026_11_26_24"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for table in ("round_incidents", "assignments"):
        op.alter_column(table, "sampling_probability", existing_type=sa.Double(), nullable=True)
