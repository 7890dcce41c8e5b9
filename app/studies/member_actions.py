"""Changing a member: role, leaving and coming back, their invitation, and who a placeholder is."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import actions as accounts
from app.accounts.models import Person
from app.accounts.own_account import make_password_link as make_link_for
from app.db.base import now
from app.problems import Conflict, Invalid, NotAllowed
from app.studies.actions import NoSuchRole
from app.studies.events import record
from app.studies.models import ROLES, Membership
from app.studies.queries import hold_study, led_studies, one_member, own_study_ids
from app.studies.viewer import Viewer, check_leads


class LastLead(Conflict):
    """This study would have no lead. Make somebody else its lead first."""


class RoleChanged(Conflict):
    """Somebody else changed this role in the meantime. The page shows the new one; choose again if it is not right."""


class HasNoRole(Invalid):
    """A model or an imported rater has no role: neither signs in."""


class HasLeft(Conflict):
    """This member has left the study. Take them in again first."""


class HasNotLeft(Conflict):
    """This member has not left the study."""


class HasJoined(Conflict):
    """This member has joined already, so there is nothing to invite them to."""


class NoOpenInvitation(Conflict):
    """No invitation of this member is open: it was used, taken back, or has run out."""


class NotAPlaceholder(Conflict):
    """Only an imported rater can be linked to a member."""


class NotAPersonHere(Invalid):
    """Choose a member who has joined this study."""


class NotYoursToReset(NotAllowed):
    """The account of this person may open more than yours, so only an owner of this Tandem can make the link."""


class OwnPassword(NotAllowed):
    """You change your own password on the page of your account."""


class HasNoAccount(Conflict):
    """This member has no account yet. Make them an invitation instead."""


def make_password_link(session: Session, viewer: Viewer, member_id: int) -> tuple[Membership, str]:
    """The token of a link that sets a new password; the history of the study tells of it.

    A lead gets into nobody's account that opens more than theirs: not that of an owner, and of nobody who is a member,
    in whatever role, of a study that they do not lead (promise 12). The refusal does not say which.
    """
    member = _locked(session, viewer, member_id)
    by = viewer.person
    if member.person_id is None or member.ended_at is not None or by is None:
        raise HasNoAccount
    person = session.get_one(Person, member.person_id)
    if person.id == by.id:
        raise OwnPassword  # there the present one is asked for
    elsewhere = own_study_ids(session, person.id) - led_studies(session, by.id)
    if not by.is_owner and (person.is_owner or elsewhere):
        raise NotYoursToReset
    token = make_link_for(session, person, by=by)
    _record(session, viewer, "member.password_link_made", member)
    return member, token


def change_role(session: Session, viewer: Viewer, member_id: int, role: str, *, seen: str) -> Membership:
    """seen: the role that the lead had before them; another one by now is a conflict."""
    member = _locked(session, viewer, member_id)
    if role not in ROLES:
        raise NoSuchRole
    if member.kind != "human":
        raise HasNoRole
    if member.role != seen:
        raise RoleChanged
    if role == member.role:
        return member
    if member.role == "lead":
        _check_another_leads(session, member)
    _record(session, viewer, "member.role_changed", member, before=member.role, after=role)
    member.role = role
    session.flush()
    return member


def end_membership(session: Session, viewer: Viewer, member_id: int, *, reason: str) -> Membership:
    """Their codes stay, under their name; the study is closed to them from their next request on."""
    member = _locked(session, viewer, member_id)
    if member.ended_at is not None:
        raise HasLeft
    if member.role == "lead" and member.kind == "human":
        _check_another_leads(session, member)
    accounts.revoke_invitation(session, member.invitation_id)
    member.ended_at = now()
    _record(session, viewer, "member.left", member, reason=reason.strip())
    session.flush()
    return member


def resume_membership(session: Session, viewer: Viewer, member_id: int) -> Membership:
    member = _locked(session, viewer, member_id)
    if member.ended_at is None:
        raise HasNotLeft
    member.ended_at = None
    _record(session, viewer, "member.returned", member)
    session.flush()
    return member


def renew_invitation(session: Session, viewer: Viewer, member_id: int) -> tuple[Membership, str]:
    """A new one-time link, also to become a placeholder; the one before opens nothing any more. Returns its token."""
    member = _locked(session, viewer, member_id)
    if member.ended_at is not None:
        raise HasLeft
    if member.person_id is not None or member.same_as_id is not None:
        raise HasJoined
    if member.kind == "model":
        raise HasNoRole
    accounts.revoke_invitation(session, member.invitation_id)
    invitation, token = accounts.make_member_invitation(session, viewer.person)
    member.invitation_id = invitation.id
    _record(session, viewer, "member.invited", member)
    session.flush()
    return member, token


def revoke_invitation(session: Session, viewer: Viewer, member_id: int) -> Membership:
    member = _locked(session, viewer, member_id)
    if not accounts.revoke_invitation(session, member.invitation_id):
        raise NoOpenInvitation
    _record(session, viewer, "member.invitation_revoked", member)
    session.flush()
    return member


def link_placeholder(session: Session, viewer: Viewer, member_id: int, same_as_id: int | None) -> Membership:
    """Says that an imported rater is a member of this study; None takes it back. What was rated stays the rater's."""
    member = _locked(session, viewer, member_id)
    if member.kind != "placeholder":
        raise NotAPlaceholder
    if same_as_id is not None:
        other = one_member(session, viewer.study.id, same_as_id)
        if other.kind != "human" or other.person_id is None:
            raise NotAPersonHere
        accounts.revoke_invitation(session, member.invitation_id)
    member.same_as_id = same_as_id
    _record(session, viewer, "member.linked" if same_as_id else "member.unlinked", member, same_as_id=same_as_id)
    session.flush()
    return member


def _locked(session: Session, viewer: Viewer, member_id: int) -> Membership:
    """One change of a study's members at a time, so that two leads cannot both be the last one to go."""
    check_leads(viewer)
    hold_study(session, viewer.study.id)
    member = one_member(session, viewer.study.id, member_id)
    session.refresh(member)
    return member


def _check_another_leads(session: Session, member: Membership) -> None:
    another = (
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.study_id == member.study_id,
            Membership.id != member.id,
            Membership.role == "lead",
            Membership.kind == "human",
            Membership.ended_at.is_(None),
            Person.deactivated_at.is_(None),
        )
    )
    if session.scalar(another.limit(1)) is None:
        raise LastLead


def _record(session: Session, viewer: Viewer, kind: str, member: Membership, **details: Any) -> None:
    told: dict[str, Any] = {name: value for name, value in details.items() if value not in (None, "")}
    record(session, viewer.study.id, viewer.member, kind, subject=("member", member.id), **told)
