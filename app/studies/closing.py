"""A study that is closed: it is read and taken out, and nothing in it changes until a lead opens it again."""

from sqlalchemy.orm import Session

from app.db.base import now
from app.problems import Conflict, Invalid
from app.studies.events import record
from app.studies.models import Study
from app.studies.queries import hold_study, study_by_slug
from app.studies.viewer import Viewer, check_leads, check_open

LONGEST_REASON = 2000


class ReasonTooLong(Invalid):
    """This is longer than 2,000 characters. Keep to why."""


class ClosedAlready(Conflict):
    """The study was closed in the meantime."""


class OpenAlready(Conflict):
    """The study was opened again in the meantime."""


def close_study(session: Session, viewer: Viewer, reason: str, **left: int) -> None:
    """left: what was still to do, which the history keeps beside the reason."""
    study = _held(session, viewer, reason)
    if study.closed_at is not None:
        raise ClosedAlready
    study.closed_at = now()
    record(session, study.id, viewer.member, "study.closed", subject=("study", study.id), reason=reason.strip(), **left)
    session.flush()


def reopen_study(session: Session, viewer: Viewer, reason: str) -> None:
    study = _held(session, viewer, reason)
    if study.closed_at is None:
        raise OpenAlready
    study.closed_at = None
    record(session, study.id, viewer.member, "study.reopened", subject=("study", study.id), reason=reason.strip())
    session.flush()


def open_study_by_slug(session: Session, slug: str) -> Study:
    """For commands that change something. Raises StudyClosed."""
    study = study_by_slug(session, slug)
    check_open(study)
    return study


def _held(session: Session, viewer: Viewer, reason: str) -> Study:
    check_leads(viewer)
    if len(reason) > LONGEST_REASON:
        raise ReasonTooLong
    hold_study(session, viewer.study.id)
    return session.get_one(Study, viewer.study.id, populate_existing=True)
