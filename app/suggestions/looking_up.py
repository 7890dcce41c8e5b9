"""Without a model: the final codes of similar incidents are offered, and named so."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.db.session import Database
from app.rounds.models import Round
from app.suggestions import queries
from app.suggestions.keeping import end_if_done, finish, tell_now_and_then
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.run_prompts import dimensions_to_ask
from app.suggestions.similar import CodedIncident, SimilarCode, SimilarIncidents
from app.suggestions.similar_source import coded_incidents


@dataclass(frozen=True)
class _Lookup:
    """appliable: code ids that may be offered. waiting: (run incident id, incident id, text)."""

    round_id: int
    coded: tuple[CodedIncident, ...]
    takes_many: dict[int, bool]
    appliable: frozenset[int]
    waiting: tuple[tuple[int, int, str], ...]


def suggest_from_similar(database: Database, *, study_id: int, run_id: int) -> None:
    """Run twice, it does nothing twice. Compares outside any transaction."""
    with database.transaction() as session:
        lookup = _lookup(session, study_id, run_id)
    similar = SimilarIncidents(lookup.coded, takes_many=lookup.takes_many)
    for run_incident_id, incident_id, text in lookup.waiting:
        offered = [code for code in similar.codes_for(text, without={incident_id}) if code.code_id in lookup.appliable]
        with database.transaction() as session:
            row = _still_waits(session, study_id, run_id, run_incident_id)
            if row is not None:
                session.add_all(_suggestion(row, place, code) for place, code in enumerate(offered, start=1))
                finish(session, study_id, row.id, "done", "", counted=1)
                tell_now_and_then(session, lookup.round_id)
    with database.transaction() as session:
        end_if_done(session, study_id, run_id)


def _still_waits(session: Session, study_id: int, run_id: int, run_incident_id: int) -> RunIncident | None:
    return session.scalar(
        select(RunIncident)
        .join(
            SuggestionRun, (SuggestionRun.study_id == RunIncident.study_id) & (SuggestionRun.id == RunIncident.run_id)
        )
        .where(
            RunIncident.study_id == study_id,
            RunIncident.id == run_incident_id,
            RunIncident.state == "waiting",
            SuggestionRun.id == run_id,
            SuggestionRun.state == "running",
        )
        .with_for_update(of=RunIncident)
    )


def _lookup(session: Session, study_id: int, run_id: int) -> _Lookup:
    run = queries.run_by_id(session, study_id, run_id)
    coding_round = session.scalars(select(Round).where(Round.study_id == study_id, Round.id == run.round_id)).one()
    codebook = disclosed_codebook(session, study_id, seq=run.codebook_seq)
    dimensions = dimensions_to_ask(codebook, coding_round)
    rows = queries.run_incidents(session, run) if run.state == "running" else []
    return _Lookup(
        round_id=run.round_id,
        coded=tuple(coded_incidents(session, study_id)),
        takes_many={dimension.id: dimension.takes_many for dimension in dimensions},
        appliable=frozenset(code.id for dimension in dimensions for code in dimension.codes),
        waiting=tuple((row.id, incident.id, incident.text or "") for row, incident in rows if row.state == "waiting"),
    )


def _suggestion(row: RunIncident, ordinal: int, code: SimilarCode) -> Suggestion:
    """The incidents themselves are not named: what they were coded as is shown to nobody by the way."""
    holders = len(code.neighbours)
    like = max(neighbour.similarity for neighbour in code.neighbours)
    held = "1 similar settled incident has" if holders == 1 else f"{holders} similar settled incidents have"
    return Suggestion(
        study_id=row.study_id,
        run_id=row.run_id,
        incident_id=row.incident_id,
        dimension_id=code.dimension_id,
        ordinal=ordinal,
        code_id=code.code_id,
        reasoning=f"{held} this code: {code.share:.0%} of the likeness found, the closest at {like:.2f}.",
        quotes=[],
    )
