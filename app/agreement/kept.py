"""What is counted of a round is made once for all who look, until something of it changes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy.orm import Session

from app.agreement import queries
from app.codebook.rows import newest_state
from app.db.shared import shared_by_sessions
from app.rounds.models import Round

Made = TypeVar("Made")


def made_once(
    session: Session,
    coding_round: Round,
    what: Hashable,
    make: Callable[[], Made],
    *,
    weight: Callable[[Made], int] = lambda made: 1,
) -> Made:
    """what: names it among all that is kept of the round, with the lens it is looked at through. weight: in megabytes.

    Raises StillBlind while the round runs (promise 1).
    """
    from app.coding.handed_in import handed_in  # numpy: not before there is something to count

    work = handed_in(session, coding_round)
    shared = shared_by_sessions(session)
    if shared is None:
        return make()
    planned = queries.planned(session, coding_round)
    state = work.state, newest_state(session, coding_round.study_id), planned, repr(coding_round.plan)
    key = "figures", coding_round.study_id, coding_round.id, what
    kept: tuple[object, Made] | None = shared.find(key)
    if kept is not None and kept[0] == state:
        return kept[1]
    made = make()
    shared.keep(key, (state, made), weight=weight(made))
    return made
