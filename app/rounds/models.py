"""Rounds: incidents by coders under one plan, in phases planned, running, settling, closed."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

PURPOSES = ("calibration", "reliability", "single_coding", "recoding")  # what a lead can plan
IMPORTED = "imported"  # ratings that came in a file; nobody codes in it
PHASES = ("planned", "running", "settling", "closed")
ARMS = ("blind", "after", "on_request", "before")
WITHDRAWN, KEPT = "withdrawn", "kept"
ENDINGS = (WITHDRAWN, KEPT)
ARM_WORDS = {
    "blind": "never",
    "after": "after the own submission",
    "on_request": "on request",
    "before": "from the start",
}
REVEAL_WORDS = {
    "round_end": "all at once, when the coding ends",
    "each_incident": "incident by incident, once all its coders have submitted",
}


class Round(Base):
    __tablename__ = "rounds"
    __table_args__ = owned_by_study(
        within_study("codebook_version_id", "codebook_versions"),
        within_study("created_by", "memberships"),
        UniqueConstraint("study_id", "number"),
        CheckConstraint(
            "purpose <> 'reliability' OR phase = 'planned' OR codebook_version_id IS NOT NULL",
            name="reliability_is_frozen",
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(word("purpose", *PURPOSES, IMPORTED))
    phase: Mapped[str] = mapped_column(word("phase", *PHASES), server_default="planned")
    arm: Mapped[str] = mapped_column(word("arm", *ARMS))  # outside the blind share; of several, the first
    seed: Mapped[int] = mapped_column(BigInteger)
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    codebook_version_id: Mapped[int | None] = mapped_column(BigInteger)  # null: the live codebook
    code_sharing: Mapped[str] = mapped_column(word("code_sharing", "private", "shared"))
    reveal: Mapped[str] = mapped_column(word("reveal", "round_end", "each_incident"), server_default="round_end")
    # By what a rolling round takes in incidents that came after it was planned: cohort, service, severity, words, and
    # whether it does so by itself after each import. Null: it takes none.
    intake: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    looks_allowed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # null: no looks while it runs
    created_at: Mapped[Now]
    created_by: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def suggestions_appear(self) -> str:
        """When, in words; an incident has one of them for all its coders."""
        return " or ".join(ARM_WORDS[arm] for arm in self.plan.get("arms") or [self.arm])

    @property
    def opens_each_incident(self) -> bool:
        """Whether coders may compare an incident while the round still runs (ADR 24)."""
        return self.reveal == "each_incident"

    @property
    def answers_open(self) -> str:
        """When coders see one another's, in words."""
        return REVEAL_WORDS[self.reveal]


class RoundPhaseChange(Base):
    __tablename__ = "round_phase_changes"
    __table_args__ = owned_by_study(within_study("round_id", "rounds"), within_study("member_id", "memberships"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger, index=True)
    from_phase: Mapped[str] = mapped_column(word("from_phase", *PHASES))
    to_phase: Mapped[str] = mapped_column(word("to_phase", *PHASES))
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, server_default="")


class RoundLook(Base):
    """A lead looked at the agreement of a round that ran. Append-only."""

    __tablename__ = "round_looks"
    __table_args__ = owned_by_study(within_study("round_id", "rounds"), within_study("member_id", "memberships"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger, index=True)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class RoundIncident(Base):
    __tablename__ = "round_incidents"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        UniqueConstraint("study_id", "round_id", "incident_id"),
        Index("ix_round_incidents_incident", "study_id", "incident_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    sampling_probability: Mapped[float | None]  # null: chosen by hand
    coders_wanted: Mapped[int | None]  # null: as many as it was given
    added_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # null: with the plan


class RoundCoder(Base):
    __tablename__ = "round_coders"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "round_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Assignment(Base):
    """One incident for one coder in a round; a silent repeat is its second pass.

    ending: *withdrawn* counts no more, what was drafted in it stays readable to its coder; *kept* was handed in by a
    coder who left the round, and counts. Neither takes further acts. What was withdrawn may be given back.
    """

    __tablename__ = "assignments"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("incident_id", "incidents"),
        within_study("member_id", "memberships"),
        # The whole of what submissions repeat, so that their copies cannot disagree with the assignment.
        UniqueConstraint("study_id", "id", "round_id", "incident_id", "member_id"),
        UniqueConstraint("study_id", "round_id", "incident_id", "member_id", "pass"),
        Index("ix_assignments_member", "study_id", "member_id", "round_id", "order"),
        CheckConstraint("pass >= 1", name="pass"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    pass_: Mapped[int] = mapped_column("pass", server_default=text("1"))
    arm: Mapped[str] = mapped_column(word("arm", *ARMS))
    order: Mapped[int]  # in this coder's own queue
    sampling_probability: Mapped[float | None]  # null: chosen by hand, so that no chance is known
    created_at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ending: Mapped[str | None] = mapped_column(word("ending", *ENDINGS))
