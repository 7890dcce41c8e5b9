"""The incidents of a study, and one of them as it came in. Nobody's codes stand on these pages."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.db.session import ReadSession, Transaction
from app.incidents import actions, queries
from app.incidents.incident_page import incident_page
from app.incidents.queries import PAGE, IncidentFilter
from app.problems import Invalid
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import Key, PostedForm, whole_number
from app.web.pages import fragment, is_htmx, page, redirect_after
from app.web.paging import page_at

router = APIRouter(prefix="/studies/{slug}/incidents")

Asked = Annotated[str, Query(max_length=300)]


@router.get("")
def incident_list(
    request: Request,
    session: ReadSession,
    viewer: CurrentViewer,
    find: Asked = "",
    cohort: Asked = "",
    service: Asked = "",
    severity: Asked = "",
    at: str = Query("1", alias="page", max_length=9),
) -> Response:
    study_id = viewer.study.id
    wanted = IncidentFilter(find.strip(), cohort, service, severity)
    count = queries.incident_count(session, study_id, wanted)
    number, pages = page_at(whole_number(at) or 1, count, PAGE)
    context: dict[str, Any] = {
        "incidents": queries.incidents(session, study_id, wanted, page=number),
        "excluded": queries.excluded_ids(session, study_id),
        "choices": _options(queries.choices(session, study_id)),
        "wanted": wanted,
        "count": count,
        "total": queries.incident_count(session, study_id),
        "at": number,
        "pages": pages,
        "url": _list_address(viewer, wanted),
    }
    if is_htmx(request):
        return fragment(request, "incidents/_list.html", **context)
    return page(
        request,
        "incidents/list.html",
        here_nav="incidents",
        offers_pilot=viewer.leads and queries.no_round_yet(session, study_id),
        **context,
    )


@router.get("/{incident_id}")
def incident(request: Request, session: ReadSession, viewer: CurrentViewer, incident_id: Key) -> Response:
    return _incident_answer(request, session, viewer, incident_id)


@router.post("/{incident_id}/exclusion")
def exclude(
    request: Request, session: Transaction, viewer: LeadingViewer, incident_id: Key, posted: PostedForm
) -> Response:
    reason = posted.text("reason")
    try:
        actions.exclude(session, viewer, incident_id, reason=reason)
    except Invalid as problem:
        return _incident_answer(request, session, viewer, incident_id, problem=problem.sentence, status=422)
    return redirect_after(request, _address(viewer, incident_id))


@router.post("/{incident_id}/inclusion")
def include_again(request: Request, session: Transaction, viewer: LeadingViewer, incident_id: Key) -> Response:
    actions.include_again(session, viewer, incident_id)
    return redirect_after(request, _address(viewer, incident_id))


def _incident_answer(
    request: Request, session: Session, viewer: Viewer, incident_id: int, *, problem: str = "", status: int = 200
) -> Response:
    shown = incident_page(session, viewer.study.id, incident_id)
    return page(request, "incidents/incident.html", status=status, here_nav="incidents", shown=shown, problem=problem)


def _options(choices: dict[str, list[str]]) -> dict[str, list[tuple[str, str]]]:
    """(value, words) of each list; none for a column that is empty throughout."""
    return {
        name: [("", "all"), *((value, value if len(value) <= 40 else value[:39] + "…") for value in values)]
        for name, values in choices.items()
        if values
    }


def _list_address(viewer: Viewer, wanted: IncidentFilter) -> str:
    """Up to the number of the page."""
    asked = {"find": wanted.words, "cohort": wanted.cohort, "service": wanted.service, "severity": wanted.severity}
    query = urlencode({name: value for name, value in asked.items() if value} | {"page": ""})
    return f"/studies/{viewer.study.slug}/incidents?{query}"


def _address(viewer: Viewer, incident_id: int) -> str:
    return f"/studies/{viewer.study.slug}/incidents/{incident_id}"
