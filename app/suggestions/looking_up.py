"""Without a model: the final codes of similar incidents are offered, and named so.

Each incident is an errand of its own with a row in the ledger, so that where a suggestion comes from is kept alike. The
coded incidents are held in memory as numbers, the texts of those that wait a few at a time.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.db.session import Database
from app.incidents.models import Incident
from app.rounds.models import Round
from app.suggestions import queries
from app.suggestions.keeping import end_if_done, finish, tell_now_and_then
from app.suggestions.ledger_lookups import record_lookup
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.run_prompts import dimensions_to_ask
from app.suggestions.similar import SimilarCode, SimilarIncidents
from app.suggestions.similar_source import coded_incidents

AT_ONCE = 100
Waiting = tuple[int, int, str]  # run incident id, incident id, text


@dataclass(frozen=True)
class _Lookup:
    """appliable: code ids that may be offered. asked_by: the member who asked for the run."""

    round_id: int
    asked_by: int
    similar: SimilarIncidents
    appliable: frozenset[int]


def suggest_from_similar(database: Database, *, study_id: int, run_id: int) -> None:
    """Run twice, it does nothing twice. Compares outside any transaction."""
    with database.transaction() as session:
        lookup = _lookup(session, study_id, run_id)
    for run_incident_id, incident_id, text in _waiting(database, study_id, run_id):
        started = time.monotonic()
        found = lookup.similar.codes_for(text, without={incident_id})
        offered = [code for code in found if code.code_id in lookup.appliable]
        seconds = time.monotonic() - started
        with database.transaction() as session:
            row = _still_waits(session, study_id, run_id, run_incident_id)
            if row is not None:
                call = record_lookup(session, row, offered, asked_by=lookup.asked_by, seconds=seconds)
                session.add_all(_suggestion(row, place, code, call.id) for place, code in enumerate(offered, start=1))
                finish(session, study_id, row.id, "done", "", counted=1)
                tell_now_and_then(session, lookup.round_id)
    with database.transaction() as session:
        end_if_done(session, study_id, run_id)


def _waiting(database: Database, study_id: int, run_id: int) -> Iterator[Waiting]:
    """As long as the run goes on; what another worker took meanwhile is passed over when it is written."""
    last = 0
    while True:
        with database.transaction() as session:
            some = _next_waiting(session, study_id, run_id, last)
        if not some:
            return
        yield from some
        last = some[-1][0]


def _next_waiting(session: Session, study_id: int, run_id: int, last: int) -> list[Waiting]:
    rows = session.execute(
        select(RunIncident.id, Incident.id, Incident.text)
        .join(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
        .join(SuggestionRun, queries.of_run())
        .where(
            RunIncident.study_id == study_id,
            RunIncident.run_id == run_id,
            RunIncident.id > last,
            RunIncident.state == "waiting",
            SuggestionRun.state == "running",
        )
        .order_by(RunIncident.id)
        .limit(AT_ONCE)
    )
    return [(row_id, incident_id, text or "") for row_id, incident_id, text in rows]


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
    asked = dimensions_to_ask(codebook, coding_round, run.dimension_ids)
    takes_many = {dimension.id: dimension.takes_many for dimension in asked}
    return _Lookup(
        round_id=run.round_id,
        asked_by=run.asked_by,
        similar=SimilarIncidents(coded_incidents(session, study_id), takes_many=takes_many),
        appliable=frozenset(code.id for dimension in asked for code in dimension.codes),
    )


def _suggestion(row: RunIncident, ordinal: int, code: SimilarCode, call_id: int) -> Suggestion:
    """The incidents themselves are not named: what they were coded as is shown to nobody by the way."""
    holders = len(code.neighbours)
    like = max(neighbour.similarity for neighbour in code.neighbours)
    held = "1 similar settled incident has" if holders == 1 else f"{holders} similar settled incidents have"
    return Suggestion(
        study_id=row.study_id,
        run_id=row.run_id,
        incident_id=row.incident_id,
        dimension_id=code.dimension_id,
        model_call_id=call_id,
        ordinal=ordinal,
        code_id=code.code_id,
        reasoning=f"{held} this code: {code.share:.0%} of the likeness found, the closest at {like:.2f}.",
        quotes=[],
    )
