"""Every call of a model, whole: what was sent, what came back, what it cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

OUTCOMES = ("valid", "partly_valid", "invalid", "refused", "filtered", "cut", "failed", "lost")


class ModelEndpoint(Base):
    """A model at an address, as a lead of the study entered it. Retired, it stays: calls and runs name it.

    key: sealed (app/ledger/sealing.py), '' where the endpoint wants none; never shown again.
    real_model: what the model is called where `model` is the name of a deployment; '' where it is the same.
    prices: dollars a million tokens; null: by the price table. probe: what the last test of the connection found.
    """

    __tablename__ = "model_endpoints"
    __table_args__ = owned_by_study(
        within_study("added_by", "memberships"),
        Index("uq_model_endpoints_name", "study_id", "name", unique=True, postgresql_where=text("retired_at IS NULL")),
        CheckConstraint("most_at_once BETWEEN 1 AND 1000", name="most_at_once"),
        CheckConstraint("timeout_seconds > 0", name="timeout"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    base_url: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    real_model: Mapped[str] = mapped_column(Text, server_default="")
    key: Mapped[str] = mapped_column(Text, server_default="")
    timeout_seconds: Mapped[float] = mapped_column(server_default=text("90"))
    most_at_once: Mapped[int] = mapped_column(server_default=text("4"))
    takes_batches: Mapped[bool] = mapped_column(server_default=false())
    input_price: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    cached_price: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    output_price: Mapped[Decimal | None] = mapped_column(Numeric(14, 6))
    probe: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    probed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    added_by: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[Now]
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ModelCall(Base):
    """One attempt. subject: what it was about ('incident', id); no foreign key, since incidents stand above.

    outcome 'lost': it was begun, and whoever made it died before its answer was stored; it may have been paid for.
    sample: the how-manieth asking of the same subject where it is asked several times. requests: what went over the
    wire for it, those counted in that an endpoint turned away because of a parameter. address: where it went.
    """

    __tablename__ = "model_calls"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        within_study("endpoint_id", "model_endpoints"),
        Index("ix_model_calls_subject", "study_id", "subject_kind", "subject_id"),
        Index("ix_model_calls_cost", "study_id", text("cost_usd DESC NULLS LAST"), text("id DESC")),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)  # the member who asked for it
    purpose: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    attempt: Mapped[int]
    sample: Mapped[int] = mapped_column(server_default=text("1"))
    requests: Mapped[int] = mapped_column(server_default=text("1"))
    endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(Text, server_default="")
    redaction: Mapped[str] = mapped_column(Text, server_default="")  # version of the patterns; blank: none, or unknown
    outcome: Mapped[str] = mapped_column(word("outcome", *OUTCOMES))
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
