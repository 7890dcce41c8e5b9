"""A run is a queue, calls under way are written down before they leave, and what calls cost is kept as accounts.

Revision ID: 2026_11_28_45
Revises: 2026_11_28_43
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_45"
down_revision = "2026_11_28_43"
branch_labels = None
depends_on = None

MONEY = sa.Numeric(20, 8)
COUNTS = ("calls", "lost", "unpriced", "input_tokens", "cached_tokens", "output_tokens", "untold_tokens")
SUMS = ("told_usd", "untold_usd", "reserved_usd")

# What the ledger holds of a subject, by the study or by the run that its incident is of.
SUMMED = """
INSERT INTO model_accounts (study_id, subject_kind, subject_id, calls, unpriced, input_tokens, cached_tokens,
  output_tokens, told_usd)
SELECT c.study_id, {kind}, {key}, count(*),
  count(*) FILTER (WHERE c.output_tokens IS NOT NULL AND c.cost_usd IS NULL),
  coalesce(sum(c.input_tokens), 0), coalesce(sum(c.cached_tokens), 0), coalesce(sum(c.output_tokens), 0),
  coalesce(sum(c.cost_usd), 0)
FROM model_calls c {joined} GROUP BY c.study_id, {key}
"""

# Nobody is at work while this runs: what was reserved by a call that is under way may have been spent.
HELD = """
INSERT INTO model_accounts AS a (study_id, subject_kind, subject_id, untold_tokens)
SELECT h.study_id, {kind}, {key}, sum(h.reserved_tokens + h.untold_tokens)
FROM token_holds h {joined} GROUP BY h.study_id, {key}
ON CONFLICT (study_id, subject_kind, subject_id) DO UPDATE SET untold_tokens = excluded.untold_tokens
"""
OF_RUN = "JOIN run_incidents r ON {0}.subject_kind = 'run_incident' AND r.study_id = {0}.study_id AND r.id = {0}.subject_id"


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _queue()
    _accounts()
    _calls_under_way()
    op.create_table(
        "model_gates",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_model_gates")),
    )
    for kind, key, of_calls, of_holds in (
        ("'study'", "{0}.study_id", "", ""),
        ("'suggestion_run'", "r.run_id", OF_RUN.format("c"), OF_RUN.format("h")),
    ):
        op.execute(SUMMED.format(kind=kind, key=key.format("c"), joined=of_calls))
        op.execute(HELD.format(kind=kind, key=key.format("h"), joined=of_holds))
    op.drop_table("token_holds")


def _queue() -> None:
    due_at = sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False)
    op.add_column("run_incidents", due_at)
    op.add_column("run_incidents", sa.Column("holder", sa.Uuid(), nullable=True))
    where = sa.text("state = 'waiting'")
    columns = ["study_id", "run_id", "due_at"]
    op.create_index("ix_run_incidents_queue", "run_incidents", columns, postgresql_where=where)
    op.create_index("ix_run_incidents_state", "run_incidents", ["study_id", "run_id", "state"])


def _accounts() -> None:
    nothing = sa.text("0")
    _table(
        "model_accounts",
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), server_default=nothing, nullable=False) for name in COUNTS),
        sa.Column("reserved_tokens", sa.BigInteger(), server_default=nothing, nullable=False),
        *(sa.Column(name, MONEY, server_default=nothing, nullable=False) for name in SUMS),
        unique=("subject_kind", "subject_id"),
    )


def _calls_under_way() -> None:
    def words(name: str, default: str | None = None) -> sa.Column:
        return sa.Column(name, sa.Text(), server_default=default, nullable=False)

    _table(
        "calls_under_way",
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=False),
        words("gate", ""),
        sa.Column("member_id", sa.BigInteger(), nullable=True),
        words("purpose"),
        words("subject_kind"),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        words("purse_kind", ""),
        sa.Column("purse_id", sa.BigInteger(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("endpoint_id", sa.BigInteger(), nullable=True),
        words("address", ""),
        words("redaction", ""),
        words("model_asked"),
        sa.Column("parameters", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        words("system_prompt"),
        words("user_prompt"),
        sa.Column("reserved_tokens", sa.BigInteger(), nullable=False),
        sa.Column("reserved_usd", MONEY, nullable=True),
        points_to={"member_id": "memberships", "endpoint_id": "model_endpoints"},
        unique=("subject_kind", "subject_id", "sample"),
    )
    op.create_index("ix_calls_under_way_gate", "calls_under_way", ["gate"])


def _table(name: str, *columns: sa.schema.SchemaItem, points_to: dict[str, str] | None = None, unique: tuple[str, ...]) -> None:
    """A table of a study: unique by (study_id, id), and pointing at others within its study."""
    within = [
        sa.ForeignKeyConstraint(
            ["study_id", column], [f"{target}.study_id", f"{target}.id"], name=op.f(f"fk_{name}_study_id_{column}")
        )
        for column, target in (points_to or {}).items()
    ]
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f(f"fk_{name}_study_id"), ondelete="CASCADE"),
        *within,
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("study_id", "id", name=op.f(f"uq_{name}_study_id_id")),
        sa.UniqueConstraint("study_id", *unique, name=op.f(f"uq_{name}_study_id_{'_'.join(unique)}")),
    )
