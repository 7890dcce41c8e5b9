"""How a round is settled, and what of that which settles by itself is looked at once more."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

SINGLE = ("final", "review")
AUDITED = ("unanimous_after_suggestion", "single_coder")  # the bases of what is drawn for an audit


class SettlingChoice(Base):
    """The rules of a round as its lead chose them; the newest row stands, and before the first the usual ones."""

    __tablename__ = "settling_choices"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("member_id", "memberships"),
        Index("ix_settling_choices_round", "study_id", "round_id", "id"),
        CheckConstraint("audit_share BETWEEN 0 AND 1", name="audit_share"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    blind: Mapped[bool]
    by_majority: Mapped[bool]
    single: Mapped[str] = mapped_column(word("single", *SINGLE))
    audit_share: Mapped[float]
    audit_seed: Mapped[int] = mapped_column(BigInteger)


class Audit(Base):
    """An answer that settled by itself and was drawn to be looked at. ended_at: it is not drawn any more, since the
    share, the seed or the answer changed."""

    __tablename__ = "audits"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        Index(
            "uq_audits_standing",
            "study_id",
            "round_id",
            "incident_id",
            "dimension_id",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    basis: Mapped[str] = mapped_column(word("basis", *AUDITED))
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AuditConfirmation(Base):
    """Somebody who may rule looked at an audited answer and left it as it is."""

    __tablename__ = "audit_confirmations"
    __table_args__ = owned_by_study(
        within_study("audit_id", "audits"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "audit_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    audit_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
