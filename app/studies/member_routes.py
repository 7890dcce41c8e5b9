"""One member: what a lead may change about them. Others see the list only."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts.cookie import base_url
from app.db.base import now
from app.db.session import ReadSession, Transaction
from app.problems import Conflict, Invalid
from app.studies import member_actions as actions
from app.studies import queries
from app.studies.forms import MemberForm
from app.studies.models import Membership
from app.studies.viewer import LeadingViewer, Viewer
from app.web.forms import Key, PostedForm
from app.web.pages import page, redirect_after

router = APIRouter(prefix="/studies/{slug}/members/{member_id}")


@router.get("")
def one_member(request: Request, session: ReadSession, viewer: LeadingViewer, member_id: Key) -> Response:
    return _member_page(request, session, viewer, member_id, MemberForm())


@router.post("/role")
def change_role(
    request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key, posted: PostedForm
) -> Response:
    form = MemberForm.read(posted)
    return _changed(
        request,
        session,
        viewer,
        member_id,
        form,
        lambda: actions.change_role(session, viewer, member_id, form.role, seen=posted.text("seen")),
    )


@router.post("/departure")
def end_membership(
    request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key, posted: PostedForm
) -> Response:
    form = MemberForm.read(posted)
    actions.end_membership(session, viewer, member_id, reason=form.reason)
    own = member_id == viewer.member.id
    return redirect_after(request, "/" if own else _address(viewer, member_id))


@router.post("/return")
def resume_membership(request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key) -> Response:
    actions.resume_membership(session, viewer, member_id)
    return redirect_after(request, _address(viewer, member_id))


@router.post("/invitation")
def renew_invitation(request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key) -> Response:
    """The link is in this answer only: what is stored is its hash."""
    _, token = actions.renew_invitation(session, viewer, member_id)
    link = f"{base_url(request)}/invitations/{token}"
    return _member_page(request, session, viewer, member_id, MemberForm(), link=link)


@router.post("/password-link")
def make_password_link(request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key) -> Response:
    """The link is in this answer only: what is stored is its hash."""
    _, token = actions.make_password_link(session, viewer, member_id)
    link = f"{base_url(request)}/password-links/{token}"
    return _member_page(request, session, viewer, member_id, MemberForm(), password_link=link)


@router.post("/invitation/revocation")
def revoke_invitation(request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key) -> Response:
    actions.revoke_invitation(session, viewer, member_id)
    return redirect_after(request, _address(viewer, member_id))


@router.post("/person")
def link_placeholder(
    request: Request, session: Transaction, viewer: LeadingViewer, member_id: Key, posted: PostedForm
) -> Response:
    form, same_as_id = MemberForm.read(posted), posted.number("same_as")
    return _changed(
        request,
        session,
        viewer,
        member_id,
        form,
        lambda: actions.link_placeholder(session, viewer, member_id, same_as_id),
    )


def _changed(
    request: Request,
    session: Session,
    viewer: Viewer,
    member_id: int,
    form: MemberForm,
    change: Callable[[], Membership],
) -> Response:
    """What is refused is said at its field, and what was chosen is kept."""
    try:
        with session.begin_nested():
            change()
    except Invalid as problem:
        form.refuse(problem)
        return _member_page(request, session, viewer, member_id, form, status=422)
    except Conflict as problem:
        form.problems["role"] = problem.sentence
        return _member_page(request, session, viewer, member_id, form, status=409)
    return redirect_after(request, _address(viewer, member_id))


def _member_page(
    request: Request,
    session: Session,
    viewer: Viewer,
    member_id: int,
    form: MemberForm,
    *,
    status: int = 200,
    link: str = "",
    password_link: str = "",
) -> Response:
    session.expire_all()
    member = queries.one_member(session, viewer.study.id, member_id)
    invitation = queries.invitation_of(session, member)
    return page(
        request,
        "studies/member.html",
        status=status,
        here_nav="members",
        member=member,
        form=form,
        link=link,
        password_link=password_link,
        invitation=invitation,
        invitation_is_open=invitation is not None and invitation.is_open_at(now()),
        people=[(each.id, each.name) for each in queries.joined(session, viewer.study.id)],
        same_as=queries.one_member(session, viewer.study.id, member.same_as_id) if member.same_as_id else None,
    )


def _address(viewer: Viewer, member_id: int) -> str:
    return f"/studies/{viewer.study.slug}/members/{member_id}"
