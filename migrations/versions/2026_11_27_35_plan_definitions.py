"""The definition of a new code or category in a plan, and the proposal of a model that it was taken from.

Revision ID: 2026_11_27_35
Revises: 2026_11_27_34
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_35"
down_revision = "2026_11_27_34"
branch_labels = None
depends_on = None

STEPS = "codebook_plan_steps"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column(STEPS, sa.Column("definition", sa.Text(), server_default="", nullable=False))
    op.add_column(STEPS, sa.Column("help_id", sa.BigInteger(), nullable=True))
    op.add_column(STEPS, sa.Column("help_item", sa.Integer(), nullable=True))
    op.create_foreign_key(
        op.f(f"fk_{STEPS}_study_id_help_id"), STEPS, "codebook_help", ["study_id", "help_id"], ["study_id", "id"]
    )
    op.create_check_constraint(
        op.f(f"ck_{STEPS}_from_one_item"), STEPS, "(help_id IS NULL) = (help_item IS NULL)"
    )
    op.create_check_constraint(
        op.f(f"ck_{STEPS}_defines_what_it_makes"), STEPS, "definition = '' OR name <> ''"
    )
