"""Incidents as imported: their text never changes afterwards, because evidence points into it."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, DateTime, ForeignKey, Index, LargeBinary, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, owned_by_study, within_study, word


class Import(Base):
    """A file brought in: first uploaded, then read under a mapping, once."""

    __tablename__ = "imports"
    __table_args__ = owned_by_study(within_study("member_id", "memberships"))

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    uploaded_at: Mapped[Now]
    imported_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(word("format", "csv", "jsonl", "xlsx", "sample"))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    added: Mapped[int | None]
    already_here: Mapped[int | None]
    problems: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))  # [{line, column, reason}]


class Incident(Base):
    """The unit of analysis. Text may be null for units that came with ratings only; those cannot be assigned."""

    __tablename__ = "incidents"
    __table_args__ = owned_by_study(
        within_study("import_id", "imports"),
        Index("uq_incidents_external_id", "study_id", "source", "external_id", unique=True),
        Index("uq_incidents_raw_sha256", "study_id", "raw_sha256", unique=True),
        Index("ix_incidents_search", "search", postgresql_using="gin"),
        Index("ix_incidents_started_at", "study_id", "started_at"),
        CheckConstraint("(text IS NULL) = (text_sha256 IS NULL)", name="text_has_hash"),
        CheckConstraint("external_id IS NOT NULL OR raw_sha256 IS NOT NULL", name="has_identity"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    import_id: Mapped[int | None] = mapped_column(BigInteger)
    number: Mapped[int]  # 1, 2, 3 … within the study, for people to say
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    raw_sha256: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    text_sha256: Mapped[str | None] = mapped_column(Text)
    cohort: Mapped[str | None] = mapped_column(Text)
    service: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    detected_by: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    detected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    triaged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mitigated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=sql("'{}'"))
    created_at: Mapped[Now]
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('english', left(title, 1000)), 'A')"
            " || setweight(to_tsvector('english', left(coalesce(text, ''), 200000)), 'B')",
            persisted=True,
        ),
        deferred=True,
    )

    @property
    def label(self) -> str:
        return self.external_id or f"#{self.number}"


class IncidentExclusion(Base):
    """A reason why an incident is not studied; ended when it is taken in again."""

    __tablename__ = "incident_exclusions"
    __table_args__ = owned_by_study(
        within_study("incident_id", "incidents"),
        within_study("member_id", "memberships"),
        Index(
            "uq_incident_exclusions_open",
            "study_id",
            "incident_id",
            unique=True,
            postgresql_where=sql("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    incident_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
