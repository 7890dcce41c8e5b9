"""What is still to do in a study that its lead is about to close."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.adjudication import queries as adjudication
from app.curation.stale import unreviewed
from app.problems import Conflict, Invalid
from app.rounds.models import Round
from app.rounds.queries import rounds_of
from app.studies import closing
from app.studies.viewer import Viewer


class StillCoding(Conflict):
    """A round still runs. End its coding first, so that nobody loses what they are at."""


class WhyNow(Invalid):
    """Say why it is closed with this left to do. It goes into the history of the study."""


@dataclass(frozen=True)
class LeftToDo:
    """running: rounds whose coding has not ended. settling: rounds that are not closed, each with its disagreements
    that wait for a ruling. unreviewed: incidents that a change of the codebook made stale."""

    running: tuple[Round, ...]
    planned: tuple[Round, ...]
    settling: tuple[tuple[Round, int], ...]
    unreviewed: int

    @property
    def is_something(self) -> bool:
        return bool(self.planned or self.settling or self.unreviewed)


def left_to_do(session: Session, viewer: Viewer) -> LeftToDo:
    rounds = list(reversed(rounds_of(session, viewer.study.id)))
    return LeftToDo(
        running=tuple(each for each in rounds if each.phase == "running"),
        planned=tuple(each for each in rounds if each.phase == "planned"),
        settling=tuple(
            (each, len(adjudication.queue(session, each).open)) for each in rounds if each.phase == "settling"
        ),
        unreviewed=unreviewed(session, viewer),
    )


def close_study(session: Session, viewer: Viewer, reason: str) -> None:
    """What is left is counted in the history. Raises StillCoding; and WhyNow where something is left and no reason."""
    left = left_to_do(session, viewer)
    if left.running:
        raise StillCoding
    if left.is_something and not reason.strip():
        raise WhyNow
    told = {"rounds_open": len(left.planned) + len(left.settling), "unreviewed": left.unreviewed}
    closing.close_study(session, viewer, reason, **told)
