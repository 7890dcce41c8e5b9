"""Rulings on disagreements, the comments that led there, and the final codes."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.coding.models import ANSWER_STATES
from app.db.base import Base, Id, Now, owned_by_study, within_study, word

METHODS = ("adopted", "combined", "other")
CAUSES = (
    "definition_gap",
    "granularity",
    "evidence_missed",
    "model_anchored",
    "slip",
    "real_ambiguity",
    "text_says_too_little",
)
RECODED = "recoded"
BASES = (
    "unanimous",
    "unanimous_after_suggestion",
    "unanimous_after_comparing",
    "discussed",
    "third_person",
    "majority",
    "single_coder",
    RECODED,
)


class Ruling(Base):
    """The adjudicator's decision on one dimension of one incident, with reason; a later one supersedes it."""

    __tablename__ = "rulings"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        within_study("member_id", "memberships"),
        within_study("supersedes_id", "rulings"),
        UniqueConstraint("study_id", "supersedes_id"),
        Index("ix_rulings_round", "study_id", "round_id", "incident_id", "dimension_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    method: Mapped[str] = mapped_column(word("method", *METHODS))
    state: Mapped[str] = mapped_column(word("state", *ANSWER_STATES))
    cause: Mapped[str] = mapped_column(word("cause", *CAUSES))
    reason: Mapped[str] = mapped_column(Text)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    supersedes_id: Mapped[int | None] = mapped_column(BigInteger)


class RulingParticipant(Base):
    """Who took part in a ruling beside the one who wrote it."""

    __tablename__ = "ruling_participants"
    __table_args__ = owned_by_study(
        within_study("ruling_id", "rulings"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "ruling_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    ruling_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)


class RuledCode(Base):
    __tablename__ = "ruled_codes"
    __table_args__ = owned_by_study(
        within_study("ruling_id", "rulings"),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "ruling_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    ruling_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(BigInteger)
    is_main: Mapped[bool] = mapped_column(server_default=sql("false"))


class Comment(Base):
    __tablename__ = "comments"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        within_study("member_id", "memberships"),
        within_study("parent_id", "comments"),
        Index("ix_comments_incident", "study_id", "round_id", "incident_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int | None] = mapped_column(BigInteger)
    parent_id: Mapped[int | None] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]


class FinalCode(Base):
    """The settled answer: one row a code, or one row without a code where none applies or too little is known.

    The current rows of an incident and dimension are those not superseded.
    """

    __tablename__ = "final_codes"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        within_study("code_id", "codes"),
        within_study("ruling_id", "rulings"),
        Index(
            "uq_final_codes_current",
            "study_id",
            "incident_id",
            "dimension_id",
            "code_id",
            unique=True,
            postgresql_where=sql("superseded_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("(state = 'coded') = (code_id IS NOT NULL)", name="coded_has_code"),
        CheckConstraint("(basis IN ('third_person', 'discussed')) = (ruling_id IS NOT NULL)", name="ruled"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", *ANSWER_STATES))
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    is_main: Mapped[bool] = mapped_column(server_default=sql("false"))
    basis: Mapped[str] = mapped_column(word("basis", *BASES))
    ruling_id: Mapped[int | None] = mapped_column(BigInteger)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
