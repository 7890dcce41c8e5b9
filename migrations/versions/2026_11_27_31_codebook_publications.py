"""Versions of the codebook are published at a link.

Revision ID: 2026_11_27_31
Revises: 2026_11_27_30
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_31"
down_revision = "2026_11_27_30"
branch_labels = None
depends_on = None

TABLE = "codebook_publications"
POINTS_TO = {"version_id": "codebook_versions", "member_id": "memberships", "revoked_by": "memberships"}


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    reach = sa.Enum("members", "anybody", name="reach", native_enum=False, create_constraint=True, length=40)
    at = sa.DateTime(timezone=True)
    op.create_table(
        TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("reach", reach, nullable=False),
        sa.Column("quotes_examples", sa.Boolean(), nullable=False),
        sa.Column("at", at, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", at, nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("revoked_by IS NULL OR revoked_at IS NOT NULL", name=op.f(f"ck_{TABLE}_revoked")),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f(f"fk_{TABLE}_study_id"), ondelete="CASCADE"),
        *(
            sa.ForeignKeyConstraint(
                ["study_id", column],
                [f"{target}.study_id", f"{target}.id"],
                name=op.f(f"fk_{TABLE}_study_id_{column}"),
            )
            for column, target in POINTS_TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("study_id", "id", name=op.f(f"uq_{TABLE}_study_id_id")),
        sa.UniqueConstraint("token", name=op.f(f"uq_{TABLE}_token")),
    )
    op.create_index(
        "uq_codebook_publications_standing",
        TABLE,
        ["study_id", "version_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
