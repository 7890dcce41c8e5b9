"""Rounds with how far their coding is. Planning stands a floor below, ending the coding a floor above."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.coding.change_forms import ChangeForm
from app.coding.changes_card import changes_card
from app.coding.exposures import opened_since
from app.coding.round_lines import may_see, round_lines
from app.coding.round_progress import round_progress
from app.db.session import ReadSession
from app.problems import NotFound
from app.rounds import policy, queries
from app.rounds.change_log import added_later
from app.rounds.holdings import active_coder_ids, blind_incidents
from app.rounds.looks import looks_card
from app.rounds.models import IMPORTED, Round
from app.studies.viewer import CurrentViewer, Viewer
from app.web.forms import Key
from app.web.pages import page
from app.web.wording import plural

router = APIRouter(prefix="/studies/{slug}/rounds")

NEXT_STEPS = {
    "planned": [("running", "Start the round", "Coders see their incidents from then on.")],
    "running": [
        ("settling", "End the coding", "Answers open to all, private codes too; what is unanimous becomes final.")
    ],
    "settling": [
        ("closed", "Close the round", "Once the rulings are done. It can be reopened with a reason."),
        (
            "running",
            "Back to coding",
            "Answers are hidden again, and what became final by itself is open again. Private codes stay open to all.",
        ),
    ],
    "closed": [("settling", "Reopen", "For further rulings.")],
}


@router.get("")
def rounds(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    codable = len(queries.codable_incident_ids(session, viewer.study.id))
    return page(request, "rounds/list.html", here_nav="rounds", rounds=round_lines(session, viewer), codable=codable)


@router.get("/{number}")
def one_round(request: Request, session: ReadSession, viewer: CurrentViewer, number: Key, changed: int = 0) -> Response:
    coding_round = queries.round_by_number(session, viewer.study.id, number)
    return round_page(request, session, viewer, coding_round, says_what_changed=bool(changed))


def round_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    *,
    form: ChangeForm | None = None,
    status: int = 200,
    says_what_changed: bool = False,
) -> Response:
    """form: a change that was refused, with why."""
    if not may_see(viewer, coding_round):
        raise NotFound
    coders = queries.coders(session, coding_round)
    far = round_progress(session, viewer, coding_round)
    changes = changes_card(session, coding_round, far.lines, form) if viewer.leads else None
    newest = changes.log[0] if changes and changes.log and says_what_changed else None
    active = active_coder_ids(session, coding_round)
    return page(
        request,
        "rounds/round.html",
        status=status,
        here_nav="rounds",
        round=coding_round,
        version=queries.frozen_version(session, coding_round),
        far=far,
        coders=active,
        mine=viewer.member.id in active,
        own_done=sum(line.progress.done for line in far.lines if line.member.id == viewer.member.id),
        incidents=len(queries.incident_ids_of(session, coding_round)),
        blind=blind_incidents(session, coding_round),
        added=added_later(session, coding_round),
        looks=looks_card(session, viewer, coding_round),
        changes=queries.phase_changes(session, coding_round),
        steps=_next_steps(session, coding_round) if viewer.leads else [],
        change=changes,
        happened=f"Done: {newest.who} {newest.words}." if newest else "",
        is_open=policy.is_open_to_others(coding_round),
        names_of_models=[coder.name for coder in coders if coder.kind == "model"],
        names={coder.id: coder.name for coder in coders} | {viewer.member.id: viewer.name},
    )


def _next_steps(session: Session, coding_round: Round) -> list[tuple[str, str, str]]:
    steps = NEXT_STEPS[coding_round.phase]
    if coding_round.purpose == IMPORTED:
        return [one for one in steps if one[0] != "running"]
    if coding_round.phase != "settling":
        return steps
    return [
        (phase, words, f"{meaning} {_seen_meanwhile(session, coding_round)}" if phase == "running" else meaning)
        for phase, words, meaning in steps
    ]


def _seen_meanwhile(session: Session, coding_round: Round) -> str:
    """Who opened what since the answers were first opened: it is on record, and lowers what they hand in now."""
    since = min(change.at for change in queries.phase_changes(session, coding_round) if change.to_phase == "settling")
    there = queries.incident_ids_of(session, coding_round)
    shown = opened_since(session, coding_round.study_id, active_coder_ids(session, coding_round), since)
    opened = {(member, incident) for member, incident in shown if incident in there}
    if not opened:
        return "No coder of the round has opened answers of others yet."
    people, incidents = {member for member, _ in opened}, {incident for _, incident in opened}
    return (
        f"{plural(len(people), 'coder')} of the round opened answers of others to "
        f"{plural(len(incidents), 'incident')}: what they hand in there from now on is not independent."
    )
