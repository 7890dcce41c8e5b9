"""Pooling: boards, groups of proposed codes, what became of them, and who looked at their authors.

Revision ID: 2026_11_26_27
Revises: 2026_11_26_26
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_26_27"
down_revision = "2026_11_26_26"
branch_labels = None
depends_on = None

OUTCOMES = ("merged", "into_existing", "category", "kept", "retired")
APPEND_ONLY = ("pooling_outcomes", "author_looks")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _table(
        "pooling_boards",
        _key("round_id"),
        _key("dimension_id"),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _key("scribe_id", nullable=True),
        sa.Column("pen_until", sa.DateTime(timezone=True), nullable=True),
        points_to={"round_id": "rounds", "dimension_id": "dimensions", "scribe_id": "memberships"},
        unique=("round_id", "dimension_id"),
    )
    _table(
        "pooling_groups",
        _key("board_id"),
        _key("created_by"),
        _at(),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("definition", sa.Text(), server_default="", nullable=False),
        points_to={"board_id": "pooling_boards", "created_by": "memberships"},
    )
    op.create_index("ix_pooling_groups_board_id", "pooling_groups", ["board_id"])
    _table(
        "pooling_group_codes",
        _key("group_id"),
        _key("code_id"),
        sa.Column("name", sa.Text(), nullable=False),
        points_to={"group_id": "pooling_groups", "code_id": "codes"},
        unique=("code_id",),
    )
    op.create_index("ix_pooling_group_codes_group_id", "pooling_group_codes", ["group_id"])
    _table(
        "pooling_outcomes",
        _key("group_id"),
        sa.Column(
            "outcome",
            sa.Enum(*OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        _key("code_id", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _key("codebook_seq"),
        _key("member_id"),
        _at(),
        points_to={"group_id": "pooling_groups", "code_id": "codes", "member_id": "memberships"},
        unique=("group_id",),
    )
    _table(
        "author_looks",
        _key("round_id"),
        _key("dimension_id"),
        _key("member_id"),
        _at(),
        points_to={"round_id": "rounds", "dimension_id": "dimensions", "member_id": "memberships"},
        unique=("round_id", "dimension_id", "member_id"),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


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
