"""The models of a study, for its leads. No transaction is open while a model is asked."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.db.session import ReadSession, Transaction, database_of
from app.ledger import endpoint_actions as actions
from app.ledger.endpoint_forms import LIKES, EndpointForm, like_of
from app.ledger.endpoint_page import models_page
from app.ledger.endpoint_problems import EndpointRetired, KeyNotReadable, TakenMeanwhile
from app.ledger.endpoint_testing import Tested, found_at, found_at_own
from app.ledger.endpoints import endpoint_of
from app.ledger.models import ModelEndpoint
from app.llm.configured import OPENAI
from app.llm.connection import ConnectionTest
from app.problems import Invalid
from app.settings import Settings
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/settings/models")


@router.get("")
def models(request: Request, session: ReadSession, viewer: LeadingViewer) -> Response:
    return _list(request, viewer)


@router.get("/new")
def new_model(request: Request, viewer: LeadingViewer, like: str = "") -> Response:
    """like: the kind of endpoint whose address is filled in."""
    return _form(request, EndpointForm.like(like_of(like)), like=like)


@router.post("")
def add_model(request: Request, viewer: LeadingViewer, posted: PostedForm) -> Response:
    form = EndpointForm.read(posted)
    try:
        with database_of(request).transaction() as session:
            endpoint = actions.add_endpoint(session, viewer, _settings(request), form.plan())
    except Invalid as problem:
        form.refuse(problem)
        return _form(request, form, status=422)
    return _tested(request, viewer, endpoint)


@router.post("/trials")
def try_new_model(request: Request, viewer: LeadingViewer, posted: PostedForm) -> Response:
    return _trial(request, viewer, EndpointForm.read(posted), None)


@router.post("/own/tests")
def test_own_model(request: Request, viewer: LeadingViewer) -> Response:
    found = found_at_own(_settings(request))
    with database_of(request).transaction() as session:
        actions.record_trial(session, viewer, _settings(request).llm_base_url or OPENAI, found)
    return _list(request, viewer, own_found=found)


@router.get("/{endpoint_id}")
def one_model(request: Request, session: ReadSession, viewer: LeadingViewer, endpoint_id: Key) -> Response:
    endpoint = _current(endpoint_of(session, viewer.study.id, endpoint_id))
    return _form(request, EndpointForm.of(endpoint), endpoint=endpoint)


@router.post("/{endpoint_id}")
def change_model(request: Request, viewer: LeadingViewer, endpoint_id: Key, posted: PostedForm) -> Response:
    form = EndpointForm.read(posted)
    try:
        with database_of(request).transaction() as session:
            endpoint = actions.change_endpoint(
                session, viewer, _settings(request), endpoint_id, form.plan(), seen=form.seen
            )
    except Invalid as problem:
        form.refuse(problem)
        return _form(request, form, status=422, endpoint=_stored(request, viewer, endpoint_id))
    except KeyNotReadable as problem:
        stored = _stored(request, viewer, endpoint_id)
        return _form(request, form, status=409, endpoint=stored, problem=problem.sentence)
    except TakenMeanwhile as problem:
        theirs = _stored(request, viewer, endpoint_id)
        return _form(request, EndpointForm.of(theirs), status=409, endpoint=theirs, problem=problem.sentence)
    return _tested(request, viewer, endpoint) if endpoint.probed_at is None else _back(request, viewer)


@router.post("/{endpoint_id}/trials")
def try_model(request: Request, viewer: LeadingViewer, endpoint_id: Key, posted: PostedForm) -> Response:
    endpoint = _current(_stored(request, viewer, endpoint_id))
    return _trial(request, viewer, EndpointForm.read(posted), endpoint)


@router.post("/{endpoint_id}/tests")
def test_model(request: Request, viewer: LeadingViewer, endpoint_id: Key) -> Response:
    return _tested(request, viewer, _current(_stored(request, viewer, endpoint_id)))


@router.post("/{endpoint_id}/retirement")
def retire_model(request: Request, session: Transaction, viewer: LeadingViewer, endpoint_id: Key) -> Response:
    actions.retire_endpoint(session, viewer, endpoint_id)
    return _back(request, viewer)


def _tested(request: Request, viewer: Viewer, endpoint: ModelEndpoint) -> Response:
    """Asked first, written down after."""
    seen = actions.fingerprint_of(endpoint)
    found = found_at(_settings(request), endpoint)
    with database_of(request).transaction() as session:
        actions.keep_test(session, viewer, endpoint.id, found, seen=seen)
    return _back(request, viewer)


def _trial(request: Request, viewer: Viewer, form: EndpointForm, endpoint: ModelEndpoint | None) -> Response:
    """Of what is typed and not saved."""
    try:
        plan = actions.checked_plan(form.plan())
        found = Tested.typed(_settings(request), plan, endpoint).test()
    except KeyNotReadable as problem:
        return _form(request, form, status=409, endpoint=endpoint, problem=problem.sentence)
    except Invalid as problem:
        form.refuse(problem)
        return _form(request, form, status=422, endpoint=endpoint)
    with database_of(request).transaction() as session:
        actions.record_trial(session, viewer, plan.base_url, found)
    return _form(request, form, endpoint=endpoint, found=found)


def _stored(request: Request, viewer: Viewer, endpoint_id: int) -> ModelEndpoint:
    """Read whole, and free of its session."""
    with database_of(request).reading() as session:
        endpoint = endpoint_of(session, viewer.study.id, endpoint_id)
        session.expunge(endpoint)
    return endpoint


def _current(endpoint: ModelEndpoint) -> ModelEndpoint:
    if endpoint.retired_at is not None:
        raise EndpointRetired
    return endpoint


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _back(request: Request, viewer: Viewer) -> Response:
    return redirect_after(request, f"/studies/{viewer.study.slug}/settings/models")


def _list(request: Request, viewer: Viewer, *, own_found: ConnectionTest | None = None) -> Response:
    with database_of(request).reading() as session:
        shown = models_page(session, viewer.study.id, _settings(request))
        return page(request, "ledger/models.html", here_nav="settings", shown=shown, own_found=own_found, likes=LIKES)


def _form(
    request: Request,
    form: EndpointForm,
    *,
    status: int = 200,
    endpoint: ModelEndpoint | None = None,
    found: ConnectionTest | None = None,
    problem: str = "",
    like: str = "",
) -> Response:
    """The key that was typed is not given back, so that it stands in no page."""
    return page(
        request,
        "ledger/model.html",
        status=status,
        here_nav="settings",
        form=form,
        endpoint_id=endpoint.id if endpoint else None,
        has_key=bool(endpoint and endpoint.key),
        found=found,
        problem=problem,
        likes=LIKES,
        like=like_of(like),
        keeps_keys=bool(_settings(request).secret_keys),
    )
