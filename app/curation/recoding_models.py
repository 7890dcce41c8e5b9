"""Recodings: quotes moved to another code after the coding, with what that replaced among the final codes.

What was submitted keeps the code it bore (promise 8). All four tables are append-only.
"""

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study


class Recoding(Base):
    """One act: somebody moved quotes from one code to another. Of several on a quote, the newest one stands."""

    __tablename__ = "recodings"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        within_study("dimension_id", "dimensions"),
        within_study("from_code_id", "codes"),
        within_study("to_code_id", "codes"),
        Index("ix_recodings_dimension", "study_id", "dimension_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    reason: Mapped[str] = mapped_column(Text)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    from_code_id: Mapped[int] = mapped_column(BigInteger)
    to_code_id: Mapped[int] = mapped_column(BigInteger)
    codebook_seq: Mapped[int] = mapped_column(BigInteger)


class RecodedQuote(Base):
    """A quote that a recoding moved; its words and their place stand in what was submitted."""

    __tablename__ = "recoded_quotes"
    __table_args__ = owned_by_study(
        within_study("recoding_id", "recodings"),
        within_study("submitted_evidence_id", "submitted_evidence"),
        within_study("incident_id", "incidents"),
        within_study("round_id", "rounds"),
        UniqueConstraint("study_id", "recoding_id", "submitted_evidence_id"),
        Index("ix_recoded_quotes_evidence", "study_id", "submitted_evidence_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    recoding_id: Mapped[int] = mapped_column(BigInteger)
    submitted_evidence_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)


class RecodedFinalCode(Base):
    """A row of a final answer that a recoding replaced, or that it wrote (is_written)."""

    __tablename__ = "recoded_final_codes"
    __table_args__ = owned_by_study(
        within_study("recoding_id", "recodings"),
        within_study("final_code_id", "final_codes"),
        UniqueConstraint("study_id", "recoding_id", "final_code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    recoding_id: Mapped[int] = mapped_column(BigInteger)
    final_code_id: Mapped[int] = mapped_column(BigInteger)
    is_written: Mapped[bool]


class RecodingTakenBack(Base):
    """From then on the recoding counts no more; the final answers that it replaced were written anew."""

    __tablename__ = "recodings_taken_back"
    __table_args__ = owned_by_study(
        within_study("recoding_id", "recodings"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "recoding_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    recoding_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    reason: Mapped[str] = mapped_column(Text)
