"""Rounds with how far their coding is. Planning stands a floor below, ending the coding a floor above."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.coding import queries as coding
from app.coding.queries import Progress
from app.coding.round_lines import may_see, round_lines
from app.db.session import ReadSession
from app.problems import NotFound
from app.rounds import policy, queries
from app.rounds.models import IMPORTED, Round
from app.studies.viewer import CurrentViewer
from app.web.forms import Key
from app.web.pages import page

router = APIRouter(prefix="/studies/{slug}/rounds")

NEXT_STEPS = {
    "planned": [("running", "Start the round", "Coders see their incidents from then on.")],
    "running": [
        ("settling", "End the coding", "Answers open to all, private codes too; what is unanimous becomes final.")
    ],
    "settling": [
        ("closed", "Close the round", "Once the rulings are done. It can be reopened with a reason."),
        ("running", "Back to coding", "Answers are hidden again; who saw them stays on record."),
    ],
    "closed": [("settling", "Reopen", "For further rulings.")],
}


@router.get("")
def rounds(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    codable = len(queries.codable_incident_ids(session, viewer.study.id))
    return page(request, "rounds/list.html", here_nav="rounds", rounds=round_lines(session, viewer), codable=codable)


@router.get("/{number}")
def one_round(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key) -> Response:
    coding_round = queries.round_by_number(session, viewer.study.id, number)
    if not may_see(viewer, coding_round):
        raise NotFound
    coders = queries.coders(session, coding_round)
    progress = coding.progress_by_coder(session, coding_round)
    assignments = queries.assignments_of(session, coding_round)
    return page(
        request,
        "rounds/round.html",
        here_nav="rounds",
        round=coding_round,
        version=queries.frozen_version(session, coding_round),
        coders=[(place, coder, progress.get(coder.id, Progress())) for place, coder in enumerate(coders)],
        whole=coding.progress(session, coding_round),
        mine=progress.get(viewer.member.id),
        incidents=len(queries.incidents_of(session, coding_round)),
        blind=len({a.incident_id for a in assignments if a.arm == "blind"}),
        changes=queries.phase_changes(session, coding_round),
        steps=_next_steps(coding_round) if viewer.leads else [],
        is_open=policy.is_open_to_others(coding_round),
        names_of_models=[coder.name for coder in coders if coder.kind == "model"],
        names={coder.id: coder.name for coder in coders} | {viewer.member.id: viewer.name},
    )


def _next_steps(coding_round: Round) -> list[tuple[str, str, str]]:
    steps = NEXT_STEPS[coding_round.phase]
    return [one for one in steps if one[0] != "running"] if coding_round.purpose == IMPORTED else steps
