"""Meetings on a round's disagreements: who was there and wrote, what was at hand, and the votes.

Revision ID: 2026_11_27_41
Revises: 2026_11_27_40
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_41"
down_revision = "2026_11_27_40"
branch_labels = None
depends_on = None

EXPOSURES = (
    "suggestion",
    "colleague_code",
    "comment",
    "shared_memo",
    "flag",
    "ruling",
    "final_code",
    "recoding",
    "vote",
    "declared",
)
STATES = ("coded", "none_applies", "not_enough_information", "abstains")


def upgrade() -> None:
    op.execute("SET lock_timeout = '5s'")
    _widen("exposures", "kind", EXPOSURES)
    _table(
        "meetings",
        _key("round_id"),
        _key("dimension_id", nullable=True),
        _key("started_by"),
        _at("started_at"),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _later("ended_at"),
        _key("ended_by", nullable=True),
        _word("meetings", "ending", "ended", "emptied", "round_moved", nullable=True),
        _check("meetings", "ended", "(ended_at IS NULL) = (ending IS NULL)"),
        points_to={
            "round_id": "rounds",
            "dimension_id": "dimensions",
            "started_by": "memberships",
            "ended_by": "memberships",
        },
    )
    _one_at_a_time("uq_meetings_running", "meetings", "round_id", while_="ended_at")
    _table(
        "meeting_presences",
        _key("meeting_id"),
        _key("member_id"),
        sa.Column("opens_items", sa.Boolean(), nullable=False),
        _at("joined_at"),
        _later("left_at"),
        points_to={"meeting_id": "meetings", "member_id": "memberships"},
    )
    _one_at_a_time("uq_meeting_presences_now", "meeting_presences", "meeting_id", "member_id", while_="left_at")
    _table(
        "meeting_scribes",
        _key("meeting_id"),
        _key("member_id"),
        _word("meeting_scribes", "how", "began", "handed_over", "taken_over", "taken_up"),
        _at("since_at"),
        _later("until_at"),
        points_to={"meeting_id": "meetings", "member_id": "memberships"},
    )
    _one_at_a_time("uq_meeting_scribes_now", "meeting_scribes", "meeting_id", while_="until_at")
    _table(
        "meeting_items",
        _key("meeting_id"),
        _key("incident_id"),
        _key("dimension_id"),
        _at("taken_up_at"),
        _later("left_at"),
        _word("meeting_items", "outcome", "ruled", "parked", "ruled_outside", "unfinished", nullable=True),
        _key("ruling_id", nullable=True),
        _check("meeting_items", "left", "(left_at IS NULL) = (outcome IS NULL)"),
        _check("meeting_items", "ruled", "coalesce(outcome = 'ruled', false) = (ruling_id IS NOT NULL)"),
        points_to={
            "meeting_id": "meetings",
            "incident_id": "incidents",
            "dimension_id": "dimensions",
            "ruling_id": "rulings",
        },
        unique=("ruling_id",),
    )
    _one_at_a_time("uq_meeting_items_now", "meeting_items", "meeting_id", while_="left_at")
    _table(
        "meeting_ballots",
        _key("item_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _at("opened_at"),
        _later("revealed_at"),
        _key("revealed_by", nullable=True),
        _check("meeting_ballots", "revealed", "(revealed_at IS NULL) = (revealed_by IS NULL)"),
        points_to={"item_id": "meeting_items", "revealed_by": "memberships"},
        unique=("item_id", "number"),
    )
    _one_at_a_time("uq_meeting_ballots_now", "meeting_ballots", "item_id", while_="revealed_at")
    _table(
        "meeting_votes",
        _key("ballot_id"),
        _key("member_id"),
        sa.Column("is_after_reveal", sa.Boolean(), nullable=False),
        _word("meeting_votes", "state", *STATES),
        _at("at"),
        points_to={"ballot_id": "meeting_ballots", "member_id": "memberships"},
        unique=("ballot_id", "member_id", "is_after_reveal"),
    )
    _table(
        "meeting_voted_codes",
        _key("vote_id"),
        _key("code_id"),
        points_to={"vote_id": "meeting_votes", "code_id": "codes"},
        unique=("vote_id", "code_id"),
    )


def _widen(table: str, column: str, words: tuple[str, ...]) -> None:
    """The column takes one word more."""
    name = op.f(f"ck_{table}_{column}")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, sa.column(column).in_(words))


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def _later(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _word(table: str, name: str, *words: str, nullable: bool = False) -> sa.Column:
    kind = sa.Enum(*words, name=op.f(f"ck_{table}_{name}"), native_enum=False, create_constraint=True, length=40)
    return sa.Column(name, kind, nullable=nullable)


def _check(table: str, name: str, says: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(says, name=op.f(f"ck_{table}_{name}"))


def _one_at_a_time(name: str, table: str, *columns: str, while_: str) -> None:
    where = sa.text(f"{while_} IS NULL")
    op.create_index(name, table, ["study_id", *columns], unique=True, postgresql_where=where)


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
