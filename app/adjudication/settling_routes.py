"""How a round is settled: its lead looks and chooses, as long as it is not closed."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.adjudication.settling import choose_rules
from app.adjudication.settling_forms import SettlingForm
from app.adjudication.settling_rules import SettledForGood, choices_of, rules_of
from app.db.session import ReadSession, Transaction
from app.rounds.models import Round
from app.rounds.queries import round_by_number
from app.studies.queries import members_by_id
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds/{number}/settling")


@router.get("")
def settling_page(
    request: Request, session: ReadSession, viewer: LeadingViewer, number: Key, done: int = 0
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    form = SettlingForm.of(rules_of(session, coding_round))
    return _page(request, session, viewer, coding_round, form, happened="Saved." if done else "")


@router.post("")
def choose_settling(
    request: Request, session: Transaction, viewer: LeadingViewer, number: Key, posted: PostedForm
) -> Response:
    coding_round = round_by_number(session, viewer.study.id, number)
    if coding_round.phase == "closed":
        raise SettledForGood
    form = SettlingForm.read(posted)
    rules = form.rules()
    if rules is None:
        return _page(request, session, viewer, coding_round, form, status=422)
    choose_rules(session, viewer, coding_round, rules)
    return redirect_after(request, f"/studies/{viewer.study.slug}/rounds/{coding_round.number}/settling?done=1")


def _page(
    request: Request,
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    form: SettlingForm,
    *,
    status: int = 200,
    happened: str = "",
) -> Response:
    return page(
        request,
        "adjudication/settling.html",
        status=status,
        here_nav="rounds",
        round=coding_round,
        form=form,
        chosen=choices_of(session, coding_round),
        members=members_by_id(session, viewer.study.id),
        happened=happened,
    )
