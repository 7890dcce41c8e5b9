"""Around a ruling: the names are asked for, and a ruling is taken back."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.adjudication import blind, policy, queries, ruling_acts
from app.adjudication.disagreement_page import disagreement_page
from app.adjudication.forms import RulingForm
from app.adjudication.narrowing import Narrowing
from app.adjudication.next_one import walk_of
from app.adjudication.routes import ONE, address, disagreement_answer
from app.db.session import Transaction
from app.problems import Invalid
from app.rounds.held_open import hold_open
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer
from app.web.forms import Key, PostedForm
from app.web.pages import redirect_after

router = APIRouter(prefix="/studies/{slug}")


@router.post(ONE + "/names")
def show_names(
    request: Request, session: Transaction, viewer: CurrentViewer, number: Key, incident_id: Key, dimension_id: Key
) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    hold_open(session, coding_round)
    queries.compared_dimension(session, coding_round, incident_id, dimension_id)
    blind.show_names(session, viewer, coding_round, incident_id)
    return redirect_after(request, address(viewer, number, incident_id, dimension_id) + walk_of(request))


@router.post(ONE + "/rulings/{ruling_id}/return")
def take_back(
    request: Request,
    session: Transaction,
    viewer: CurrentViewer,
    number: Key,
    incident_id: Key,
    dimension_id: Key,
    ruling_id: Key,
    posted: PostedForm,
) -> Response:
    coding_round = queries.open_round(session, viewer.study.id, number)
    policy.check_may_rule(viewer, coding_round)
    reason = posted.text("reason")
    try:
        with session.begin_nested():
            if not sent_before(session, viewer, request.url.path, posted):
                ruling_acts.take_back_ruling(session, viewer, coding_round, ruling_id, reason)
    except Invalid as problem:
        narrowing = Narrowing.read(request.query_params)
        shown = disagreement_page(session, viewer, coding_round, incident_id, dimension_id, narrowing)
        said = {"taking_back_problem": problem.sentence, "taking_back_reason": reason}
        return disagreement_answer(request, viewer, shown, RulingForm.of(shown), status=422, **said)
    return redirect_after(request, address(viewer, number, incident_id, dimension_id) + walk_of(request))
