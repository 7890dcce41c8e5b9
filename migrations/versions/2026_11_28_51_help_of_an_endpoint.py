"""Help with the codebook may be asked of a model that a lead entered.

Revision ID: 2026_11_28_51
Revises: 2026_11_28_50
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_28_51"
down_revision = "2026_11_28_50"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("codebook_help", sa.Column("endpoint_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_codebook_help_study_id_endpoint_id"),
        "codebook_help",
        "model_endpoints",
        ["study_id", "endpoint_id"],
        ["study_id", "id"],
    )
