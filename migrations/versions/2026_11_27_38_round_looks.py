"""Looks of leads at the agreement of a running round, and whether a round allows them.

Revision ID: 2026_11_27_38
Revises: 2026_11_27_36
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_38"
down_revision = "2026_11_27_36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("rounds", sa.Column("looks_allowed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "round_looks",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_round_looks_study_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_id", "round_id"], ["rounds.study_id", "rounds.id"], name=op.f("fk_round_looks_study_id_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["study_id", "member_id"],
            ["memberships.study_id", "memberships.id"],
            name=op.f("fk_round_looks_study_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_looks")),
        sa.UniqueConstraint("study_id", "id", name=op.f("uq_round_looks_study_id_id")),
    )
    op.create_index("ix_round_looks_round_id", "round_looks", ["round_id"])
