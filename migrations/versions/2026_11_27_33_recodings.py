"""Recodings: quotes moved to another code after the coding, and the final codes that it replaced and wrote.

Revision ID: 2026_11_27_33
Revises: 2026_11_27_30
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_33"
down_revision = "2026_11_27_30"
branch_labels = None
depends_on = None

BASES = ("unanimous", "unanimous_after_suggestion", "discussed", "third_person", "majority", "single_coder", "recoded")
EXPOSURES = (
    "suggestion",
    "colleague_code",
    "comment",
    "shared_memo",
    "ruling",
    "final_code",
    "recoding",
    "declared",
)
APPEND_ONLY = ("recodings", "recoded_quotes", "recoded_final_codes", "recodings_taken_back")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _widen("final_codes", "basis", BASES)
    _widen("exposures", "kind", EXPOSURES)
    _table(
        "recodings",
        _key("member_id"),
        _at(),
        sa.Column("reason", sa.Text(), nullable=False),
        _key("dimension_id"),
        _key("from_code_id"),
        _key("to_code_id"),
        _key("codebook_seq"),
        points_to={
            "member_id": "memberships",
            "dimension_id": "dimensions",
            "from_code_id": "codes",
            "to_code_id": "codes",
        },
    )
    op.create_index("ix_recodings_dimension", "recodings", ["study_id", "dimension_id"])
    _table(
        "recoded_quotes",
        _key("recoding_id"),
        _key("submitted_evidence_id"),
        _key("incident_id"),
        _key("round_id"),
        points_to={
            "recoding_id": "recodings",
            "submitted_evidence_id": "submitted_evidence",
            "incident_id": "incidents",
            "round_id": "rounds",
        },
        unique=("recoding_id", "submitted_evidence_id"),
    )
    op.create_index("ix_recoded_quotes_evidence", "recoded_quotes", ["study_id", "submitted_evidence_id"])
    _table(
        "recoded_final_codes",
        _key("recoding_id"),
        _key("final_code_id"),
        sa.Column("is_written", sa.Boolean(), nullable=False),
        points_to={"recoding_id": "recodings", "final_code_id": "final_codes"},
        unique=("recoding_id", "final_code_id"),
    )
    _table(
        "recodings_taken_back",
        _key("recoding_id"),
        _key("member_id"),
        _at(),
        sa.Column("reason", sa.Text(), nullable=False),
        points_to={"recoding_id": "recodings", "member_id": "memberships"},
        unique=("recoding_id",),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


def _widen(table: str, column: str, words: tuple[str, ...]) -> None:
    """The column takes one word more."""
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.column(column).in_(words))


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at() -> sa.Column:
    return sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _table(name: str, *columns: sa.Column, points_to: dict[str, str], unique: tuple[str, ...] = ()) -> None:
    """A table of a study: unique by (study_id, id), and pointing at others within its study."""
    within = [
        sa.ForeignKeyConstraint(
            ["study_id", column],
            [f"{target}.study_id", f"{target}.id"],
            name=op.f(f"fk_{name}_study_id_{column}"),
        )
        for column, target in points_to.items()
    ]
    wanted = [("study_id", "id"), *([("study_id", *unique)] if unique else [])]
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f(f"fk_{name}_study_id"), ondelete="CASCADE"),
        *within,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*each, name=op.f(f"uq_{name}_{'_'.join(each)}")) for each in wanted),
    )
