"""What a model offered for incidents of a round, and what people decided about it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word


class SuggestionRun(Base):
    """One asking for suggestions: freezes model, parameters, prompt template and codebook_seq."""

    __tablename__ = "suggestion_runs"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("asked_by", "memberships"),
        within_study("model_member_id", "memberships"),
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
    state: Mapped[str] = mapped_column(word("state", "running", "paused", "done"), server_default="running")
    problem: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RunIncident(Base):
    """One incident of a run and how far it got."""

    __tablename__ = "run_incidents"
    __table_args__ = owned_by_study(
        within_study("run_id", "suggestion_runs"),
        within_study("incident_id", "incidents"),
        UniqueConstraint("study_id", "run_id", "incident_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", "waiting", "done", "failed"), server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    problem: Mapped[str] = mapped_column(Text, server_default="")
    changed_at: Mapped[Now]


class Suggestion(Base):
    """One code offered for one dimension of one incident: of the codebook (code_id) or new (new_code_name).

    quotes: [{"quote", "status", "start", "end"}]; start and end are null where the text does not hold the quote.
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
