"""Incidents and imports of a study."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, load_only

from app.incidents.models import Import, Incident, IncidentExclusion
from app.problems import NotFound
from app.studies.models import StudyEvent

PAGE = 50
T = TypeVar("T")


@dataclass(frozen=True)
class IncidentFilter:
    """Blank takes all. words: as typed into a search box."""

    words: str = ""
    cohort: str = ""
    service: str = ""
    severity: str = ""


def incident(session: Session, study_id: int, incident_id: int) -> Incident:
    found = session.scalar(select(Incident).where(Incident.study_id == study_id, Incident.id == incident_id))
    if found is None:
        raise NotFound
    return found


def incidents_by_id(session: Session, study_id: int, ids: Collection[int]) -> dict[int, Incident]:
    """Without their texts."""
    columns = (Incident.study_id, Incident.number, Incident.external_id, Incident.title, Incident.cohort)
    rows = session.scalars(
        select(Incident).options(load_only(*columns)).where(Incident.study_id == study_id, Incident.id.in_(ids))
    )
    return {each.id: each for each in rows}


def incident_numbers(session: Session, study_id: int, ids: Collection[int]) -> dict[int, int]:
    rows = session.execute(
        select(Incident.id, Incident.number).where(Incident.study_id == study_id, Incident.id.in_(ids))
    )
    return dict(rows.all())


def incidents(session: Session, study_id: int, wanted: IncidentFilter, *, page: int = 1) -> Sequence[Incident]:
    """One page in the order of their numbers."""
    query = matching(select(Incident), study_id, wanted).order_by(Incident.number)
    return session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()


def incident_count(session: Session, study_id: int, wanted: IncidentFilter | None = None) -> int:
    query = matching(select(func.count()).select_from(Incident), study_id, wanted or IncidentFilter())
    return session.scalars(query).one()


def one_import(session: Session, study_id: int, import_id: int) -> Import:
    """The bytes of its file are loaded when they are asked for."""
    found = session.scalar(select(Import).where(Import.study_id == study_id, Import.id == import_id))
    if found is None:
        raise NotFound
    return found


def imports(session: Session, study_id: int) -> Sequence[Import]:
    """Those that came in, newest first."""
    return session.scalars(
        select(Import)
        .where(Import.study_id == study_id, Import.imported_at.is_not(None))
        .order_by(Import.imported_at.desc())
    ).all()


def open_exclusion(session: Session, study_id: int, incident_id: int) -> IncidentExclusion | None:
    return session.scalar(
        select(IncidentExclusion).where(
            IncidentExclusion.study_id == study_id,
            IncidentExclusion.incident_id == incident_id,
            IncidentExclusion.ended_at.is_(None),
        )
    )


def excluded_ids(session: Session, study_id: int) -> set[int]:
    return set(
        session.scalars(
            select(IncidentExclusion.incident_id).where(
                IncidentExclusion.study_id == study_id, IncidentExclusion.ended_at.is_(None)
            )
        )
    )


def choices(session: Session, study_id: int) -> dict[str, list[str]]:
    """What stands in the columns by which incidents are filtered."""
    columns = {"cohort": Incident.cohort, "service": Incident.service, "severity": Incident.severity}
    return {
        name: [
            value
            for value in session.scalars(
                select(column).where(Incident.study_id == study_id, column.is_not(None)).distinct().order_by(column)
            )
            if value
        ]
        for name, column in columns.items()
    }


def neighbours(session: Session, incident: Incident) -> tuple[int | None, int | None]:
    """Ids of the incidents before and after, by number."""
    here = select(Incident.id).where(Incident.study_id == incident.study_id)
    before = here.where(Incident.number < incident.number).order_by(Incident.number.desc())
    after = here.where(Incident.number > incident.number).order_by(Incident.number)
    return session.scalar(before.limit(1)), session.scalar(after.limit(1))


def no_round_yet(session: Session, study_id: int) -> bool:
    """From the log: rounds stand on a higher floor."""
    planned = select(StudyEvent.id).where(StudyEvent.study_id == study_id, StudyEvent.kind == "round.planned")
    return session.scalar(planned.limit(1)) is None


def known_identities(session: Session, study_id: int, source: str) -> tuple[set[str], set[str]]:
    """(hashes of rows as they stood in their files, external ids of this source) that are here already."""
    hashes = session.scalars(
        select(Incident.raw_sha256).where(Incident.study_id == study_id, Incident.raw_sha256.is_not(None))
    )
    ids = session.scalars(
        select(Incident.external_id).where(
            Incident.study_id == study_id, Incident.source == source, Incident.external_id.is_not(None)
        )
    )
    return {found for found in hashes if found}, {found for found in ids if found}


def matching(query: Select[T], study_id: int, wanted: IncidentFilter) -> Select[T]:
    """The same query of those that fit."""
    query = query.where(Incident.study_id == study_id)
    for column, value in (
        (Incident.cohort, wanted.cohort),
        (Incident.service, wanted.service),
        (Incident.severity, wanted.severity),
    ):
        if value:
            query = query.where(column == value)
    if wanted.words:
        found = [
            Incident.search.op("@@")(func.websearch_to_tsquery("english", wanted.words)),
            func.lower(Incident.external_id) == wanted.words.lower(),
        ]
        number = wanted.words.removeprefix("#")
        if number.isascii() and number.isdigit() and len(number) < 10:
            found.append(Incident.number == int(number))
        query = query.where(or_(*found))
    return query
