"""What a lead can say of a run: endpoint, template, samples, caps, examples; and what each call and suggestion tells.

Revision ID: 2026_11_28_43
Revises: 2026_11_27_42
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "2026_11_28_43"
down_revision = "2026_11_27_42"
branch_labels = None
depends_on = None

CAME_TO_NOTHING = ("failed", "refused", "filtered", "cut", "invalid")
OUTCOMES = ("valid", "partly_valid", "invalid", "refused", "filtered", "cut", "failed", "lost")
MONEY = sa.Numeric(14, 8)
PRICE = sa.Numeric(14, 6)


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    op.add_column("studies", sa.Column("cost_cap_usd", MONEY, nullable=True))
    op.add_column("studies", sa.Column("local_models_only", sa.Boolean(), server_default=sa.false(), nullable=False))
    _check("studies", "cost_cap", "cost_cap_usd >= 0")
    _make_endpoints()
    _make_templates()
    _tell_more_of_calls()
    _tell_more_of_runs()
    _words("run_incidents", "state", ("waiting", "done", *CAME_TO_NOTHING, "cancelled"))
    op.add_column("suggestions", _count("held_by"))
    op.add_column("suggestions", _count("samples"))
    _check("suggestions", "held_by", "held_by BETWEEN 1 AND samples")


def _make_endpoints() -> None:
    op.create_table(
        "model_endpoints",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("real_model", sa.Text(), server_default="", nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("timeout_seconds", sa.Float(), server_default=sa.text("90"), nullable=False),
        sa.Column("most_at_once", sa.Integer(), server_default=sa.text("4"), nullable=False),
        sa.Column("takes_batches", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("input_price", PRICE, nullable=True),
        sa.Column("cached_price", PRICE, nullable=True),
        sa.Column("output_price", PRICE, nullable=True),
        sa.Column("probe", JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_by", sa.BigInteger(), nullable=False),
        _now("added_at"),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("most_at_once BETWEEN 1 AND 1000", name=op.f("ck_model_endpoints_most_at_once")),
        sa.CheckConstraint("timeout_seconds > 0", name=op.f("ck_model_endpoints_timeout")),
        *_owned("model_endpoints", {"added_by": "memberships"}),
    )
    op.create_index(
        "uq_model_endpoints_name",
        "model_endpoints",
        ["study_id", "name"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )


def _make_templates() -> None:
    op.create_table(
        "prompt_templates",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("study_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        _now("at"),
        *_owned("prompt_templates", {"made_by": "memberships"}),
        sa.UniqueConstraint("study_id", "version", name=op.f("uq_prompt_templates_study_id_version")),
    )
    op.execute(
        "CREATE TRIGGER prompt_templates_append_only BEFORE UPDATE OR DELETE ON prompt_templates "
        "FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"
    )


def _tell_more_of_calls() -> None:
    op.add_column("model_calls", _count("sample"))
    op.add_column("model_calls", _count("requests"))
    op.add_column("model_calls", sa.Column("endpoint_id", sa.BigInteger(), nullable=True))
    op.add_column("model_calls", sa.Column("address", sa.Text(), server_default="", nullable=False))
    op.add_column("model_calls", sa.Column("redaction", sa.Text(), server_default="", nullable=False))
    _point("model_calls", "endpoint_id", "model_endpoints")
    _words("model_calls", "outcome", OUTCOMES)


def _tell_more_of_runs() -> None:
    runs = "suggestion_runs"
    nothing = sa.text("'[]'")
    op.add_column(runs, sa.Column("endpoint_id", sa.BigInteger(), nullable=True))
    op.add_column(runs, sa.Column("prompt_template_id", sa.BigInteger(), nullable=True))
    op.add_column(runs, sa.Column("dimension_ids", JSONB(), server_default=nothing, nullable=False))
    op.add_column(runs, sa.Column("example_incident_ids", JSONB(), server_default=nothing, nullable=False))
    op.add_column(runs, _count("samples"))
    mode = sa.Enum("live", "batch", name="mode", native_enum=False, create_constraint=False, length=40)
    op.add_column(runs, sa.Column("mode", mode, server_default="live", nullable=False))
    op.create_check_constraint(op.f(f"ck_{runs}_mode"), runs, sa.column("mode").in_(("live", "batch")))
    op.add_column(runs, sa.Column("chosen", JSONB(), server_default=sa.text("'{}'"), nullable=False))
    op.add_column(runs, sa.Column("is_offered", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column(runs, sa.Column("token_cap", sa.BigInteger(), nullable=True))
    op.add_column(runs, sa.Column("cost_cap_usd", MONEY, nullable=True))
    _point(runs, "endpoint_id", "model_endpoints")
    _point(runs, "prompt_template_id", "prompt_templates")
    _check(runs, "samples", "samples BETWEEN 1 AND 5")
    _check(runs, "token_cap", "token_cap >= 0")
    _check(runs, "cost_cap", "cost_cap_usd >= 0")
    _words(runs, "state", ("running", "paused", "done", "cancelled"))


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("1"), nullable=False)


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


def _point(table: str, column: str, target: str) -> None:
    op.create_foreign_key(
        op.f(f"fk_{table}_study_id_{column}"), table, target, ["study_id", column], ["study_id", "id"]
    )


def _check(table: str, name: str, rule: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def _words(table: str, column: str, words: Sequence[str]) -> None:
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.column(column).in_(words))
