"""What the new code of a step of a plan is to say.

Revision ID: 2026_11_27_35
Revises: 2026_11_27_34
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_35"
down_revision = "2026_11_27_34"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("codebook_plan_steps", sa.Column("definition", sa.Text(), server_default="", nullable=False))
