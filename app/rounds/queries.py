"""Rounds, their incidents, coders and assignments."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.codebook.models import CodebookVersion
from app.db.shared import shared_by_sessions
from app.incidents.models import Incident, IncidentExclusion
from app.problems import Invalid, NotFound
from app.rounds.models import Assignment, Round, RoundCoder, RoundIncident, RoundPhaseChange
from app.studies.models import Membership


class ManyRounds(Invalid):
    """Several rounds bear this name. Say which one by its number."""


def rounds_of(session: Session, study_id: int) -> Sequence[Round]:
    """Newest first."""
    return session.scalars(select(Round).where(Round.study_id == study_id).order_by(Round.number.desc())).all()


def round_by_number(session: Session, study_id: int, number: int) -> Round:
    found = session.scalar(select(Round).where(Round.study_id == study_id, Round.number == number))
    if found is None:
        raise NotFound
    return found


def round_named(session: Session, study_id: int, name: str) -> Round:
    """By its name or its number, for the command line. Raises ManyRounds where several bear the name."""
    rounds = rounds_of(session, study_id)
    found = [each for each in rounds if each.name == name] or [each for each in rounds if str(each.number) == name]
    if not found:
        raise NotFound(f"There is no round “{name}” in this study.")
    if len(found) > 1:
        numbers = ", ".join(str(each.number) for each in reversed(found))
        raise ManyRounds(f"Several rounds are called “{name}”. Say which one by its number: {numbers}.")
    return found[0]


def running_pilot(session: Session, study_id: int, member_id: int) -> Round | None:
    """The newest that this member started by the one button."""
    return session.scalars(
        select(Round)
        .where(
            Round.study_id == study_id,
            Round.created_by == member_id,
            Round.phase == "running",
            Round.plan["how_chosen"].astext == "pilot",
        )
        .order_by(Round.number.desc())
    ).first()


def coders(session: Session, coding_round: Round) -> Sequence[Membership]:
    return session.scalars(
        select(Membership)
        .join(RoundCoder, (RoundCoder.study_id == Membership.study_id) & (RoundCoder.member_id == Membership.id))
        .where(RoundCoder.study_id == coding_round.study_id, RoundCoder.round_id == coding_round.id)
        .order_by(Membership.id)
    ).all()


def incidents_of(session: Session, coding_round: Round) -> Sequence[Incident]:
    return session.scalars(
        select(Incident)
        .join(RoundIncident, (RoundIncident.study_id == Incident.study_id) & (RoundIncident.incident_id == Incident.id))
        .where(RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id)
        .order_by(Incident.number)
    ).all()


def incident_ids_of(session: Session, coding_round: Round) -> set[int]:
    of_round = (RoundIncident.study_id == coding_round.study_id, RoundIncident.round_id == coding_round.id)
    return set(session.scalars(select(RoundIncident.incident_id).where(*of_round)))


def assignments_of(session: Session, coding_round: Round, member_id: int | None = None) -> Sequence[Assignment]:
    """In the order of each coder's own queue."""
    query = (
        select(Assignment)
        .where(Assignment.study_id == coding_round.study_id, Assignment.round_id == coding_round.id)
        .order_by(Assignment.member_id, Assignment.order)
    )
    if member_id is not None:
        query = query.where(Assignment.member_id == member_id)
    return session.scalars(query).all()


_OWN_ASSIGNMENT = (
    select(Assignment, Round)
    .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
    .where(
        Assignment.study_id == bindparam("of_study"),
        Assignment.member_id == bindparam("of_member"),
        Assignment.id == bindparam("wanted"),
        Round.phase != "planned",
    )
)


