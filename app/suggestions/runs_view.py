"""What the page of a round's runs needs besides them: whom to ask, and whether to go on watching."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio.to_thread
from sqlalchemy.orm import Session
from starlette.requests import Request

from app.db.session import database_of
from app.ledger.budget import Spending, spending
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from app.settings import Settings
from app.studies.models import Study
from app.studies.viewer import Viewer, asker
from app.suggestions.runs import is_running
from app.suggestions.similar_source import coded_incidents
from app.suggestions.sources import Source, sources_of


@dataclass(frozen=True)
class Asking:
    """usual: whom a run asks that is not composed. settled: how many incidents could be similar."""

    usual: Source
    settled: int
    redacts: bool
    spending: Spending
    typed: str
    problem: str


def asking_view(session: Session, coding_round: Round, settings: Settings, *, typed: str, problem: str) -> Asking:
    usual = sources_of(session, settings, coding_round.study_id)[0]
    return Asking(
        usual=usual,
        redacts=session.get_one(Study, coding_round.study_id).redacts,
        spending=spending(session, coding_round.study_id),
        settled=0 if usual.model else len(coded_incidents(session, coding_round.study_id)),
        typed=typed,
        problem=problem,
    )


def runs_url(viewer: Viewer, number: int) -> str:
    return f"/studies/{viewer.study.slug}/rounds/{number}/suggestions"


def run_url(viewer: Viewer, number: int, run_id: int) -> str:
    return f"{runs_url(viewer, number)}/{run_id}"


def watching(request: Request, slug: str, number: int, phase: str) -> Callable[[], Awaitable[bool]]:
    """Still signed in, still the lead, the round in the same phase, a run still at work. Keeps no connection."""

    def look() -> bool:
        with database_of(request).reading() as session:
            _, _, viewer = asker(session, request, slug) or (None, None, None)
            if viewer is None or not viewer.leads:
                return False
            try:
                coding_round = round_by_number(session, viewer.study.id, number)
            except NotFound:
                return False
            return coding_round.phase == phase and is_running(session, coding_round)

    async def goes_on() -> bool:
        return await anyio.to_thread.run_sync(look)

    return goes_on
