"""When a sign-in was last seen; what was done to an account is found by whose it is.

Revision ID: 2026_11_26_22
Revises: 2026_11_26_21
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_22"
down_revision = "2026_11_26_21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("sign_ins", sa.Column("last_seen_at", sa.DateTime(timezone=True)))
    op.create_index(op.f("ix_account_events_subject_id"), "account_events", ["subject_id"])
