"""Memos on codes and on quotes, which stay at their words.

Revision ID: 2026_11_26_28
Revises: 2026_11_26_27
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_28"
down_revision = "2026_11_26_27"
branch_labels = None
depends_on = None

SUBJECT = """
CASE subject_kind
  WHEN 'incident' THEN incident_id IS NOT NULL AND code_id IS NULL AND "start" IS NULL
  WHEN 'code' THEN code_id IS NOT NULL AND incident_id IS NULL AND assignment_id IS NULL AND "start" IS NULL
  WHEN 'quote' THEN code_id IS NOT NULL AND incident_id IS NOT NULL AND assignment_id IS NOT NULL
    AND "start" >= 0 AND "end" > "start" AND quote IS NOT NULL
  ELSE code_id IS NULL AND incident_id IS NULL AND assignment_id IS NULL AND "start" IS NULL
END
"""


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("memos", sa.Column("code_id", sa.BigInteger(), nullable=True))
    op.add_column("memos", sa.Column("start", sa.Integer(), nullable=True))
    op.add_column("memos", sa.Column("end", sa.Integer(), nullable=True))
    op.add_column("memos", sa.Column("quote", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_memos_study_id_code_id"), "memos", "codes", ["study_id", "code_id"], ["study_id", "id"]
    )
    op.create_check_constraint(op.f("ck_memos_subject"), "memos", SUBJECT)
    op.create_index("ix_memos_code", "memos", ["study_id", "code_id"])
    op.create_index("ix_memos_member", "memos", ["study_id", "member_id"])
