"""The figures of a round as they stood when it was closed, with what they were made of.

Revision ID: 2026_11_27_42
Revises: 2026_11_27_39
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_27_42"
down_revision = "2026_11_27_41"
branch_labels = None
depends_on = None

TABLE = "stored_figures"
POINTS_TO = {"round_id": "rounds", "member_id": "memberships", "codebook_version_id": "codebook_versions"}


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    within = [
        sa.ForeignKeyConstraint(
            ["study_id", column],
            [f"{target}.study_id", f"{target}.id"],
            name=op.f(f"fk_{TABLE}_study_id_{column}"),
        )
        for column, target in POINTS_TO.items()
    ]
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("round_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("formulas", sa.Integer(), nullable=False),
        sa.Column("tandem_version", sa.Text(), nullable=False),
        sa.Column("codebook_version_id", sa.BigInteger(), nullable=True),
        sa.Column("codebook_seq", sa.BigInteger(), nullable=False),
        sa.Column("inputs_sha256", sa.Text(), nullable=False),
        sa.Column("inputs", sa.LargeBinary(), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f(f"fk_{TABLE}_study_id"), ondelete="CASCADE"),
        *within,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("study_id", "id", name=op.f(f"uq_{TABLE}_study_id_id")),
    )
    op.create_index("ix_stored_figures_round", TABLE, ["study_id", "round_id"])
    op.execute(
        f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
    )
