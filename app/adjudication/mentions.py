"""Where a member is called by name in a comment. What it says needs an opening (promise 3)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.adjudication.blind import Somebody, names_in_rounds
from app.adjudication.models import Comment
from app.adjudication.ruling_models import CommentMention
from app.adjudication.talk import Piece, pieces_of
from app.codebook.queries import visible_codebook
from app.codebook.tree import DimensionEntry
from app.codebook.withholding import open_incidents
from app.coding.exposures import expose
from app.coding.models import Exposure
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer

MOST = 200  # newest ones, on the page


@dataclass(frozen=True)
class ShownMention:
    """pieces: blank until it is opened. is_still_coded: the member has its incident to code, so it is opened on the
    page of the disagreement and not with the others."""

    comment: Comment
    coding_round: Round
    incident: Incident
    dimension: DimensionEntry
    by: Somebody
    pieces: tuple[Piece, ...]
    is_open: bool
    is_still_coded: bool


def unread_mentions(session: Session, viewer: Viewer) -> int:
    return session.scalar(_mentions(viewer, select(func.count())).where(~_is_read(viewer))) or 0


def mentions(session: Session, viewer: Viewer) -> list[ShownMention]:
    """Newest first, of rounds that are open to others (promise 1)."""
    rows = session.execute(
        _mentions(viewer, select(Comment, Round, _is_read(viewer))).order_by(Comment.id.desc()).limit(MOST)
    ).all()
    incidents = incidents_by_id(session, viewer.study.id, {comment.incident_id for comment, _, _ in rows})
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    hidden = open_incidents(session, viewer.study.id, viewer.member.id) if rows else frozenset()
    names_of = names_in_rounds(session, viewer, (coding_round for _, coding_round, _ in rows))
    found = []
    for comment, coding_round, is_read in rows:
        dimension = codebook.dimension(comment.dimension_id or 0)
        if dimension is None:
            continue
        names = names_of(coding_round.id, comment.incident_id)
        found.append(
            ShownMention(
                comment=comment,
                coding_round=coding_round,
                incident=incidents[comment.incident_id],
                dimension=dimension,
                by=names.of(comment.member_id),
                pieces=pieces_of(comment.text, names) if is_read else (),
                is_open=is_read,
                is_still_coded=comment.incident_id in hidden,
            )
        )
    return found


def open_mentions(session: Session, viewer: Viewer) -> None:
    """All but those on incidents that the member still has to code."""
    closed = [each for each in mentions(session, viewer) if not each.is_open and not each.is_still_coded]
    shown = [(each.incident.id, "comment", each.comment.id) for each in closed]
    expose(session, viewer.study.id, viewer.member.id, shown)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "mentions.opened",
        subject=("study", viewer.study.id),
        comments=len(shown),
    )


def _mentions(viewer: Viewer, query: Any) -> Any:
    return (
        query.select_from(CommentMention)
        .join(Comment, (Comment.study_id == CommentMention.study_id) & (Comment.id == CommentMention.comment_id))
        .join(Round, (Round.study_id == Comment.study_id) & (Round.id == Comment.round_id))
        .where(
            CommentMention.study_id == viewer.study.id,
            CommentMention.member_id == viewer.member.id,
            Round.phase.in_(("settling", "closed")),
        )
    )


def _is_read(viewer: Viewer) -> ColumnElement[bool]:
    return (
        select(Exposure.id)
        .where(
            Exposure.study_id == viewer.study.id,
            Exposure.member_id == viewer.member.id,
            Exposure.kind == "comment",
            Exposure.subject_id == Comment.id,
        )
        .exists()
    )
