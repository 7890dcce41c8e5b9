"""Rounds at work: assignments that end before they are handed in, incidents that come later, a filter to take them by.

Revision ID: 2026_11_26_26
Revises: 2026_11_26_25
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_26_26"
down_revision = "2026_11_26_25"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("assignments", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("assignments", sa.Column("ending", sa.String(40), nullable=True))
    op.create_check_constraint(op.f("ck_assignments_ending"), "assignments", "ending IN ('withdrawn', 'kept')")
    op.create_check_constraint(
        op.f("ck_assignments_ended"), "assignments", "(ended_at IS NULL) = (ending IS NULL)"
    )
    op.add_column("round_incidents", sa.Column("coders_wanted", sa.Integer(), nullable=True))
    op.add_column("round_incidents", sa.Column("added_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rounds", sa.Column("intake", JSONB(), nullable=True))
