"""What a model offered for incidents of a round, and what people decided about it."""

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
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

BATCH = "batch"
RUN_STATES = ("running", "paused", "done", "cancelled")
# What came to nothing, each under its own name; "failed" is for all that has none.
CAME_TO_NOTHING = ("failed", "refused", "filtered", "cut", "invalid")
INCIDENT_STATES = ("waiting", "done", *CAME_TO_NOTHING, "cancelled")


class PromptTemplate(Base):
    """The instructions of a prompt, as a lead wrote them; never changed: an edited text is the next version.

    version: 1, 2 … in the study. The one that ships with the app has no row (prompt.TEMPLATE_VERSION).
    """

    __tablename__ = "prompt_templates"
    __table_args__ = owned_by_study(within_study("made_by", "memberships"), UniqueConstraint("study_id", "version"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(Text, server_default="")
    instructions: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class SuggestionRun(Base):
    """One asking for suggestions: freezes model, parameters, prompt template, redaction and codebook_seq.

    dimension_ids: those asked; empty: all that the round asks. samples: how often each incident is asked.
    example_incident_ids: whose final codes are shown to the model as examples, in this order; empty: none.
    chosen: in which way the incidents were chosen, as the form had it (filter, sample, seed), for the record.
    is_offered: coders of the round are offered what comes of it; else it is only measured and compared.
    token_cap, cost_cap_usd: of this run alone, beside those of the study; null: none.
    endpoint_id null: the model that the settings of the server name.
    """

    __tablename__ = "suggestion_runs"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("asked_by", "memberships"),
        within_study("model_member_id", "memberships"),
        within_study("endpoint_id", "model_endpoints"),
        within_study("prompt_template_id", "prompt_templates"),
        CheckConstraint("samples BETWEEN 1 AND 5", name="samples"),
        CheckConstraint("token_cap >= 0", name="token_cap"),
        CheckConstraint("cost_cap_usd >= 0", name="cost_cap"),
        Index("ix_suggestion_runs_round", "study_id", "round_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[int] = mapped_column(BigInteger)
    model_member_id: Mapped[int | None] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(word("source", "model", "similar_incidents"))
    model: Mapped[str] = mapped_column(Text, server_default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    prompt_version: Mapped[str] = mapped_column(Text, server_default="")
    redaction: Mapped[str] = mapped_column(Text, server_default="")  # version of the patterns; blank: as it is stored
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    prompt_template_id: Mapped[int | None] = mapped_column(BigInteger)
    dimension_ids: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    example_incident_ids: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    samples: Mapped[int] = mapped_column(server_default=text("1"))
    mode: Mapped[str] = mapped_column(word("mode", "live", BATCH), server_default="live")
    chosen: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    is_offered: Mapped[bool] = mapped_column(server_default=true())
    token_cap: Mapped[int | None] = mapped_column(BigInteger)
    cost_cap_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))
    state: Mapped[str] = mapped_column(word("state", *RUN_STATES), server_default="running")
    problem: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RunIncident(Base):
    """One incident of a run and how far it got; those that wait are the run's queue.

    due_at: not taken up earlier. Whoever takes it up is its holder and keeps due_at ahead of the clock while alive.
    attempts: calls since it was put into the queue, lost ones too.
    """

    __tablename__ = "run_incidents"
    __table_args__ = owned_by_study(
        within_study("run_id", "suggestion_runs"),
        within_study("incident_id", "incidents"),
        UniqueConstraint("study_id", "run_id", "incident_id"),
        Index("ix_run_incidents_queue", "study_id", "run_id", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_run_incidents_state", "study_id", "run_id", "state"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", *INCIDENT_STATES), server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    problem: Mapped[str] = mapped_column(Text, server_default="")
    changed_at: Mapped[Now]
    due_at: Mapped[Now]
    holder: Mapped[UUID | None] = mapped_column(Uuid)


class Suggestion(Base):
    """One code offered for one dimension of one incident: of the codebook (code_id) or new (new_code_name).

    quotes: [{"quote", "status", "start", "end"}]; start and end are null where the text does not hold the quote.
    held_by of samples: how many of the times that the incident was asked gave this code.
    """

    __tablename__ = "suggestions"
    __table_args__ = owned_by_study(
        within_study("run_id", "suggestion_runs"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        within_study("code_id", "codes"),
        within_study("model_call_id", "model_calls"),
        Index("ix_suggestions_incident", "study_id", "incident_id", "dimension_id"),
        CheckConstraint("(code_id IS NULL) <> (new_code_name IS NULL)", name="offers_one_thing"),
        CheckConstraint("held_by BETWEEN 1 AND samples", name="held_by"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    model_call_id: Mapped[int | None] = mapped_column(BigInteger)
    ordinal: Mapped[int]
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    new_code_name: Mapped[str | None] = mapped_column(Text)
    new_code_definition: Mapped[str] = mapped_column(Text, server_default="")
    reasoning: Mapped[str] = mapped_column(Text, server_default="")
    quotes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    held_by: Mapped[int] = mapped_column(server_default=text("1"))
    samples: Mapped[int] = mapped_column(server_default=text("1"))
    at: Mapped[Now]


class SuggestionDecision(Base):
    """What a coder decided; the latest counts. Points down to the application it became, while that exists."""

    __tablename__ = "suggestion_decisions"
    __table_args__ = owned_by_study(
        within_study("suggestion_id", "suggestions"),
        within_study("assignment_id", "assignments"),
        within_study("member_id", "memberships"),
        within_study("code_id", "codes"),
        within_study("code_application_id", "code_applications", ondelete="SET NULL (code_application_id)"),
        Index("ix_suggestion_decisions_suggestion", "study_id", "suggestion_id"),
        Index("ix_suggestion_decisions_assignment", "study_id", "assignment_id"),
        Index("ix_suggestion_decisions_application", "study_id", "code_application_id"),
        CheckConstraint("(decision = 'rejected') = (code_id IS NULL)", name="rejected_has_no_code"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    suggestion_id: Mapped[int] = mapped_column(BigInteger)
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    decision: Mapped[str] = mapped_column(word("decision", "accepted", "changed", "rejected"))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    code_id: Mapped[int | None] = mapped_column(BigInteger)  # what it became
    code_application_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[Now]
