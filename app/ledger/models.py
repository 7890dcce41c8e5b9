"""Every call of a model, whole: what was sent, what came back, what it cost."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, UtcTime, owned_by_study, within_study, word

OUTCOMES = ("valid", "partly_valid", "invalid", "refused", "filtered", "cut", "failed", "lost")


class ModelEndpoint(Base):
    """A model at an address, as a lead of the study entered it. Retired, it stays: calls and runs name it.

    key: sealed (app/ledger/sealing.py), '' where the endpoint wants none; never shown again.
    real_model: what the model is called where `model` is the name of a deployment; '' where it is the same.
    prices: dollars a million tokens; null: by the price table. probe: what the last test of the connection found.
    batch_price_share: of these prices, what a batch costs; null: what its address is documented to ask, else unknown.
    """

    __tablename__ = "model_endpoints"
    __table_args__ = owned_by_study(
        within_study("added_by", "memberships"),
        Index("uq_model_endpoints_name", "study_id", "name", unique=True, postgresql_where=text("retired_at IS NULL")),
        CheckConstraint("most_at_once BETWEEN 1 AND 1000", name="most_at_once"),
        CheckConstraint("timeout_seconds > 0", name="timeout"),
        CheckConstraint("batch_price_share BETWEEN 0 AND 1", name="batch_price_share"),
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
    batch_price_share: Mapped[Decimal | None] = mapped_column(Numeric(6, 5))
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


class ModelAccount(Base):
    """What the calls of a study cost in all, and what those of one run did: kept up with every call, never added up.

    subject: ('study', its id) or what a cap of its own is for ('suggestion_run', id). told: by the endpoint, as far as
    it can be true. untold: of calls that never said what they cost, counted at their most. reserved: of calls under
    way, at their most. unpriced: answers whose price is not known.
    """

    __tablename__ = "model_accounts"
    __table_args__ = owned_by_study(UniqueConstraint("study_id", "subject_kind", "subject_id"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    calls: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lost: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unpriced: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    input_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    cached_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    output_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    untold_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    reserved_tokens: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    told_usd: Mapped[Decimal] = mapped_column(Numeric(20, 8), server_default=text("0"))
    untold_usd: Mapped[Decimal] = mapped_column(Numeric(20, 8), server_default=text("0"))
    reserved_usd: Mapped[Decimal] = mapped_column(Numeric(20, 8), server_default=text("0"))


class CallUnderWay(Base):
    """A call that was begun and is not in the ledger yet: committed before it leaves, gone with the row of its answer.

    Whoever finds one whose maker died writes it into the ledger as lost. holder: who makes it, and keeps leased_until
    ahead of the clock while alive. gate: the endpoint that it takes a place at, '' for none. reserved_usd null: its
    price is not known.
    """

    __tablename__ = "calls_under_way"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        within_study("endpoint_id", "model_endpoints"),
        UniqueConstraint("study_id", "subject_kind", "subject_id", "sample"),
        Index("ix_calls_under_way_gate", "gate"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    begun_at: Mapped[Now]
    holder: Mapped[UUID] = mapped_column(Uuid)
    leased_until: Mapped[UtcTime]
    gate: Mapped[str] = mapped_column(Text, server_default="")
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    purpose: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    purse_kind: Mapped[str] = mapped_column(Text, server_default="")
    purse_id: Mapped[int | None] = mapped_column(BigInteger)
    attempt: Mapped[int]
    sample: Mapped[int] = mapped_column(server_default=text("1"))
    endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(Text, server_default="")
    redaction: Mapped[str] = mapped_column(Text, server_default="")
    model_asked: Mapped[str] = mapped_column(Text)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    system_prompt: Mapped[str] = mapped_column(Text)
    user_prompt: Mapped[str] = mapped_column(Text)
    reserved_tokens: Mapped[int] = mapped_column(BigInteger)
    reserved_usd: Mapped[Decimal | None] = mapped_column(Numeric(20, 8))


class ModelGate(Base):
    """What everybody who asks an endpoint goes through: how many are in is counted under the lock of its row.

    key: 'endpoint:ID' of a study, or 'server' for the model that the settings name, which all studies share.
    not_before: the endpoint wants nobody earlier.
    """

    __tablename__ = "model_gates"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    not_before: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
