"""Studies and their members."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import LinkUsed
from app.accounts.models import Invitation, Person
from app.accounts.queries import open_invitation
from app.db.base import now
from app.problems import NotFound
from app.studies.models import Membership, Study


def studies_of(session: Session, person: Person) -> Sequence[tuple[Study, Membership]]:
    """The studies somebody is a member of, newest first."""
    rows = session.execute(
        select(Study, Membership)
        .join(Membership, Membership.study_id == Study.id)
        .where(Membership.person_id == person.id, Membership.ended_at.is_(None))
        .order_by(Study.created_at.desc(), Study.id.desc())
    )
    return [(study, member) for study, member in rows]


def study_by_slug(session: Session, slug: str) -> Study:
    """For the command line, which acts for the operator; pages come through a viewer."""
    study = session.scalar(select(Study).where(Study.slug == slug))
    if study is None:
        raise NotFound(f"There is no study “{slug}”.")
    return study


def hold_study(session: Session, study_id: int) -> None:
    """Until the transaction ends nobody else holds it: acts that must not pass each other come one after the other."""
    session.execute(select(Study.id).where(Study.id == study_id).with_for_update(key_share=True))


def members(session: Session, study_id: int) -> Sequence[Membership]:
    return session.scalars(select(Membership).where(Membership.study_id == study_id).order_by(Membership.id)).all()


def one_member(session: Session, study_id: int, member_id: int) -> Membership:
    found = session.scalar(select(Membership).where(Membership.study_id == study_id, Membership.id == member_id))
    if found is None:
        raise NotFound
    return found


def invitation_of(session: Session, member: Membership) -> Invitation | None:
    return session.get(Invitation, member.invitation_id) if member.invitation_id is not None else None


def members_by_id(session: Session, study_id: int) -> dict[int, Membership]:
    return {member.id: member for member in members(session, study_id)}


def people_who_code(session: Session, study_id: int) -> list[Membership]:
    return [
        member
        for member in members(session, study_id)
        if member.kind == "human" and member.ended_at is None and member.role != "reader"
    ]


def joined(session: Session, study_id: int) -> list[Membership]:
    """The members with a person behind them, those who left too: an imported rater may be one of them."""
    return [member for member in members(session, study_id) if member.person_id is not None]


def memberships_by_person(session: Session) -> dict[int, list[tuple[str, str]]]:
    """Person -> (short name of the study, role) of their open memberships."""
    found: dict[int, list[tuple[str, str]]] = {}
    rows = session.execute(
        select(Membership.person_id, Study.slug, Membership.role)
        .join(Study, Study.id == Membership.study_id)
        .where(Membership.person_id.is_not(None), Membership.ended_at.is_(None))
        .order_by(Study.slug)
    )
    for person_id, slug, role in rows:
        assert person_id is not None
        found.setdefault(person_id, []).append((slug, role))
    return found


def own_study_ids(session: Session, person_id: int) -> set[int]:
    """The studies that somebody is a member of."""
    seats = (Membership.person_id == person_id, Membership.ended_at.is_(None))
    return set(session.scalars(select(Membership.study_id).where(*seats)))


def led_studies(session: Session, person_id: int) -> set[int]:
    """The studies that somebody leads."""
    leads = (Membership.person_id == person_id, Membership.role == "lead", Membership.ended_at.is_(None))
    return set(session.scalars(select(Membership.study_id).where(*leads)))


def leading_member(session: Session, study_id: int) -> Membership:
    """The first lead, in whose name the command line acts."""
    for member in members(session, study_id):
        if member.role == "lead" and member.ended_at is None:
            return member
    raise NotFound("Nobody leads this study. Give it a lead first.")


def member_of_invitation(session: Session, invitation_id: int) -> tuple[Study, Membership] | None:
    row = session.execute(
        select(Study, Membership)
        .join(Membership, Membership.study_id == Study.id)
        .where(Membership.invitation_id == invitation_id)
    ).first()
    return (row[0], row[1]) if row else None


def open_member_invitation(session: Session, token: str) -> tuple[Study, Membership]:
    """What a link that was not used yet leads to."""
    invitation = open_invitation(session, token, "member", now())
    found = member_of_invitation(session, invitation.id) if invitation else None
    if found is None:
        raise LinkUsed
    return found
