"""The dearest calls of a study without reading all of them.

Revision ID: 2026_11_28_49
Revises: 2026_11_28_43
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_49"
down_revision = "2026_11_28_48"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    order = ["study_id", sa.text("cost_usd DESC NULLS LAST"), sa.text("id DESC")]
    op.create_index("ix_model_calls_cost", "model_calls", order)
