"""A queue as one member may narrow it: by what they have opened, and by coders who do not stand unnamed."""

from sqlalchemy.orm import Session

from app.adjudication.blind import unnamed
from app.adjudication.narrowing import Narrowed, Narrowing, narrowed
from app.adjudication.openings import opened_keys
from app.adjudication.queue_list import Queue
from app.rounds.models import Round
from app.studies.viewer import Viewer


def narrowed_for(
    session: Session, viewer: Viewer, coding_round: Round, queue: Queue, narrowing: Narrowing | None = None
) -> Narrowed:
    """Of a list that is not narrowed by coders or codes nothing is asked that only these need."""
    narrowing = narrowing or Narrowing()
    if not (narrowing.codes or narrowing.coders):
        return narrowed(queue, narrowing)
    opened = opened_keys(session, viewer, queue)
    return narrowed(queue, narrowing, opened, unnamed(session, viewer, coding_round, queue))
