"""Time spent at an assignment, and dimensions that ask for evidence.

Revision ID: 2026_11_26_24
Revises: 2026_11_26_23
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_24"
down_revision = "2026_11_26_23"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column(
        "assignment_work", sa.Column("active_seconds", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "dimension_revisions",
        sa.Column("needs_evidence", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
