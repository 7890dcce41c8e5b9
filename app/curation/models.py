"""Pooling: the proposed codes of a round and dimension on one board, in groups, and what became of each group."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

OUTCOMES = ("merged", "into_existing", "category", "kept", "retired")


class PoolingBoard(Base):
    """Where the proposed codes of one dimension of a round are pooled; its row lock orders what is done there.

    revision: counts every change, so that those who watch can be told that there is nothing new.
    scribe_id: who holds the pen, until pen_until; others may take it from then on.
    """

    __tablename__ = "pooling_boards"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("dimension_id", "dimensions"),
        within_study("scribe_id", "memberships"),
        UniqueConstraint("study_id", "round_id", "dimension_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    scribe_id: Mapped[int | None] = mapped_column(BigInteger)
    pen_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class PoolingGroup(Base):
    """Proposed codes that are taken to mean the same, or to belong together. A draft until it has an outcome."""

    __tablename__ = "pooling_groups"
    __table_args__ = owned_by_study(
        within_study("board_id", "pooling_boards"),
        within_study("created_by", "memberships"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    board_id: Mapped[int] = mapped_column(BigInteger, index=True)
    created_by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    name: Mapped[str] = mapped_column(Text, server_default="")
    definition: Mapped[str] = mapped_column(Text, server_default="")


class PoolingGroupCode(Base):
    """A code lies in one group at most. name: as it was proposed, since the group may give it another."""

    __tablename__ = "pooling_group_codes"
    __table_args__ = owned_by_study(
        within_study("group_id", "pooling_groups"),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(BigInteger, index=True)
    code_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)


class PoolingOutcome(Base):
    """What a group became in the codebook. Append-only. code_id: the code or category; None where all were retired
    or kept."""

    __tablename__ = "pooling_outcomes"
    __table_args__ = owned_by_study(
        within_study("group_id", "pooling_groups"),
        within_study("code_id", "codes"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "group_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    group_id: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(word("outcome", *OUTCOMES))
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class AuthorLook(Base):
    """From when a member is shown who coined the codes of a board. Append-only."""

    __tablename__ = "author_looks"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("dimension_id", "dimensions"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "round_id", "dimension_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
