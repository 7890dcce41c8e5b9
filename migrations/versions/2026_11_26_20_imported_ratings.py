"""Rounds that hold ratings from a file.

Revision ID: 2026_11_26_20
Revises: 2026_11_26_09
"""

from alembic import op

revision = "2026_11_26_20"
down_revision = "2026_11_26_09"
branch_labels = None
depends_on = None

PURPOSES = "purpose IN ('calibration', 'reliability', 'single_coding', 'recoding', 'imported')"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_rounds_purpose"), "rounds", type_="check")
    op.create_check_constraint(op.f("ck_rounds_purpose"), "rounds", PURPOSES)
