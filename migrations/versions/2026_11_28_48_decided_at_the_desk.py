"""Why a suggestion was rejected, as one of a few causes; which dimensions of a reply could not be read.

Revision ID: 2026_11_28_48
Revises: 2026_11_28_45
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_48"
down_revision = "2026_11_28_46"
branch_labels = None
depends_on = None

CAUSES = ("", "other_code", "no_evidence", "too_vague", "not_asked")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column(
        "run_incidents", sa.Column("unread_dimension_ids", JSONB(), server_default=sa.text("'[]'"), nullable=False)
    )
    op.add_column("suggestion_decisions", sa.Column("cause", sa.String(40), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_suggestion_decisions_cause"), "suggestion_decisions", sa.column("cause").in_(CAUSES)
    )
