"""What of a run was given to an endpoint as a file, to be answered within a day."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Numeric, Text, UniqueConstraint, Uuid, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

BATCH_STATES = ("filled", "uploaded", "created", "ended")


class ModelBatch(Base):
    """Its questions are calls under way, held by its token, from when it is filled until each is in the ledger.

    token: by which the endpoint knows it as ours. is_tried: the next step may be done already, by a worker that died
    before it could say so: the endpoint is asked first. status: as the endpoint says. due_at: not looked at earlier.
    parameters, dropped: how its questions were sent, as in Answer. questions: how many went into it; of them so many
    were answered, failed, expired or were given back unasked by now. lost: sent, and paid for perhaps, in a batch that
    the endpoint does not know any more. cost_usd, unpriced: of its calls in the ledger.
    """

    __tablename__ = "model_batches"
    __table_args__ = owned_by_study(
        within_study("run_id", "suggestion_runs"),
        UniqueConstraint("token"),
        Index("ix_model_batches_open", "study_id", "run_id", postgresql_where=text("state <> 'ended'")),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(BigInteger)
    token: Mapped[UUID] = mapped_column(Uuid)
    state: Mapped[str] = mapped_column(word("state", *BATCH_STATES), server_default="filled")
    is_tried: Mapped[bool] = mapped_column(server_default=false())
    file_id: Mapped[str] = mapped_column(Text, server_default="")
    batch_id: Mapped[str] = mapped_column(Text, server_default="")
    status: Mapped[str] = mapped_column(Text, server_default="")
    problem: Mapped[str] = mapped_column(Text, server_default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    dropped: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    looks: Mapped[int] = mapped_column(server_default=text("0"))
    questions: Mapped[int] = mapped_column(server_default=text("0"))
    answered: Mapped[int] = mapped_column(server_default=text("0"))
    failed: Mapped[int] = mapped_column(server_default=text("0"))
    expired: Mapped[int] = mapped_column(server_default=text("0"))
    given_back: Mapped[int] = mapped_column(server_default=text("0"))
    lost: Mapped[int] = mapped_column(server_default=text("0"))
    unpriced: Mapped[int] = mapped_column(server_default=text("0"))
    cost_usd: Mapped[Decimal] = mapped_column(Numeric(14, 8), server_default=text("0"))
    due_at: Mapped[Now]
    made_at: Mapped[Now]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class BatchLine(Base):
    """One question of a batch. custom_id: its name at the endpoint, from the incident of the run, sample and attempt.

    question: as JSON, in the order of its keys; emptied when it is answered. begun_id: of the call under way.
    """

    __tablename__ = "batch_lines"
    __table_args__ = owned_by_study(
        within_study("model_batch_id", "model_batches"),
        within_study("run_incident_id", "run_incidents"),
        UniqueConstraint("study_id", "model_batch_id", "custom_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    model_batch_id: Mapped[int] = mapped_column(BigInteger)
    run_incident_id: Mapped[int] = mapped_column(BigInteger)
    custom_id: Mapped[str] = mapped_column(Text)
    sample: Mapped[int]
    attempt: Mapped[int]
    begun_id: Mapped[int] = mapped_column(BigInteger)
    question: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
