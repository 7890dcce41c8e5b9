"""What leaves for a model: redaction by a study's own key and words, and a cap on the tokens it may cost.

Revision ID: 2026_11_26_08
Revises: 2026_11_26_07
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_08"
down_revision = "2026_11_26_07"
branch_labels = None
depends_on = None

KEY = sa.text("replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("studies", sa.Column("redacts", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("studies", sa.Column("redacted_words", sa.Text(), server_default="", nullable=False))
    op.add_column("studies", sa.Column("redaction_key", sa.Text(), server_default=KEY, nullable=False))
    op.add_column("studies", sa.Column("token_cap", sa.BigInteger()))
    op.create_check_constraint(op.f("ck_studies_token_cap"), "studies", "token_cap >= 0")
    op.add_column("suggestion_runs", sa.Column("redaction", sa.Text(), server_default="", nullable=False))
    for column in ("reserved_tokens", "untold_tokens"):
        op.add_column("run_incidents", sa.Column(column, sa.BigInteger(), server_default="0", nullable=False))
