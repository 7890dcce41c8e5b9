"""What is counted of a round is made once for all who look, until something of it changes."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy.orm import Session

from app.agreement import queries
from app.codebook.rows import newest_state
from app.db.shared import shared_by_sessions
from app.rounds.models import Round

Made = TypeVar("Made")
STATES = "states of rounds"


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
    state = _state(session, coding_round)
    shared = shared_by_sessions(session)
    if shared is None:
        return make()
    key = "figures", coding_round.study_id, coding_round.id, what
    kept: tuple[object, Made] | None = shared.find(key)
    if kept is not None and kept[0] == state:
        return kept[1]
    made = make()
    shared.keep(key, (state, made), weight=weight(made))
    return made


def _state(session: Session, coding_round: Round) -> object:
    """What all of it rests on. A page asks for much of a round: reading alone, it asks once how the round stands."""
    from app.coding.handed_in import handed_in  # numpy: not before there is something to count

    known: dict[tuple[int, int], object] = session.info.setdefault(STATES, {}) if _only_reads(session) else {}
    key = coding_round.study_id, coding_round.id
    if key not in known:
        work = handed_in(session, coding_round)
        planned = queries.planned(session, coding_round)
        known[key] = work.state, newest_state(session, coding_round.study_id), planned, repr(coding_round.plan)
    return known[key]


def _only_reads(session: Session) -> bool:
    return bool(session.get_bind().get_execution_options().get("postgresql_readonly"))
