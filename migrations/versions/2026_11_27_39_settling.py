"""How a round is settled, as its lead chose; what is drawn for an audit of it, and what was confirmed.

Revision ID: 2026_11_27_39
Revises: 2026_11_27_38
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_39"
down_revision = "2026_11_27_38"
branch_labels = None
depends_on = None

APPEND_ONLY = ("settling_choices", "audit_confirmations")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _choices()
    _audits()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
        )


def _choices() -> None:
    _table(
        "settling_choices",
        _key("round_id"),
        _key("member_id"),
        _at(),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("by_majority", sa.Boolean(), nullable=False),
        _word("single", "final", "review"),
        sa.Column("audit_share", sa.Float(), nullable=False),
        _key("audit_seed"),
        sa.CheckConstraint("audit_share BETWEEN 0 AND 1", name=op.f("ck_settling_choices_audit_share")),
        points_to={"round_id": "rounds", "member_id": "memberships"},
    )
    op.create_index("ix_settling_choices_round", "settling_choices", ["study_id", "round_id", "id"])


def _audits() -> None:
    _table(
        "audits",
        _key("round_id"),
        _key("incident_id"),
        _key("dimension_id"),
        _word("basis", "unanimous_after_suggestion", "single_coder"),
        _at(),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        points_to={"round_id": "rounds", "incident_id": "incidents", "dimension_id": "dimensions"},
    )
    op.create_index(
        "uq_audits_standing",
        "audits",
        ["study_id", "round_id", "incident_id", "dimension_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    _table(
        "audit_confirmations",
        _key("audit_id"),
        _key("member_id"),
        _at(),
        points_to={"audit_id": "audits", "member_id": "memberships"},
        unique=("audit_id",),
    )


def _key(name: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _at() -> sa.Column:
    return sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _word(name: str, *words: str) -> sa.Column:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=False)


def _table(name: str, *columns: sa.schema.SchemaItem, points_to: dict[str, str], unique: tuple[str, ...] = ()) -> None:
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
