"""The page that shows two runs beside each other. What a model said of an incident is on it once it was opened."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.ledger.models import ModelCall
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads
from app.suggestions import queries
from app.suggestions.comparison import (
    Beside,
    common_dimensions,
    compared,
    differing_incidents,
    is_done_in_both,
)
from app.suggestions.models import RunIncident, Suggestion, SuggestionDecision, SuggestionRun
from app.suggestions.opening import expose_two_runs, two_runs_note
from app.suggestions.policy import may_read
from app.suggestions.prompt import DimensionEntry
from app.suggestions.run_plan import dimensions_of
from app.suggestions.runs import RunLine, lines_of
from app.web.paging import page_at

A_PAGE = 25
MOST_TIMED = 1_000  # incidents of a run whose calls are averaged


@dataclass(frozen=True)
class SaidOf:
    """What both runs offered for an incident, by dimension: (dimension, of the one, of the other), in names."""

    incident: Incident
    dimensions: list[tuple[str, list[Suggestion], list[Suggestion]]]
    names: Mapping[int, str]


@dataclass(frozen=True)
class Acceptance:
    """Of the suggestions of a run that coders decided about."""

    decided: int
    accepted: int
    changed: int
    rejected: int


@dataclass(frozen=True)
class ComparisonPage:
    """may_read: whether this lead may be told anything of it. acceptance: None before the round is open to others.

    seconds: of an answered call, on average over the first incidents. listed: incidents on which the runs differ in the
    dimension looked at.
    """

    coding_round: Round
    one: RunLine
    other: RunLine
    may_read: bool
    incidents: int
    beside: list[Beside]
    looked_at: Beside | None
    listed: list[Incident]
    page: int
    pages: int
    seconds: Mapping[int, float]
    acceptance: Mapping[int, Acceptance] | None
    said: SaidOf | None
    most_timed: int = MOST_TIMED


def comparison_page(
    session: Session, viewer: Viewer, coding_round: Round, ids: tuple[int, int], *, dimension: int, at: int, opened: int
) -> ComparisonPage:
    """ids: of the two runs. opened: the incident whose suggestions are to be shown, where they were opened."""
    one, other = (queries.run_of_round(session, coding_round, run_id) for run_id in ids)
    lines = lines_of(session, [(one, coding_round), (other, coding_round)])
    may = may_read(session, viewer, coding_round)
    beside = compared(session, one, other, _asked_by_both(session, coding_round, one, other)) if may else []
    looked_at = next((each for each in beside if each.dimension.id == dimension), beside[0] if beside else None)
    shown, pages = page_at(at, looked_at.differing if looked_at else 0, A_PAGE)
    ids_here: list[int] = []
    if looked_at is not None and looked_at.differing:
        ids_here = differing_incidents(session, one, other, looked_at.dimension, at=shown, size=A_PAGE)
    found = incidents_by_id(session, coding_round.study_id, ids_here)
    return ComparisonPage(
        coding_round=coding_round,
        one=lines[0],
        other=lines[1],
        may_read=may,
        incidents=beside[0].incidents if beside else 0,
        beside=beside,
        looked_at=looked_at,
        listed=[found[key] for key in ids_here],
        page=shown,
        pages=pages,
        seconds=_seconds(session, (one, other)),
        acceptance=_acceptance(session, (one, other)) if is_open_to_others(coding_round) else None,
        said=_said(session, viewer, coding_round, one, other, opened) if may and opened else None,
    )


def open_both(
    session: Session, viewer: Viewer, coding_round: Round, ids: tuple[int, int], incident_id: int | None
) -> None:
    """Records that the lead was shown what both runs said of an incident, before it is shown (promise 3)."""
    check_leads(viewer)
    one, other = (queries.run_of_round(session, coding_round, run_id) for run_id in ids)
    if incident_id is None or not may_read(session, viewer, coding_round):
        raise NotFound
    if not is_done_in_both(session, one, other, incident_id):
        raise NotFound
    offered = _offered_for(session, (one, other), incident_id)
    expose_two_runs(session, viewer, incident_id, offered, (one.id, other.id))
    record(
        session,
        coding_round.study_id,
        viewer.member,
        "suggestions.compared",
        subject=("suggestion_run", one.id),
        round=coding_round.number,
        other=other.id,
        incident=incident_id,
    )


def _asked_by_both(
    session: Session, coding_round: Round, one: SuggestionRun, other: SuggestionRun
) -> list[DimensionEntry]:
    return common_dimensions(one, other, dimensions_of(session, coding_round))


def _said(
    session: Session, viewer: Viewer, coding_round: Round, one: SuggestionRun, other: SuggestionRun, incident_id: int
) -> SaidOf | None:
    notes = queries.exposure_notes(session, coding_round.study_id, viewer.member.id)
    if two_runs_note(one.id, other.id, incident_id) not in notes:
        return None
    offered = _offered_for(session, (one, other), incident_id)
    codes = disclosed_codebook(session, coding_round.study_id).codes
    return SaidOf(
        incident=incidents_by_id(session, coding_round.study_id, [incident_id])[incident_id],
        dimensions=[
            (each.name, _of(offered, one, each.id), _of(offered, other, each.id))
            for each in _asked_by_both(session, coding_round, one, other)
        ],
        names={key: code.name for key, code in codes.items()},
    )


def _offered_for(session: Session, runs: Sequence[SuggestionRun], incident_id: int) -> Sequence[Suggestion]:
    return session.scalars(
        select(Suggestion)
        .where(
            Suggestion.study_id == runs[0].study_id,
            Suggestion.run_id.in_([run.id for run in runs]),
            Suggestion.incident_id == incident_id,
        )
        .order_by(Suggestion.dimension_id, Suggestion.ordinal)
    ).all()


def _of(offered: Sequence[Suggestion], run: SuggestionRun, dimension_id: int) -> list[Suggestion]:
    return [one for one in offered if one.run_id == run.id and one.dimension_id == dimension_id]


def _seconds(session: Session, runs: Sequence[SuggestionRun]) -> Mapping[int, float]:
    """Of the first incidents of each, which stand for all."""
    found = {run.id: session.scalar(_average_seconds(run)) for run in runs}
    return {run_id: float(seconds) for run_id, seconds in found.items() if seconds is not None}


def _average_seconds(run: SuggestionRun) -> Select[float | None]:
    first = (
        select(RunIncident.id)
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id)
        .order_by(RunIncident.id)
        .limit(MOST_TIMED)
    )
    return select(func.avg(ModelCall.seconds)).where(
        ModelCall.study_id == run.study_id,
        ModelCall.subject_kind == queries.SUBJECT,
        ModelCall.subject_id.in_(first),
        ModelCall.output_tokens.is_not(None),
    )


def _acceptance(session: Session, runs: Sequence[SuggestionRun]) -> Mapping[int, Acceptance]:
    """By the latest decision of each coder about each suggestion."""
    latest = (
        select(func.max(SuggestionDecision.id))
        .where(SuggestionDecision.study_id == runs[0].study_id)
        .group_by(SuggestionDecision.suggestion_id, SuggestionDecision.assignment_id)
    )
    rows = session.execute(
        select(Suggestion.run_id, SuggestionDecision.decision, func.count())
        .join(
            SuggestionDecision,
            (SuggestionDecision.study_id == Suggestion.study_id) & (SuggestionDecision.suggestion_id == Suggestion.id),
        )
        .where(
            Suggestion.study_id == runs[0].study_id,
            Suggestion.run_id.in_([run.id for run in runs]),
            SuggestionDecision.id.in_(latest),
        )
        .group_by(Suggestion.run_id, SuggestionDecision.decision)
    )
    found: dict[int, Counter[str]] = {run.id: Counter() for run in runs}
    for run_id, decision, count in rows:
        found[run_id][decision] = count
    return {
        key: Acceptance(sum(each.values()), each["accepted"], each["changed"], each["rejected"])
        for key, each in found.items()
    }
