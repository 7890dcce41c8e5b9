"""Meetings: several people on one queue of disagreements, who was there, what was at hand, and how they voted."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.coding.models import ANSWER_STATES
from app.db.base import Base, Id, Now, owned_by_study, within_study, word

ABSTAINS = "abstains"
VOTES = (*ANSWER_STATES, ABSTAINS)
ENDINGS = ("ended", "emptied", "round_moved")
OUTCOMES = ("ruled", "parked", "ruled_outside", "unfinished")
HANDS_OVER = ("began", "handed_over", "taken_over", "taken_up")


def _one_at_a_time(name: str, *columns: str, while_: str) -> Index:
    return Index(name, "study_id", *columns, unique=True, postgresql_where=sql(f"{while_} IS NULL"))


class Meeting(Base):
    """On one round, or on one dimension of it; its row lock orders what is done in it.

    revision: counts every change, so that those who watch can be told that there is nothing new.
    ending: by the scribe, because the last one left, or because the round went on to another phase.
    """

    __tablename__ = "meetings"
    __table_args__ = owned_by_study(
        within_study("round_id", "rounds"),
        within_study("dimension_id", "dimensions"),
        within_study("started_by", "memberships"),
        within_study("ended_by", "memberships"),
        _one_at_a_time("uq_meetings_running", "round_id", while_="ended_at"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    round_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int | None] = mapped_column(BigInteger)
    started_by: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[Now]
    revision: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[int | None] = mapped_column(BigInteger)
    ending: Mapped[str | None] = mapped_column(word("ending", *ENDINGS))


class MeetingPresence(Base):
    """From when to when a member was there. opens_items: each item opens by itself in this member's browser."""

    __tablename__ = "meeting_presences"
    __table_args__ = owned_by_study(
        within_study("meeting_id", "meetings"),
        within_study("member_id", "memberships"),
        _one_at_a_time("uq_meeting_presences_now", "meeting_id", "member_id", while_="left_at"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    opens_items: Mapped[bool]
    joined_at: Mapped[Now]
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MeetingScribe(Base):
    """From when to when a member was the scribe, and how they came to be it."""

    __tablename__ = "meeting_scribes"
    __table_args__ = owned_by_study(
        within_study("meeting_id", "meetings"),
        within_study("member_id", "memberships"),
        _one_at_a_time("uq_meeting_scribes_now", "meeting_id", while_="until_at"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    how: Mapped[str] = mapped_column(word("how", *HANDS_OVER))
    since_at: Mapped[Now]
    until_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class MeetingItem(Base):
    """A disagreement while it was at hand; one that is taken up again is another row."""

    __tablename__ = "meeting_items"
    __table_args__ = owned_by_study(
        within_study("meeting_id", "meetings"),
        within_study("incident_id", "incidents"),
        within_study("dimension_id", "dimensions"),
        within_study("ruling_id", "rulings"),
        UniqueConstraint("study_id", "ruling_id"),
        _one_at_a_time("uq_meeting_items_now", "meeting_id", while_="left_at"),
        CheckConstraint("(left_at IS NULL) = (outcome IS NULL)", name="left"),
        CheckConstraint("coalesce(outcome = 'ruled', false) = (ruling_id IS NOT NULL)", name="ruled"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    meeting_id: Mapped[int] = mapped_column(BigInteger)
    incident_id: Mapped[int] = mapped_column(BigInteger)
    dimension_id: Mapped[int] = mapped_column(BigInteger)
    taken_up_at: Mapped[Now]
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(word("outcome", *OUTCOMES))
    ruling_id: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def key(self) -> tuple[int, int]:
        return self.incident_id, self.dimension_id


class MeetingBallot(Base):
    """One vote on an item; nobody's is shown to anybody before it is revealed. number: from 1."""

    __tablename__ = "meeting_ballots"
    __table_args__ = owned_by_study(
        within_study("item_id", "meeting_items"),
        within_study("revealed_by", "memberships"),
        UniqueConstraint("study_id", "item_id", "number"),
        _one_at_a_time("uq_meeting_ballots_now", "item_id", while_="revealed_at"),
        CheckConstraint("(revealed_at IS NULL) = (revealed_by IS NULL)", name="revealed"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[int]
    opened_at: Mapped[Now]
    revealed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revealed_by: Mapped[int | None] = mapped_column(BigInteger)


class MeetingVote(Base):
    """One a member and ballot as it was revealed, and one more where it was changed afterwards."""

    __tablename__ = "meeting_votes"
    __table_args__ = owned_by_study(
        within_study("ballot_id", "meeting_ballots"),
        within_study("member_id", "memberships"),
        UniqueConstraint("study_id", "ballot_id", "member_id", "is_after_reveal"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    ballot_id: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[int] = mapped_column(BigInteger)
    is_after_reveal: Mapped[bool]
    state: Mapped[str] = mapped_column(word("state", *VOTES))
    at: Mapped[Now]


class MeetingVotedCode(Base):
    __tablename__ = "meeting_voted_codes"
    __table_args__ = owned_by_study(
        within_study("vote_id", "meeting_votes"),
        within_study("code_id", "codes"),
        UniqueConstraint("study_id", "vote_id", "code_id"),
    )

    id: Mapped[Id]
    study_id: Mapped[int] = mapped_column(ForeignKey("studies.id", ondelete="CASCADE"))
    vote_id: Mapped[int] = mapped_column(BigInteger)
    code_id: Mapped[int] = mapped_column(BigInteger)
