"""Coding at work: acts, the working state they make, what was handed in, and what a coder was shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word

ANSWER_STATES = ("coded", "none_applies", "not_enough_information")
ORIGINS = ("own", "accepted", "revised")
EXPOSURE_KINDS = (
    "suggestion",
    "colleague_code",
    "comment",
    "shared_memo",
    "flag",
    "ruling",
    "final_code",
    "recoding",
    "vote",
    "declared",
)


class AssignmentWork(Base):
    """Where one assignment stands; its row lock orders the acts on it."""

    __tablename__ = "assignment_work"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"), UniqueConstraint("study_id", "assignment_id")
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", "draft", "submitted", "skipped"), server_default="draft")
    last_act_id: Mapped[UUID | None]
    active_seconds: Mapped[int] = mapped_column(server_default=sql("0"))  # of the coder at it, as their browsers tell
    opened_at: Mapped[Now]
    changed_at: Mapped[Now]


class Act(Base):
    """One saved step of coding. The same act_id again gets the stored answer."""

    __tablename__ = "acts"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"),
        within_study("member_id", "memberships"),
        UniqueConstraint("act_id"),
        Index("ix_acts_assignment", "study_id", "assignment_id", "id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    act_id: Mapped[UUID]
    after_act_id: Mapped[UUID | None]
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    tab: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    inverse: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))


class WorkingAnswer(Base):
    """One dimension of an assignment. No row: not coded."""

    __tablename__ = "answers"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"),
        within_study("dimension_id", "dimensions"),
        UniqueConstraint("study_id", "assignment_id", "dimension_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", *ANSWER_STATES))
    changed_at: Mapped[Now]


class CodeApplication(Base):
    """A coder's act of applying a code."""

    __tablename__ = "code_applications"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"),
        within_study("dimension_id", "dimensions"),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "assignment_id", "dimension_id", "code_id"),
        Index("ix_code_applications_code", "study_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(BigInteger)
    is_main: Mapped[bool] = mapped_column(server_default=sql("false"))
    origin: Mapped[str] = mapped_column(word("origin", *ORIGINS), server_default="own")
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class Evidence(Base):
    """A quote under a code: text[start:end] of the incident, in code points, end exclusive."""

    __tablename__ = "evidence"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"),
        within_study("code_application_id", "code_applications", ondelete="CASCADE"),
        UniqueConstraint("study_id", "code_application_id", "start", "end"),
        Index("ix_evidence_assignment", "study_id", "assignment_id"),
        CheckConstraint('"start" >= 0 AND "end" > "start"', name="span"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    code_application_id: Mapped[int] = mapped_column(BigInteger)
    start: Mapped[int]
    end: Mapped[int]
    quote: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]


MEMO_SUBJECTS = ("incident", "code", "quote", "study")
_MEMO_SUBJECT = """
CASE subject_kind
  WHEN 'incident' THEN incident_id IS NOT NULL AND code_id IS NULL AND "start" IS NULL
  WHEN 'code' THEN code_id IS NOT NULL AND incident_id IS NULL AND assignment_id IS NULL AND "start" IS NULL
  WHEN 'quote' THEN code_id IS NOT NULL AND incident_id IS NOT NULL AND assignment_id IS NOT NULL
    AND "start" >= 0 AND "end" > "start" AND quote IS NOT NULL
  ELSE code_id IS NULL AND incident_id IS NULL AND assignment_id IS NULL AND "start" IS NULL
END
"""


class Memo(Base):
    """A member's own note. One on a quote holds the words and their place itself, as the evidence under a code comes
    and goes while somebody codes."""

    __tablename__ = "memos"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        within_study("assignment_id", "assignments"),
        within_study("incident_id", "incidents"),
        within_study("code_id", "codes"),
        CheckConstraint(_MEMO_SUBJECT, name="subject"),
        Index("ix_memos_incident", "study_id", "incident_id"),
        Index("ix_memos_assignment", "study_id", "assignment_id"),
        Index("ix_memos_code", "study_id", "code_id"),
        Index("ix_memos_member", "study_id", "member_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(BigInteger)
    assignment_id: Mapped[int | None] = mapped_column(BigInteger)
    incident_id: Mapped[int | None] = mapped_column(BigInteger)
    subject_kind: Mapped[str] = mapped_column(word("subject_kind", *MEMO_SUBJECTS))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    code_id: Mapped[int | None] = mapped_column(BigInteger)
    start: Mapped[int | None]
    end: Mapped[int | None]
    quote: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sharing: Mapped[str] = mapped_column(word("sharing", "private", "shared"), server_default="private")
    created_at: Mapped[Now]
    changed_at: Mapped[Now]


class Flag(Base):
    """Keeps the coding and asks for a look; a skip does not."""

    __tablename__ = "flags"
    __table_args__ = owned_by_study(
        within_study("assignment_id", "assignments"), Index("ix_flags_assignment", "study_id", "assignment_id")
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def _of_assignment() -> ForeignKeyConstraint:
    repeated = ["study_id", "assignment_id", "round_id", "incident_id", "member_id"]
    columns = ["study_id", "id", "round_id", "incident_id", "member_id"]
    return ForeignKeyConstraint(repeated, [f"assignments.{column}" for column in columns])


class Submission(Base):
    """What was handed in, or skipped. Immutable by trigger; the first and the last are what counts.

    independent: no exposure of this member to this incident was on record when it was handed in.
    """

    __tablename__ = "submissions"
    __table_args__ = owned_by_study(
        _of_assignment(),
        UniqueConstraint("study_id", "id", "round_id", "incident_id", "member_id"),
        UniqueConstraint("study_id", "assignment_id", "ordinal"),
        Index("ix_submissions_round", "study_id", "round_id"),
        CheckConstraint("(kind = 'skipped') = (skip_reason IS NOT NULL)", name="skip_reason"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    assignment_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    ordinal: Mapped[int]  # 1 is the first submission of the assignment
    kind: Mapped[str] = mapped_column(word("kind", "submitted", "skipped"))
    skip_reason: Mapped[str | None] = mapped_column(Text)
    independent: Mapped[bool]
    codebook_seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Now]


class SubmittedAnswer(Base):
    __tablename__ = "submitted_answers"
    __table_args__ = owned_by_study(
        ForeignKeyConstraint(
            ["study_id", "submission_id", "round_id", "incident_id", "member_id"],
            [f"submissions.{column}" for column in ("study_id", "id", "round_id", "incident_id", "member_id")],
        ),
        within_study("dimension_id", "dimensions"),
        UniqueConstraint("study_id", "submission_id", "dimension_id"),
        UniqueConstraint("study_id", "id", "submission_id", "round_id", "incident_id", "dimension_id", "member_id"),
        Index("ix_submitted_answers_round", "study_id", "round_id", "dimension_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    submission_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(word("state", *ANSWER_STATES))


OF_AN_ANSWER = ("study_id", "id", "submission_id", "round_id", "incident_id", "dimension_id", "member_id")


class SubmittedCode(Base):
    """Repeats round, incident, dimension and member of its answer, so that agreement is one scan."""

    __tablename__ = "submitted_codes"
    __table_args__ = owned_by_study(
        ForeignKeyConstraint(
            ["study_id", "answer_id", "submission_id", "round_id", "incident_id", "dimension_id", "member_id"],
            [f"submitted_answers.{column}" for column in OF_AN_ANSWER],
        ),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "answer_id", "code_id"),
        Index("ix_submitted_codes_round", "study_id", "round_id", "dimension_id"),
        Index("ix_submitted_codes_code", "study_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    answer_id: Mapped[int] = mapped_column(BigInteger)
    submission_id: Mapped[int] = mapped_column(BigInteger)
    round_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(BigInteger)
    is_main: Mapped[bool] = mapped_column(server_default=sql("false"))
    origin: Mapped[str] = mapped_column(word("origin", *ORIGINS))


class SubmittedEvidence(Base):
    __tablename__ = "submitted_evidence"
    __table_args__ = owned_by_study(
        within_study("submitted_code_id", "submitted_codes"),
        Index("ix_submitted_evidence_code", "study_id", "submitted_code_id"),
        CheckConstraint('"start" >= 0 AND "end" > "start"', name="span"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    submitted_code_id: Mapped[int] = mapped_column(BigInteger)
    start: Mapped[int]
    end: Mapped[int]
    quote: Mapped[str] = mapped_column(Text)


class Exposure(Base):
    """A coder was shown something that is not their own. Append-only; subject_id has no foreign key upward."""

    __tablename__ = "exposures"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        within_study("incident_id", "incidents"),
        Index("ix_exposures_member", "study_id", "member_id", "incident_id"),
        Index(
            "uq_exposures_subject",
            "study_id",
            "member_id",
            "incident_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=sql("subject_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(word("kind", *EXPOSURE_KINDS))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[Now]
