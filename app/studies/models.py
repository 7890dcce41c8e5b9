"""Studies, their members, and the log of everything that was done in them."""

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

ROLES = ("lead", "adjudicator", "coder", "reader")


class Study(Base):
    __tablename__ = "studies"
    __table_args__ = (
        CheckConstraint("token_cap >= 0", name="token_cap"),
        CheckConstraint("cost_cap_usd >= 0", name="cost_cap"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text, server_default="")
    origin: Mapped[str] = mapped_column(word("origin", "own", "sample"), server_default="own")
    created_at: Mapped[Now]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    # The counter that orders codebook revisions; taken under this row's lock, since ids are not commit-ordered.
    codebook_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    # What leaves for a model: placeholders come from the key; the words are the team's own, one a line.
    redacts: Mapped[bool] = mapped_column(server_default=false())
    redacted_words: Mapped[str] = mapped_column(Text, server_default="")
    redaction_key: Mapped[str] = mapped_column(
        Text, server_default=text("replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')")
    )
    token_cap: Mapped[int | None] = mapped_column(BigInteger)  # null: no cap
    cost_cap_usd: Mapped[Decimal | None] = mapped_column(Numeric(14, 8))  # null: no cap
    local_models_only: Mapped[bool] = mapped_column(server_default=false())
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # null: it is open


class Membership(Base):
    """A member: a person, a placeholder or a model in one study. Study facts name members, never people."""

    __tablename__ = "memberships"
    __table_args__ = owned_by_study(
        Index("uq_memberships_person", "study_id", "person_id", unique=True),
        CheckConstraint("kind = 'human' OR person_id IS NULL", name="only_humans_are_people"),
        within_study("same_as_id", "memberships"),
        CheckConstraint("same_as_id IS NULL OR kind = 'placeholder'", name="only_placeholders_are_linked"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id"), unique=True)
    kind: Mapped[str] = mapped_column(word("kind", "human", "placeholder", "model"), server_default="human")
    role: Mapped[str] = mapped_column(word("role", *ROLES))
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Now]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    same_as_id: Mapped[int | None] = mapped_column(BigInteger)  # a placeholder: the member who this rater is

    @property
    def is_awaited(self) -> bool:
        """Was invited and has not joined yet."""
        return self.person_id is None and self.invitation_id is not None

    @property
    def initials(self) -> str:
        words = self.name.split() or ["?"]
        return "".join(part[0] for part in (words[:1] + words[1:][-1:])).upper()


class StudyEvent(Base):
    """Append-only by trigger; written in the act's own transaction.

    veiled_by_round_id: while that round runs, only the member who acted may see the event (promise 1).
    No foreign key, since rounds stand above.
    """

    __tablename__ = "study_events"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"),
        Index("ix_study_events_subject", "study_id", "subject_kind", "subject_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    at: Mapped[Now]
    member_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text, server_default="")
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    veiled_by_round_id: Mapped[int | None] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class SentForm(Base):
    """A form that its member sent: of its fields only what tells it from another."""

    __tablename__ = "sent_forms"
    __table_args__ = owned_by_study(
        within_study("member_id", "memberships"), UniqueConstraint("study_id", "member_id", "fingerprint")
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    member_id: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]
