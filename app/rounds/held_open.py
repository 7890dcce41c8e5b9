"""An act on what is open to others holds the round open until it is committed."""

from sqlalchemy.orm import Session

from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others


def hold_open(session: Session, coding_round: Round) -> None:
    """A reopening waits for the act, or goes before it, and then there is no such round (promise 1)."""
    session.refresh(coding_round, with_for_update={"read": True})
    if not is_open_to_others(coding_round):
        raise NotFound
