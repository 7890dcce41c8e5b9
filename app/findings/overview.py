"""What a study looks like at first sight: what waits, its rounds, its corpus."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.figures import RELIABILITY, Row, round_figures
from app.agreement.shown import whisker_of
from app.coding.models import Submission
from app.incidents.models import Incident, IncidentExclusion
from app.rounds.models import Round, RoundIncident
from app.rounds.policy import is_open_to_others
from app.rounds.queries import frozen_version, rounds_of
from app.studies.viewer import Viewer
from app.web.figures import Whisker


@dataclass(frozen=True)
class Corpus:
    """Counts of incidents. coded_by_more and coded_once: in rounds whose coding has ended."""

    total: int
    coded_by_more: int
    coded_once: int
    in_coding: int
    excluded: int
    cohorts: list[tuple[str, int]]
    median_words: int | None
    first_at: datetime | None
    last_at: datetime | None

    @property
    def not_yet(self) -> int:
        return self.total - self.coded_by_more - self.coded_once - self.excluded

    def bars(self, width: int = 320) -> list[tuple[str, float, float]]:
        """(class, x, width) of the share bar."""
        parts = (
            ("s1", self.coded_by_more),
            ("s2", self.coded_once),
            ("s3", self.not_yet),
            ("s4", self.excluded),
        )
        drawn, at = [], 0.0
        for name, count in parts:
            share = width * count / self.total if self.total else 0.0
            if count:
                drawn.append((name, round(at, 1), round(max(share - 1.5, 1), 1)))
            at += share
        return drawn


@dataclass(frozen=True)
class ReliabilityCard:
    """The newest reliability round past its coding. n: the one n of all rows, None where they differ."""

    coding_round: Round
    version: str
    rows: list[tuple[Row, Whisker | None]]
    raters: int

    @property
    def headline(self) -> tuple[Row, Whisker] | None:
        """Of the dimension that the lead put first, among those with a figure."""
        return next(((row, whisker) for row, whisker in self.rows if whisker is not None), None)

    @property
    def n(self) -> int | None:
        found = {whisker.n for _, whisker in self.rows if whisker is not None}
        return found.pop() if len(found) == 1 else None


def reliability_card(session: Session, viewer: Viewer) -> ReliabilityCard | None:
    for found in rounds_of(session, viewer.study.id):
        if found.purpose == "reliability" and is_open_to_others(found):
            rows = [row for row in round_figures(session, found).rows if row.kind in (RELIABILITY, "mapped")]
            version = frozen_version(session, found)
            return ReliabilityCard(
                coding_round=found,
                version=version.name if version else "",
                rows=[(row, whisker_of(row.headline, width=110) if row.is_reliability else None) for row in rows],
                raters=max((row.report.raters for row in rows if row.report), default=0),
            )
    return None


def corpus(session: Session, viewer: Viewer) -> Corpus:
    study_id = viewer.study.id
    rounds = rounds_of(session, study_id)
    opened = [found.id for found in rounds if is_open_to_others(found)]
    running = [found.id for found in rounds if found.phase == "running"]
    excluded = _excluded(session, study_id)
    coders_of = {
        incident: coders
        for incident, coders in _coders_by_incident(session, study_id, opened).items()
        if incident not in excluded
    }
    at_work = _in_rounds(session, study_id, running)
    first_at, last_at = session.execute(
        select(func.min(Incident.started_at), func.max(Incident.started_at)).where(Incident.study_id == study_id)
    ).one()
    return Corpus(
        total=session.scalars(select(func.count()).select_from(Incident).where(Incident.study_id == study_id)).one(),
        coded_by_more=sum(coders > 1 for coders in coders_of.values()),
        coded_once=sum(coders == 1 for coders in coders_of.values()),
        in_coding=len(at_work - excluded - set(coders_of)),
        excluded=len(excluded),
        cohorts=_cohorts(session, study_id),
        median_words=_median_words(session, study_id),
        first_at=first_at,
        last_at=last_at,
    )


def _excluded(session: Session, study_id: int) -> set[int]:
    return set(
        session.scalars(
            select(IncidentExclusion.incident_id).where(
                IncidentExclusion.study_id == study_id, IncidentExclusion.ended_at.is_(None)
            )
        )
    )


def _coders_by_incident(session: Session, study_id: int, round_ids: Sequence[int]) -> dict[int, int]:
    """Incident -> how many members handed it in, in these rounds together."""
    rows = session.execute(
        select(Submission.incident_id, func.count(func.distinct(Submission.member_id)))
        .where(Submission.study_id == study_id, Submission.kind == "submitted", Submission.round_id.in_(round_ids))
        .group_by(Submission.incident_id)
    )
    return dict(rows.all())


def _in_rounds(session: Session, study_id: int, round_ids: Sequence[int]) -> set[int]:
    return set(
        session.scalars(
            select(RoundIncident.incident_id).where(
                RoundIncident.study_id == study_id, RoundIncident.round_id.in_(round_ids)
            )
        )
    )


def _cohorts(session: Session, study_id: int) -> list[tuple[str, int]]:
    rows = session.execute(
        select(func.coalesce(Incident.cohort, "no cohort"), func.count())
        .where(Incident.study_id == study_id)
        .group_by(Incident.cohort)
        .order_by(func.count().desc())
    )
    return [(name, count) for name, count in rows]


def _median_words(session: Session, study_id: int) -> int | None:
    words = func.array_length(func.regexp_split_to_array(func.btrim(Incident.text), r"\s+"), 1)
    counts = [
        count for count in session.scalars(select(words).where(Incident.study_id == study_id)) if count is not None
    ]
    return round(median(counts)) if counts else None
