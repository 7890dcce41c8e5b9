"""What more a code says, how codes are split, and which act a revision undoes.

Revision ID: 2026_11_27_30
Revises: 2026_11_26_28
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_27_30"
down_revision = "2026_11_26_28"
branch_labels = None
depends_on = None

KINDS = (
    "created", "edited", "renamed", "moved", "merged", "split", "retired", "restored",
    "promoted", "demoted", "dimension_changed", "undone",
)  # fmt: skip
STATUSES = ("active", "retired", "merged", "split", "undone")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("code_revisions", sa.Column("short_definition", sa.Text(), server_default="", nullable=False))
    op.add_column("code_revisions", sa.Column("synonyms", JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("code_revisions", sa.Column("source", sa.Text(), nullable=True))
    op.add_column("code_revisions", sa.Column("split_from_id", sa.BigInteger(), nullable=True))
    op.add_column("code_revisions", sa.Column("undoes_seq", sa.BigInteger(), nullable=True))
    op.add_column("dimension_revisions", sa.Column("undoes_seq", sa.BigInteger(), nullable=True))
    op.alter_column("code_revisions", "position", type_=sa.Double(), existing_nullable=False)
    op.create_foreign_key(
        op.f("fk_code_revisions_study_id_split_from_id"),
        "code_revisions",
        "codes",
        ["study_id", "split_from_id"],
        ["study_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_code_revisions_not_split_from_itself"), "code_revisions", "split_from_id IS DISTINCT FROM code_id"
    )
    _words("code_revisions", "kind", KINDS)
    _words("code_revisions", "status", STATUSES)
    _words("dimension_revisions", "status", ("active", "retired", "undone"))


def _words(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.column(column).in_(words))
