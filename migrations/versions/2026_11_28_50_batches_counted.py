"""What came of a batch, counted as its results are taken in, so that a page of a run adds nothing up.

Revision ID: 2026_11_28_50
Revises: 2026_11_28_49
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_50"
down_revision = "2026_11_28_49"
branch_labels = None
depends_on = None

COUNTED = ("questions", "answered", "failed", "expired", "given_back", "lost", "unpriced")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    for name in COUNTED:
        op.add_column("model_batches", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("model_batches", sa.Column("cost_usd", sa.Numeric(14, 8), server_default="0", nullable=False))
