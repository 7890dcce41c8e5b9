"""Looks of a lead at the agreement of a round that still runs: off unless a lead allows them, and each is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.base import now
from app.problems import Conflict, NotAllowed, NotFound
from app.rounds import policy, queries
from app.rounds.models import IMPORTED, Round, RoundCoder, RoundLook
from app.studies.events import record
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer, check_leads


class LooksAreOff(Conflict):
    """Looks at the agreement of this round are off while it runs. A lead can allow them; that is recorded."""


class CodesInIt(NotAllowed):
    """Who codes in a round sees no figure of it before its coding ends, leads as well."""


@dataclass(frozen=True)
class LookLine:
    who: str
    at: datetime


@dataclass(frozen=True)
class LooksCard:
    """may_allow: whether the reader may switch looks. may_look: whether they may take one now. lines: newest first."""

    is_allowed: bool
    may_allow: bool
    may_look: bool
    codes_here: bool
    lines: list[LookLine]

    @property
    def is_shown(self) -> bool:
        return self.may_allow or bool(self.lines)


def allow_looks(session: Session, viewer: Viewer, number: int, *, allowed: bool) -> Round:
    """Said anew it changes nothing."""
    check_leads(viewer)
    coding_round = _running(session, viewer, number)
    if allowed == (coding_round.looks_allowed_at is not None):
        return coding_round
    coding_round.looks_allowed_at = now() if allowed else None
    kind = "round.looks_allowed" if allowed else "round.looks_ended"
    record(session, viewer.study.id, viewer.member, kind, subject=("round", coding_round.id), name=coding_round.name)
    session.flush()
    return coding_round


def look(session: Session, viewer: Viewer, number: int) -> RoundLook:
    """Recorded for all to read; what it shows is asked for after it was committed, and for a while only."""
    check_leads(viewer)
    coding_round = _running(session, viewer, number)
    if coding_round.looks_allowed_at is None:
        raise LooksAreOff
    if codes_in(session, coding_round, viewer.member.id):
        raise CodesInIt
    made = RoundLook(study_id=viewer.study.id, round_id=coding_round.id, member_id=viewer.member.id)
    session.add(made)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "round.looked_at",
        subject=("round", coding_round.id),
        name=coding_round.name,
    )
    session.flush()
    return made


def own_look(session: Session, viewer: Viewer, number: int, look_id: int) -> tuple[Round, RoundLook]:
    """What is somebody else's, or does not cover the round any more, is not found."""
    coding_round = queries.round_by_number(session, viewer.study.id, number)
    found = session.scalar(
        select(RoundLook).where(
            RoundLook.study_id == viewer.study.id,
            RoundLook.round_id == coding_round.id,
            RoundLook.member_id == viewer.member.id,
            RoundLook.id == look_id,
        )
    )
    is_lead = viewer.leads and not codes_in(session, coding_round, viewer.member.id)
    if found is None or not is_lead or not policy.is_covered(coding_round, found):
        raise NotFound
    return coding_round, found


def looks_at(session: Session, coding_round: Round) -> list[LookLine]:
    """Newest first."""
    people = members_by_id(session, coding_round.study_id)
    rows: Sequence[RoundLook] = session.scalars(
        select(RoundLook)
        .where(RoundLook.study_id == coding_round.study_id, RoundLook.round_id == coding_round.id)
        .order_by(RoundLook.id.desc())
    ).all()
    return [LookLine(_name(people.get(row.member_id)), row.at) for row in rows]


def has_looked(session: Session, coding_round: Round, member_id: int) -> bool:
    return bool(
        session.scalar(
            select(func.count()).where(
                RoundLook.study_id == coding_round.study_id,
                RoundLook.round_id == coding_round.id,
                RoundLook.member_id == member_id,
            )
        )
    )


def codes_in(session: Session, coding_round: Round, member_id: int) -> bool:
    """Whoever left the round too: they may come back."""
    return bool(
        session.scalar(
            select(func.count()).where(
                RoundCoder.study_id == coding_round.study_id,
                RoundCoder.round_id == coding_round.id,
                RoundCoder.member_id == member_id,
            )
        )
    )


def looks_card(session: Session, viewer: Viewer, coding_round: Round) -> LooksCard:
    runs = coding_round.phase == "running" and coding_round.purpose != IMPORTED
    codes_here = codes_in(session, coding_round, viewer.member.id)
    is_allowed = coding_round.looks_allowed_at is not None
    return LooksCard(
        is_allowed=is_allowed,
        may_allow=runs and viewer.leads,
        may_look=runs and viewer.leads and is_allowed and not codes_here,
        codes_here=codes_here,
        lines=looks_at(session, coding_round),
    )


def _running(session: Session, viewer: Viewer, number: int) -> Round:
    """Held, so that the round does not leave *running* beside it."""
    coding_round = queries.round_by_number(session, viewer.study.id, number)
    session.refresh(coding_round, with_for_update=True)
    policy.check_runs(coding_round)
    return coding_round


def _name(member: Membership | None) -> str:
    return member.name if member else "somebody"
