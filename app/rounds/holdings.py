"""Who has which incident of a round, as it stands: what every change of a round starts from."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.rounds.models import WITHDRAWN, Assignment, Round, RoundCoder, RoundIncident
from app.studies.queries import people_who_code


def counts() -> ColumnElement[bool]:
    """Of an assignment: it was not withdrawn."""
    return Assignment.ending.is_distinct_from(WITHDRAWN)


@dataclass(frozen=True)
class Holdings:
    """rows: every assignment, withdrawn ones among them, by coder in the order of their queue."""

    coding_round: Round
    incidents: dict[int, RoundIncident]
    rows: Sequence[Assignment]
    coder_ids: list[int]  # who can take incidents: codes in it now, and is still a coder of the study

    @cached_property
    def live(self) -> list[Assignment]:
        return [row for row in self.rows if row.ending != WITHDRAWN]

    @cached_property
    def held(self) -> dict[int, set[int]]:
        """incident -> who has it, in whatever pass."""
        found: dict[int, set[int]] = {one: set() for one in self.incidents}
        for row in self.live:
            found[row.incident_id].add(row.member_id)
        return found

    @cached_property
    def arms(self) -> dict[int, str]:
        """incident -> when suggestions appear, the same for all who ever had it."""
        return {row.incident_id: row.arm for row in self.rows}

    @cached_property
    def wanted(self) -> dict[int, int]:
        """incident -> how many coders it is to have."""
        first = Counter(row.incident_id for row in self.live if row.pass_ == 1)
        return {
            one: first[one] if row.coders_wanted is None else row.coders_wanted for one, row in self.incidents.items()
        }

    @cached_property
    def gaps(self) -> dict[int, int]:
        """incident -> how many coders it lacks; none that lacks nobody."""
        first = Counter(row.incident_id for row in self.live if row.pass_ == 1)
        return {one: wanted - first[one] for one, wanted in self.wanted.items() if wanted > first[one]}

    @property
    def stream(self) -> str:
        """Names the stream of the next change: another one after each, and the same for the same state."""
        withdrawn = len(self.rows) - len(self.live)
        return f"change after {len(self.incidents)} incidents, {len(self.rows)} shares, {withdrawn} withdrawn"

    def of(self, member_id: int) -> list[Assignment]:
        return [row for row in self.live if row.member_id == member_id]


def holdings(session: Session, coding_round: Round) -> Holdings:
    of_round = {"study_id": coding_round.study_id, "round_id": coding_round.id}
    incidents = session.scalars(select(RoundIncident).filter_by(**of_round).order_by(RoundIncident.incident_id))
    rows = session.scalars(
        select(Assignment)
        .filter_by(**of_round)
        .order_by(Assignment.member_id, Assignment.order, Assignment.id)
        .execution_options(populate_existing=True)
    ).all()
    there = {member.id for member in people_who_code(session, coding_round.study_id)}
    coder_ids = [coder for coder in active_coder_ids(session, coding_round) if coder in there]
    return Holdings(coding_round, {row.incident_id: row for row in incidents}, rows, coder_ids)


def lacking(session: Session, coding_round: Round) -> int:
    """How many coders the incidents of a round lack, all together; without reading its assignments one by one."""
    first = func.count(Assignment.id)
    of_incident = (
        (Assignment.study_id == RoundIncident.study_id)
        & (Assignment.round_id == RoundIncident.round_id)
        & (Assignment.incident_id == RoundIncident.incident_id)
        & (Assignment.pass_ == 1)
        & counts()
    )
    gaps = (
        select(func.greatest(RoundIncident.coders_wanted - first, 0).label("gap"))
        .outerjoin(Assignment, of_incident)
        .where(
            RoundIncident.study_id == coding_round.study_id,
            RoundIncident.round_id == coding_round.id,
            RoundIncident.coders_wanted.is_not(None),
        )
        .group_by(RoundIncident.id)
        .subquery()
    )
    return session.scalars(select(func.coalesce(func.sum(gaps.c.gap), 0))).one()


def blind_incidents(session: Session, coding_round: Round) -> int:
    of_round = (Assignment.study_id == coding_round.study_id, Assignment.round_id == coding_round.id)
    count = func.count(Assignment.incident_id.distinct())
    return session.scalars(select(count).where(*of_round, Assignment.arm == "blind")).one()


def active_coder_ids(session: Session, coding_round: Round) -> list[int]:
    """Who was not removed; somebody who left the study may be among them."""
    return list(
        session.scalars(
            select(RoundCoder.member_id)
            .where(
                RoundCoder.study_id == coding_round.study_id,
                RoundCoder.round_id == coding_round.id,
                RoundCoder.ended_at.is_(None),
            )
            .order_by(RoundCoder.member_id)
        )
    )


def incident_ids(rows: Iterable[Assignment]) -> set[int]:
    return {row.incident_id for row in rows}
