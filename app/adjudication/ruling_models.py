"""Around a ruling: names asked for, members mentioned, rules drafted and decided, rulings taken back."""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

RULE_KINDS = ("use_when", "not_when", "example")


class NameOpening(Base):
    """From when a member sees who coded an incident of a round that is ruled on blind."""

    __tablename__ = "name_openings"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "round_id", "incident_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class CommentMention(Base):
    """A member whom a comment calls by name."""

    __tablename__ = "comment_mentions"
    __table_args__ = owned_by_study(
        within_study("comment_id", "comments"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "comment_id", "member_id"),
        Index("ix_comment_mentions_member", "study_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)


class RulingRule(Base):
    """A line or an example for a code, drafted with a ruling. What became of it: RuleDecision."""

    __tablename__ = "ruling_rules"
    __table_args__ = owned_by_study(
        within_study("ruling_id", "rulings"),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "ruling_id", "code_id", "kind"),
        Index("ix_ruling_rules_code", "study_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    ruling_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(word("kind", *RULE_KINDS))
    text: Mapped[str] = mapped_column(Text)


class RuleDecision(Base):
    """What a lead made of a drafted rule. codebook_seq: of the revision that wrote it; none: it was declined.

    text: the line as it was written, which may be another than the drafted one.
    """

    __tablename__ = "rule_decisions"
    __table_args__ = owned_by_study(
        within_study("rule_id", "ruling_rules"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "rule_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    rule_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    codebook_seq: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str] = mapped_column(Text, server_default="")
    reason: Mapped[str] = mapped_column(Text, server_default="")


class RulingTakenBack(Base):
    """A ruling that does not stand any more, without another in its place: the disagreement is open again."""

    __tablename__ = "rulings_taken_back"
    __table_args__ = owned_by_study(
        within_study("ruling_id", "rulings"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "ruling_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    ruling_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    reason: Mapped[str] = mapped_column(Text)
