"""Draft plans for the codebook: plans, their steps with the codes of each, and comments.

Revision ID: 2026_11_27_32
Revises: 2026_11_27_31
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_32"
down_revision = "2026_11_27_31"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _table(
        "codebook_plans",
        _key("created_by"),
        _at("created_at"),
        _at("changed_at"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sharing", _word("sharing", "private", "shared"), server_default="private", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ending", _word("ending", "applied", "dropped"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key("ended_by", nullable=True),
        _text("ending_reason"),
        _key("applied_seq", nullable=True),
        sa.CheckConstraint("(ending IS NULL) = (ended_at IS NULL)", name=op.f("ck_codebook_plans_ended")),
        sa.CheckConstraint("(ending = 'applied') = (applied_seq IS NOT NULL)", name=op.f("ck_codebook_plans_applied")),
        points_to={"created_by": "memberships", "ended_by": "memberships"},
    )
    _table(
        "codebook_plan_steps",
        _key("plan_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", _word("kind", "merge", "take_out", "roll_up"), nullable=False),
        _key("dimension_id"),
        _key("into_code_id", nullable=True),
        _key("into_step_id", nullable=True),
        _text("name"),
        _text("reason"),
        _key("codebook_seq"),
        _key("made_code_id", nullable=True),
        _key("member_id"),
        _at("at"),
        sa.CheckConstraint(
            "num_nonnulls(into_code_id, into_step_id, nullif(name, '')) = CASE kind WHEN 'take_out' THEN 0 ELSE 1 END",
            name=op.f("ck_codebook_plan_steps_into_one"),
        ),
        points_to={
            "plan_id": "codebook_plans",
            "dimension_id": "dimensions",
            "into_code_id": "codes",
            "into_step_id": "codebook_plan_steps",
            "made_code_id": "codes",
            "member_id": "memberships",
        },
    )
    op.create_index("ix_codebook_plan_steps_plan_id", "codebook_plan_steps", ["plan_id"])
    _table(
        "codebook_plan_step_codes",
        _key("step_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        _key("code_id", nullable=True),
        _key("from_step_id", nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(code_id, from_step_id) = 1", name=op.f("ck_codebook_plan_step_codes_one_code")
        ),
        points_to={"step_id": "codebook_plan_steps", "code_id": "codes", "from_step_id": "codebook_plan_steps"},
        unique=("step_id", "place"),
    )
    _table(
        "codebook_plan_comments",
        _key("plan_id"),
        _key("member_id"),
        sa.Column("text", sa.Text(), nullable=False),
        _at("at"),
        points_to={"plan_id": "codebook_plans", "member_id": "memberships"},
    )
    op.create_index("ix_codebook_plan_comments_plan_id", "codebook_plan_comments", ["plan_id"])


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


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
