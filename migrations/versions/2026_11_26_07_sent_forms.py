"""Forms that were sent, so that one sent twice is done once.

Revision ID: 2026_11_26_07
Revises: 2026_11_26_06
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_07"
down_revision = "2026_11_26_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "sent_forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["study_id"], ["studies.id"], name=op.f("fk_sent_forms_study_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["study_id", "member_id"],
            ["memberships.study_id", "memberships.id"],
            name=op.f("fk_sent_forms_study_id_member_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_forms")),
        sa.UniqueConstraint("study_id", "id", name=op.f("uq_sent_forms_study_id_id")),
        sa.UniqueConstraint(
            "study_id", "member_id", "fingerprint", name=op.f("uq_sent_forms_study_id_member_id_fingerprint")
        ),
    )
