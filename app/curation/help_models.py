"""Help from a model with the codebook: what was asked, what it proposed, and what people decided about each item."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

KINDS = ("near_duplicates", "categories", "definition")


class CodebookHelp(Base):
    """One asking. What is sent is made anew from material and codebook_seq, neither of which changes.

    material: {"code_ids": […], "evidence_ids": […]}, what goes into the question. proposal: {"items": […],
    "remarks": […]} as read from the reply, null until there is one. attempts: since it was asked, or asked again.
    endpoint_id null: the model that the settings of the server name.
    """

    __tablename__ = "codebook_help"
    __table_args__ = owned_by_study(
        within_study("dimension_id", "dimensions"),
        within_study("code_id", "codes"),
        within_study("asked_by", "memberships"),
        within_study("endpoint_id", "model_endpoints"),
        within_study("model_call_id", "model_calls"),
        Index("ix_codebook_help_dimension", "study_id", "dimension_id"),
        CheckConstraint("(kind = 'definition') = (code_id IS NOT NULL)", name="about_a_code"),
        CheckConstraint("(state = 'done') = (proposal IS NOT NULL)", name="done_has_proposal"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(word("kind", *KINDS))
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    asked_by: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    model: Mapped[str] = mapped_column(Text)
    endpoint_id: Mapped[int | None] = mapped_column(BigInteger)
    prompt_version: Mapped[str] = mapped_column(Text)
    redaction: Mapped[str] = mapped_column(Text, server_default="")  # version of the patterns; blank: as it is stored
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    material: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(word("state", "waiting", "done", "failed"), server_default="waiting")
    problem: Mapped[str] = mapped_column(Text, server_default="")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    changed_at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    model_call_id: Mapped[int | None] = mapped_column(BigInteger)
    proposal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class HelpDecision(Base):
    """What a member decided about one item of a proposal. Append-only; an item is decided once.

    plan_id: the draft plan that it became a step of.
    """

    __tablename__ = "codebook_help_decisions"
    __table_args__ = owned_by_study(
        within_study("help_id", "codebook_help"),
        within_study("plan_id", "codebook_plans"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "help_id", "item"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    help_id: Mapped[int] = mapped_column(BigInteger)
    item: Mapped[int]  # its place in the proposal
    decision: Mapped[str] = mapped_column(word("decision", "accepted", "rejected"))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    plan_id: Mapped[int | None] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
