"""A placeholder may be said to be a member of the study.

Revision ID: 2026_11_26_06
Revises: 2026_11_24_03
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_06"
down_revision = "2026_11_24_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("memberships", sa.Column("same_as_id", sa.BigInteger()))
    op.create_foreign_key(
        "fk_memberships_study_id_same_as_id",
        "memberships",
        "memberships",
        ["study_id", "same_as_id"],
        ["study_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_memberships_only_placeholders_are_linked"), "memberships", "same_as_id IS NULL OR kind = 'placeholder'"
    )