def own_assignment(session: Session, study_id: int, member_id: int, assignment_id: int) -> tuple[Assignment, Round]:
    """Somebody else's assignment is not found."""
    row = session.execute(
        _OWN_ASSIGNMENT, {"of_study": study_id, "of_member": member_id, "wanted": assignment_id}
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def own_round_numbers(session: Session, study_id: int, member_id: int) -> list[tuple[int, str]]:
    """(number, name) of the rounds in which the member has incidents, newest first; planned ones are not told of."""
    mine = select(Assignment.round_id).where(Assignment.study_id == study_id, Assignment.member_id == member_id)
    rows = session.execute(
        select(Round.number, Round.name)
        .where(Round.study_id == study_id, Round.id.in_(mine), Round.phase != "planned")
        .order_by(Round.number.desc())
    )
    return [(number, name) for number, name in rows]


def frozen_version(session: Session, coding_round: Round) -> CodebookVersion | None:
    if coding_round.codebook_version_id is None:
        return None
    return session.scalar(
        select(CodebookVersion).where(
            CodebookVersion.study_id == coding_round.study_id, CodebookVersion.id == coding_round.codebook_version_id
        )
    )


def frozen_seq(session: Session, coding_round: Round) -> int | None:
    """The codebook_seq under which the round codes; None for the live codebook. A version's own never changes, so it is
    read once for all sessions."""
    if coding_round.codebook_version_id is None:
        return None
    shared, key = (
        shared_by_sessions(session),
        ("seq of version", coding_round.study_id, coding_round.codebook_version_id),
    )
    kept: int | None = shared.find(key) if shared else None
    if kept is not None:
        return kept
    version = frozen_version(session, coding_round)
    if version and shared:
        shared.keep(key, version.codebook_seq)
    return version.codebook_seq if version else None


def running_round_ids(session: Session, study_id: int) -> set[int]:
    """Rounds whose codes are still hidden from all but their authors."""
    phases = ("planned", "running")
    return set(session.scalars(select(Round.id).where(Round.study_id == study_id, Round.phase.in_(phases))))


def phase_changes(session: Session, coding_round: Round) -> Sequence[RoundPhaseChange]:
    return session.scalars(
        select(RoundPhaseChange)
        .where(RoundPhaseChange.study_id == coding_round.study_id, RoundPhaseChange.round_id == coding_round.id)
        .order_by(RoundPhaseChange.id)
    ).all()


def codable_incident_ids(session: Session, study_id: int) -> list[int]:
    """Incidents that have a text and are not excluded."""
    excluded = select(IncidentExclusion.incident_id).where(
        IncidentExclusion.study_id == study_id, IncidentExclusion.ended_at.is_(None)
    )
    return list(
        session.scalars(
            select(Incident.id)
            .where(Incident.study_id == study_id, Incident.text.is_not(None), Incident.id.not_in(excluded))
            .order_by(Incident.id)
        )
    )


def candidate_incident_ids(
    session: Session, study_id: int, *, cohort: str = "", service: str = "", severity: str = "", words: str = ""
) -> list[int]:
    """Codable incidents that match; blank takes all. words: as typed into a search box."""
    query = select(Incident.id).where(
        Incident.study_id == study_id, Incident.id.in_(codable_incident_ids(session, study_id))
    )
    for column, wanted in ((Incident.cohort, cohort), (Incident.service, service), (Incident.severity, severity)):
        if wanted:
            query = query.where(column == wanted)
    if words:
        query = query.where(Incident.search.op("@@")(func.websearch_to_tsquery("english", words)))
    return list(session.scalars(query.order_by(Incident.id)))


@dataclass(frozen=True)
class Choices:
    """What a filter can choose from in this study."""

    cohorts: list[str]
    services: list[str]
    severities: list[str]


def choices(session: Session, study_id: int) -> Choices:
    def distinct_values(column: InstrumentedAttribute[str | None]) -> list[str]:
        found = session.scalars(select(column).where(Incident.study_id == study_id, column.is_not(None)).distinct())
        return sorted(value for value in found if value)

    return Choices(
        cohorts=distinct_values(Incident.cohort),
        services=distinct_values(Incident.service),
        severities=distinct_values(Incident.severity),
    )


STRATA = ("cohort", "service", "severity", "year")


def strata_of(session: Session, study_id: int, by: str) -> dict[int, str]:
    """Incident -> its cohort, service, severity, or the year (UTC) it began, else was detected; "" where none is known.

    by: one of STRATA.
    """
    began = func.coalesce(Incident.started_at, Incident.detected_at)
    year = cast(func.extract("year", func.timezone("UTC", began)), Text)
    column = (
        year if by == "year" else {"cohort": Incident.cohort, "service": Incident.service}.get(by, Incident.severity)
    )
    rows = session.execute(select(Incident.id, func.coalesce(column, "")).where(Incident.study_id == study_id))
    return dict(rows.all())


def ranks_by_date(session: Session, study_id: int, incident_ids: Collection[int]) -> dict[int, int]:
    """Oldest first, by when they began, else were detected; those without a date last, by number."""
    began = func.coalesce(Incident.started_at, Incident.detected_at)
    rows = session.scalars(
        select(Incident.id)
        .where(Incident.study_id == study_id, Incident.id.in_(incident_ids))
        .order_by(began.asc().nulls_last(), Incident.number)
    )
    return {incident_id: rank for rank, incident_id in enumerate(rows)}


def waiting_incident_ids(session: Session, study_id: int) -> set[int]:
    """Incidents of rounds that are planned or running."""
    return set(
        session.scalars(
            select(RoundIncident.incident_id)
            .join(Round, (Round.study_id == RoundIncident.study_id) & (Round.id == RoundIncident.round_id))
            .where(RoundIncident.study_id == study_id, Round.phase.in_(("planned", "running")))
            .distinct()
        )
    )
