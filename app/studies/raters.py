"""Raters of a file as members: placeholders, who may later be linked to a person, and models."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.studies.actions import add_member
from app.studies.models import Membership
from app.studies.viewer import Viewer


def rater_members(
    session: Session, viewer: Viewer, names: Sequence[str], models: Collection[str]
) -> tuple[dict[str, Membership], int]:
    """(member by name, how many were made). A rater of an earlier file is the same member."""
    here: dict[tuple[str, str], Membership] = {}
    for member in session.scalars(
        select(Membership)
        .where(Membership.study_id == viewer.study.id, Membership.kind.in_(("placeholder", "model")))
        .order_by(Membership.id.desc())
    ):
        here[member.kind, member.name] = member
    found: dict[str, Membership] = {}
    made = 0
    for name in names:
        kind = "model" if name in models else "placeholder"
        known = here.get((kind, name))
        role = "reader" if kind == "model" else "coder"
        found[name] = known or add_member(session, viewer, name=name, role=role, kind=kind)
        made += known is None
    return found, made
