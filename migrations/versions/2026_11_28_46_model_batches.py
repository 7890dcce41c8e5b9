"""Questions given to an endpoint as a file, and what a batch costs there beside single calls.

Revision ID: 2026_11_28_46
Revises: 2026_11_28_45
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_46"
down_revision = "2026_11_28_45"
branch_labels = None
depends_on = None

STATES = ("filled", "uploaded", "created", "ended")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("model_endpoints", sa.Column("batch_price_share", sa.Numeric(6, 5), nullable=True))
    op.create_check_constraint(
        op.f("ck_model_endpoints_batch_price_share"), "model_endpoints", "batch_price_share BETWEEN 0 AND 1"
    )
    op.create_table(
        "model_batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="state", native_enum=False, create_constraint=False, length=40),
            server_default="filled",
            nullable=False,
        ),
        sa.Column("is_tried", sa.Boolean(), server_default=sa.false(), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in _WORDS),
        sa.Column("parameters", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("dropped", JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _now("due_at"),
        _now("made_at"),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(sa.column("state").in_(STATES), name=op.f("ck_model_batches_state")),
        *_owned("model_batches", {"run_id": "suggestion_runs"}),
        sa.UniqueConstraint("token", name=op.f("uq_model_batches_token")),
    )
    op.create_index(
        "ix_model_batches_open",
        "model_batches",
        ["study_id", "run_id"],
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_table(
        "batch_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("model_batch_id", sa.BigInteger(), nullable=False),
        sa.Column("run_incident_id", sa.BigInteger(), nullable=False),
        sa.Column("custom_id", sa.Text(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("begun_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        *_owned("batch_lines", {"model_batch_id": "model_batches", "run_incident_id": "run_incidents"}),
        sa.UniqueConstraint(
            "study_id",
            "model_batch_id",
            "custom_id",
            name=op.f("uq_batch_lines_study_id_model_batch_id_custom_id"),
        ),
    )


_WORDS = ("file_id", "batch_id", "status", "problem")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _owned(table: str, points_to: dict[str, str]) -> list[sa.Constraint]:
    within = [
        sa.ForeignKeyConstraint(
            ["study_id", column], [f"{target}.study_id", f"{target}.id"], name=op.f(f"fk_{table}_study_id_{column}")
        )
        for column, target in points_to.items()
    ]
    return [
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f(f"fk_{table}_study_id"), ondelete="CASCADE"),
        *within,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("study_id", "id", name=op.f(f"uq_{table}_study_id_id")),
    ]
