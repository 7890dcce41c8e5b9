"""Around a ruling: names asked for, members mentioned, rules drafted and decided, rulings taken back.

Revision ID: 2026_11_27_40
Revises: 2026_11_27_39
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_40"
down_revision = "2026_11_27_39"
branch_labels = None
depends_on = None

APPEND_ONLY = ("name_openings", "comment_mentions", "ruling_rules", "rule_decisions", "rulings_taken_back")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _table(
        "name_openings",
        _key("round_id"),
        _key("incident_id"),
        _key("member_id"),
        _at(),
        points_to={"round_id": "rounds", "incident_id": "incidents", "member_id": "memberships"},
        unique=("round_id", "incident_id", "member_id"),
    )
    _table(
        "comment_mentions",
        _key("comment_id"),
        _key("member_id"),
        points_to={"comment_id": "comments", "member_id": "memberships"},
        unique=("comment_id", "member_id"),
    )
    op.create_index("ix_comment_mentions_member", "comment_mentions", ["study_id", "member_id"])
    _table(
        "ruling_rules",
        _key("ruling_id"),
        _key("code_id"),
        sa.Column(
            "kind",
            sa.Enum(
                "use_when", "not_when", "example",
                name="kind", native_enum=False, create_constraint=True, length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        points_to={"ruling_id": "rulings", "code_id": "codes"},
        unique=("ruling_id", "code_id", "kind"),
    )  # fmt: skip
    op.create_index("ix_ruling_rules_code", "ruling_rules", ["study_id", "code_id"])
    _table(
        "rule_decisions",
        _key("rule_id"),
        _key("member_id"),
        _at(),
        sa.Column("codebook_seq", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        points_to={"rule_id": "ruling_rules", "member_id": "memberships"},
        unique=("rule_id",),
    )
    _table(
        "rulings_taken_back",
        _key("ruling_id"),
        _key("member_id"),
        _at(),
        sa.Column("reason", sa.Text(), nullable=False),
        points_to={"ruling_id": "rulings", "member_id": "memberships"},
        unique=("ruling_id",),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


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
