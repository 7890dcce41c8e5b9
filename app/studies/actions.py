"""Making studies and bringing people into them."""

import re

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.accounts import actions as accounts
from app.accounts.models import Person
from app.methods.names import checked_name
from app.problems import Conflict, Invalid
from app.studies.events import record
from app.studies.models import ROLES, Membership, Study
from app.studies.queries import member_of_invitation
from app.studies.viewer import Viewer, check_leads

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_SLUG = 60
LONGEST_TITLE = 200
RESERVED = {"new"}


class SlugNotUsable(Invalid):
    """The short name is what stands in the address: small letters, digits and hyphens, at most 60 characters."""


class SlugTaken(Invalid):
    """Another study has this short name. Take another one."""


class NoTitle(Invalid):
    """A title is missing."""


class TitleTooLong(Invalid):
    """The title is longer than 200 characters. It stands on every page, so take a shorter form of it."""


class NoSuchRole(Invalid):
    """Choose one of lead, adjudicator, coder or reader."""


class NoMemberName(Invalid):
    """Say who is invited: the name stands beside their codes."""


class MemberNameTooLong(Invalid):
    """The name is longer than 120 characters. Take a shorter form of it."""


class AlreadyMember(Conflict):
    """You are a member of this study already."""


def create_study(
    session: Session, person: Person | None, *, slug: str, title: str, about: str = "", origin: str = "own"
) -> Viewer:
    """person becomes the lead; None (the sample study, the command line) makes a lead without a person behind it."""
    if not SLUG.fullmatch(slug) or len(slug) > LONGEST_SLUG or slug in RESERVED:
        raise SlugNotUsable
    title = checked_name(title, most=LONGEST_TITLE, missing=NoTitle, too_long=TitleTooLong)
    # Held until the study is there, so that a form sent twice at once finds the first one's.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('studies.slug:' || :slug))"), {"slug": slug})
    if session.scalar(select(Study.id).where(Study.slug == slug)):
        raise SlugTaken
    study = Study(
        slug=slug, title=title, about=about.strip(), origin=origin, created_by_id=person.id if person else None
    )
    session.add(study)
    session.flush()
    if person is not None:
        accounts.revoke_links(session, person, "password")  # made when this account opened one study less
    lead = Membership(
        study_id=study.id,
        person_id=person.id if person else None,
        kind="human",
        role="lead",
        name=person.name if person else "Lead",
    )
    session.add(lead)
    session.flush()
    record(session, study.id, lead, "study.created", subject=("study", study.id), title=study.title)
    return Viewer(person, study, lead)


def add_member(
    session: Session, viewer: Viewer, *, name: str, role: str, kind: str = "human", person: Person | None = None
) -> Membership:
    check_leads(viewer)
    if role not in ROLES:
        raise NoSuchRole
    name = checked_name(name, most=accounts.LONGEST_NAME, missing=NoMemberName, too_long=MemberNameTooLong)
    member = Membership(
        study_id=viewer.study.id, person_id=person.id if person else None, kind=kind, role=role, name=name
    )
    session.add(member)
    session.flush()
    record(session, viewer.study.id, viewer.member, "member.added", subject=("member", member.id), role=role)
    return member


def invite_member(session: Session, viewer: Viewer, *, name: str, role: str) -> tuple[Membership, str]:
    """Returns the member, who has no person yet, and the token of the one-time link."""
    member = add_member(session, viewer, name=name, role=role)
    invitation, token = accounts.make_member_invitation(session, viewer.person)
    member.invitation_id = invitation.id
    session.flush()
    return member, token


def join_study(session: Session, token: str, person: Person) -> Study:
    """Links the person to the member who was invited."""
    invitation = accounts.accept_invitation(session, token, person)
    found = member_of_invitation(session, invitation.id)
    if found is None:
        raise accounts.LinkUsed
    study, member = found
    if session.scalar(select(Membership.id).where(Membership.study_id == study.id, Membership.person_id == person.id)):
        raise AlreadyMember
    member.person_id = person.id
    member.name = person.name
    member.kind = "human"  # an imported rater who takes the link is a placeholder no longer
    record(session, study.id, member, "member.joined", subject=("member", member.id), role=member.role)
    return study
