"""The list of studies, their members, and the links that bring people in."""

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.actions import start_sign_in
from app.accounts.cookie import base_url, device, keep_sign_in
from app.accounts.models import Person
from app.accounts.new_person import NewPerson
from app.accounts.sign_in_page import provider_name
from app.accounts.viewer import CurrentPerson, Visitor, person_of
from app.db.session import ReadSession, Transaction
from app.problems import Invalid
from app.studies import actions, queries
from app.studies.forms import InvitationForm
from app.studies.models import Study
from app.studies.sent_forms import sent_before
from app.studies.viewer import CurrentViewer, LeadingViewer, Viewer
from app.web.forms import PostedForm
from app.web.pages import fragment, is_htmx, page, redirect_after

router = APIRouter()


@router.get("/")
def own_studies(request: Request, session: ReadSession, person: CurrentPerson) -> Response:
    return page(request, "studies/studies.html", studies=queries.studies_of(session, person))


@router.get("/invitations/{token}")
def invitation_page(request: Request, session: ReadSession, token: str) -> Response:
    study, member = queries.open_member_invitation(session, token)
    return _invitation_page(request, study, member.role, NewPerson(name=member.name))


@router.post("/invitations/{token}")
def accept_invitation(request: Request, session: Transaction, token: str, posted: PostedForm) -> Response:
    study, member = queries.open_member_invitation(session, token)
    person = person_of(request)
    if person is not None:
        actions.join_study(session, token, person)
        return redirect_after(request, f"/studies/{study.slug}/")
    form = NewPerson.read(posted)
    try:
        person = form.add(session)
    except Invalid as problem:
        form.refuse(problem)
        return _invitation_page(request, study, member.role, form, status=422)
    actions.join_study(session, token, person)
    response = redirect_after(request, f"/studies/{study.slug}/")
    keep_sign_in(request, response, start_sign_in(session, person, **device(request)))
    return response


@router.get("/studies/{slug}/members")
def members_page(request: Request, session: ReadSession, viewer: CurrentViewer) -> Response:
    return _members_answer(request, session, viewer, InvitationForm())


@router.post("/studies/{slug}/members")
def invite_member(request: Request, session: Transaction, viewer: LeadingViewer, posted: PostedForm) -> Response:
    """The link is in this answer only: what is stored is its hash."""
    form = InvitationForm.read(posted)
    try:
        with session.begin_nested():
            if sent_before(session, viewer, request.url.path, posted):
                return _members_answer(request, session, viewer, InvitationForm(), sent_twice=form.name)
            member, token = actions.invite_member(session, viewer, name=form.name, role=form.role)
    except Invalid as problem:
        form.refuse(problem)
        return _members_answer(request, session, viewer, form, status=422)
    link = f"{base_url(request)}/invitations/{token}"
    return _members_answer(request, session, viewer, InvitationForm(), invited=member.name, link=link)


def _invitation_page(request: Request, study: Study, role: str, form: NewPerson, *, status: int = 200) -> Response:
    return page(
        request,
        "studies/invitation.html",
        status=status,
        title=study.title,
        role=role,
        person=_signed_in(request),
        form=form,
        provider=provider_name(request),
    )


def _signed_in(request: Request) -> Person | None:
    person = person_of(request)
    if person is not None:
        request.state.viewer = Visitor(person)
    return person


def _members_answer(
    request: Request,
    session: Session,
    viewer: Viewer,
    form: InvitationForm,
    *,
    status: int = 200,
    invited: str = "",
    link: str = "",
    sent_twice: str = "",
) -> Response:
    context = {
        "members": queries.members(session, viewer.study.id),
        "form": form,
        "invited": invited,
        "link": link,
        "sent_twice": sent_twice,
        "here_nav": "members",
    }
    if is_htmx(request):
        return fragment(request, "studies/_members.html", status=status, **context)
    return page(request, "studies/members.html", status=status, **context)
