"""Links for a new password, where a sign-in came from, and the tries that a throttle counts.

Revision ID: 2026_11_26_09
Revises: 2026_11_26_08
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_09"
down_revision = "2026_11_26_08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.drop_constraint(op.f("ck_invitations_purpose"), "invitations", type_="check")
    op.create_check_constraint(
        op.f("ck_invitations_purpose"), "invitations", "purpose IN ('owner', 'member', 'sign_in', 'password')"
    )
    op.add_column("sign_ins", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "tries",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_key_hash_at"), "tries", ["key_hash", "at"])
    op.create_index(op.f("ix_tries_at"), "tries", ["at"])
