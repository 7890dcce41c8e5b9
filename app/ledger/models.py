"""Every call of a model, whole: what was sent, what came back, what it cost."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word


class ModelCall(Base):
    """One attempt. subject: what it was about ('incident', id); no foreign key, since incidents stand above."""

    __tablename__ = "model_calls"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        Index("ix_model_calls_subject", "study_id", "subject_kind", "subject_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)  # the member who asked for it
    purpose: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    attempt: Mapped[int]
    outcome: Mapped[str] = mapped_column(
        word("outcome", "valid", "partly_valid", "invalid", "refused", "filtered", "cut", "failed")
    )
    problem: Mapped[str] = mapped_column(Text, server_default="")
    system_prompt: Mapped[str] = mapped_column(Text)
    user_prompt: Mapped[str] = mapped_column(Text)
    prompt_sha256: Mapped[str] = mapped_column(Text)
    model_asked: Mapped[str] = mapped_column(Text)
    model_answered: Mapped[str] = mapped_column(Text, server_default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    raw_answer: Mapped[str] = mapped_column(Text, server_default="")
    request_id: Mapped[str] = mapped_column(Text, server_default="")
    fingerprint: Mapped[str] = mapped_column(Text, server_default="")
    finish_reason: Mapped[str] = mapped_column(Text, server_default="")
    input_tokens: Mapped[int | None]
    cached_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]
    price_table: Mapped[str] = mapped_column(Text, server_default="")
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))  # null: unknown
    seconds: Mapped[float | None]


class TokenHold(Base):
    """What the calls about one subject hold of a study's cap: at most for the one under way, and for those that told
    nothing of what they cost. Only studies with a cap have rows."""

    __tablename__ = "token_holds"
    __table_args__ = owned_by_study(UniqueConstraint("study_id", "subject_kind", "subject_id"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    untold_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
