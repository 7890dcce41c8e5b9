"""Planning a round. Pages that also show coding (lists, progress) stand on the floor of coding."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.codebook import queries as codebook
from app.db.session import ReadSession, Transaction
from app.problems import Problem
from app.rounds import actions, queries
from app.rounds.forms import PlanForm
from app.rounds.precision import planned_precision
from app.rounds.preview import preview
from app.rounds.purposes import usual_words
from app.studies.queries import people_who_code
from app.studies.sent_forms import sent_before
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter(prefix="/studies/{slug}/rounds")


@router.get("/new")
def new_round(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    there = [member.id for member in people_who_code(session, viewer.study.id) if not member.is_awaited]
    return _plan_page(request, session, viewer, PlanForm.empty(session, viewer, there))


@router.post("/preview")
def preview_round(request: Request, session: ReadSession, viewer: LeadingViewer, posted: PostedForm) -> Response:
    """Makes nothing. What is still missing is part of the answer; only the whole page marks it at its fields."""
    form = PlanForm.read(posted, session, viewer)
    made = preview(session, viewer, form)
    if is_htmx(request):
        precision = planned_precision(form, made)
        return fragment(request, "rounds/_preview.html", form=form, preview=made, precision=precision)
    status = 422 if made is None else 200
    return _plan_page(request, session, viewer, form, status=status)


@router.post("")
def plan_round(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = PlanForm.read(posted, session, viewer)
    if form.plan is None:
        return _plan_page(request, session, viewer, form, status=422)
    rounds = f"/studies/{viewer.study.slug}/rounds"
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return redirect_after(request, rounds)
            coding_round = actions.plan_round(session, viewer, form.plan)
    except Problem as problem:
        form.plan, form.problems[""] = None, problem.sentence
        return _plan_page(request, session, viewer, form, status=422)
    return redirect_after(request, f"{rounds}/{coding_round.number}")


@router.post("/pilot")
def start_pilot(request: Request, session: Transaction, viewer: LeadingViewer) -> Response:
    """The one button after an import: a round with oneself on everything, running at once."""
    actions.plan_pilot(session, viewer)
    return redirect_after(request, f"/studies/{viewer.study.slug}/coding")


def _plan_page(request: Request, session: Session, viewer: Viewer, form: PlanForm, *, status: int = 200) -> Response:
    study_id = viewer.study.id
    made = preview(session, viewer, form)
    return page(
        request,
        "rounds/new.html",
        status=status,
        here_nav="rounds",
        form=form,
        coders=people_who_code(session, study_id),
        options=_options(session, study_id),
        preview=made,
        precision=planned_precision(form, made),
        usual=usual_words(),
        codable=len(queries.codable_incident_ids(session, study_id)),
    )


def _options(session: Session, study_id: int) -> dict[str, list[tuple[str, str]]]:
    """What the form's lists offer, as (value, words)."""
    found = queries.choices(session, study_id)

    def of(values: list[str]) -> list[tuple[str, str]]:
        return [("", "all"), *((value, value) for value in values)]

    usual_one = ("", "usual for the purpose")
    live = [usual_one, ("live", "live: changes reach the round"), ("freeze", "freeze a version when the round starts")]
    return {
        "cohort": of(found.cohorts),
        "service": of(found.services),
        "severity": of(found.severities),
        "codebook": live + [(str(v.id), f"{v.name}, frozen") for v in codebook.versions(session, study_id)],
    }
