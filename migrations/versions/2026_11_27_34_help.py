"""Help from a model with the codebook; what calls hold of a study's cap, in the ledger and for every kind of subject.

Revision ID: 2026_11_27_34
Revises: 2026_11_27_33
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_27_34"
down_revision = "2026_11_27_33"
branch_labels = None
depends_on = None

HELD = ("reserved_tokens", "untold_tokens")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _holds_move_to_the_ledger()
    _help()
    _decisions()


def _holds_move_to_the_ledger() -> None:
    held = [sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False) for name in HELD]
    _table(
        "token_holds",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        _key("subject_id"),
        *held,
        points_to={},
        unique=("subject_kind", "subject_id"),
    )
    op.execute(
        "INSERT INTO token_holds (study_id, subject_kind, subject_id, reserved_tokens, untold_tokens) "
        "SELECT study_id, 'run_incident', id, reserved_tokens, untold_tokens FROM run_incidents "
        "WHERE reserved_tokens > 0 OR untold_tokens > 0"
    )
    for name in HELD:
        op.drop_column("run_incidents", name)


def _help() -> None:
    _table(
        "codebook_help",
        _word("kind", "near_duplicates", "categories", "definition"),
        _key("dimension_id"),
        _key("code_id", nullable=True),
        _key("asked_by"),
        _at("at"),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.Text(), nullable=False),
        sa.Column("redaction", sa.Text(), server_default="", nullable=False),
        _key("codebook_seq"),
        sa.Column("material", JSONB(), nullable=False),
        _word("state", "waiting", "done", "failed", default="waiting"),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _at("changed_at"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        _key("model_call_id", nullable=True),
        sa.Column("proposal", JSONB(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'definition') = (code_id IS NOT NULL)", name=op.f("ck_codebook_help_about_a_code")
        ),
        sa.CheckConstraint(
            "(state = 'done') = (proposal IS NOT NULL)", name=op.f("ck_codebook_help_done_has_proposal")
        ),
        points_to={
            "dimension_id": "dimensions",
            "code_id": "codes",
            "asked_by": "memberships",
            "model_call_id": "model_calls",
        },
    )
    op.create_index("ix_codebook_help_dimension", "codebook_help", ["study_id", "dimension_id"])


def _decisions() -> None:
    _table(
        "codebook_help_decisions",
        _key("help_id"),
        sa.Column("item", sa.Integer(), nullable=False),
        _word("decision", "accepted", "rejected"),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _key("plan_id", nullable=True),
        _key("member_id"),
        _at("at"),
        points_to={"help_id": "codebook_help", "plan_id": "codebook_plans", "member_id": "memberships"},
        unique=("help_id", "item"),
    )
    op.execute(
        "CREATE TRIGGER codebook_help_decisions_append_only BEFORE UPDATE OR DELETE ON codebook_help_decisions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
    )


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _word(name: str, *words: str, default: str | None = None) -> sa.Column:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, server_default=default, nullable=False)


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
