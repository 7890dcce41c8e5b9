"""Why a run that is at work does not get on: its endpoint wants nobody just now, or others have all its places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.gates import Gate, gate_of, standing_at
from app.ledger.models import ModelEndpoint
from app.settings import Settings
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import PURSE


@dataclass(frozen=True)
class HeldBack:
    """until: the endpoint asked everybody to wait until then; None: others have all of its places."""

    until: datetime | None
    places: int


def held_back(session: Session, settings: Settings, runs: Sequence[SuggestionRun]) -> Mapping[int, HeldBack]:
    """Run -> why it waits, of those that do. A batch waits for its endpoint anyway."""
    gates = _gates(session, settings, [run for run in runs if run.state == "running" and _asks_live(run)])
    standing = standing_at(session, {gate.key for gate in gates.values()}, PURSE)
    found: dict[int, HeldBack] = {}
    for run_id, gate in gates.items():
        at = standing.get(gate.key)
        if at is None:
            continue
        if at.not_before is not None:
            found[run_id] = HeldBack(at.not_before, gate.most_at_once)
        elif at.taken >= gate.most_at_once and run_id not in at.purses:
            found[run_id] = HeldBack(None, gate.most_at_once)
    return found


def _asks_live(run: SuggestionRun) -> bool:
    return run.source == "model" and run.mode == "live"


def _gates(session: Session, settings: Settings, runs: Sequence[SuggestionRun]) -> dict[int, Gate]:
    named = {run.endpoint_id for run in runs if run.endpoint_id is not None}
    rows = session.scalars(select(ModelEndpoint).where(ModelEndpoint.id.in_(named))).all() if named else []
    endpoints: dict[int | None, ModelEndpoint] = {one.id: one for one in rows}
    return {run.id: gate_of(endpoints.get(run.endpoint_id), most_at_once=settings.llm_most_at_once) for run in runs}
