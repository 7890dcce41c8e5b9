"""People and how they sign in. Tokens and passwords are stored hashed only."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Id, Now, UtcTime, word


class Person(Base):
    __tablename__ = "people"
    __table_args__ = (Index("uq_people_email", func.lower(text("email")), unique=True),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    is_owner: Mapped[bool] = mapped_column(server_default=text("false"))  # of this installation
    created_at: Mapped[Now]
    deactivated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(part[0] for part in (words[:1] + words[1:][-1:])).upper()


class PersonIdentity(Base):
    """How a provider of the settings knows a person. subject: its name for them, which stays when addresses change."""

    __tablename__ = "person_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    linked_at: Mapped[Now]


class SignIn(Base):
    __tablename__ = "sign_ins"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_agent: Mapped[str] = mapped_column(Text, server_default="")
    address: Mapped[str] = mapped_column(Text, server_default="")  # from where it was last seen
    created_at: Mapped[Now]
    last_seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # to within some minutes
    expires_at: Mapped[UtcTime]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Invitation(Base):
    """A one-time link: to become the owner, to join a study, to sign in to the demo, or to set a new password."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("(used_at IS NULL) = (used_by_id IS NULL)", name="used_by"),)

    id: Mapped[Id]
    purpose: Mapped[str] = mapped_column(word("purpose", "owner", "member", "sign_in", "password"))
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    email: Mapped[str | None] = mapped_column(Text)
    # sign_in and password: whose
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[Now]
    expires_at: Mapped[UtcTime]
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    def is_open_at(self, at: datetime) -> bool:
        return self.used_at is None and self.revoked_at is None and self.expires_at > at


class ApiToken(Base):
    __tablename__ = "api_tokens"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[Now]
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AccountEvent(Base):
    """What happened to accounts outside any study. Append-only by trigger."""

    __tablename__ = "account_events"

    id: Mapped[Id]
    at: Mapped[Now]
    kind: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(BigInteger, index=True)  # who acted; no key: it outlives the person
    subject_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Try(Base):
    """One try at something that is throttled. key_hash: of what is counted, an account or an address of the network."""

    __tablename__ = "tries"
    __table_args__ = (Index("ix_tries_key_hash_at", "key_hash", "at"), Index("ix_tries_at", "at"))

    id: Mapped[Id]
    key_hash: Mapped[str] = mapped_column(Text)
    at: Mapped[Now]
