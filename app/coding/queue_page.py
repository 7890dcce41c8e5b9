"""The coder's own rounds and the queue of one of them."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.desk_page import assignment_url, plan_words
from app.coding.models import Flag
from app.coding.queries import OwnRound, QueuedAssignment, own_queue, own_rounds
from app.rounds.models import WITHDRAWN
from app.rounds.queries import frozen_version
from app.studies.viewer import Viewer

A_PAGE = 50
SHOWN = {
    "": "All",
    "pending": "Pending",
    "draft": "Draft",
    "submitted": "Submitted",
    "skipped": "Skipped",
    "withdrawn": "Withdrawn",
}
FLAGGED = "flagged"


@dataclass(frozen=True)
class Filter:
    name: str
    words: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class QueuePage:
    """chosen: the round whose queue is shown; None when nothing was ever assigned."""

    viewer: Viewer
    rounds: list[OwnRound]
    words: dict[int, str]  # by round id
    chosen: OwnRound | None
    filters: list[Filter]
    lines: list[QueuedAssignment]
    flagged: set[int]
    show: str
    at: int
    pages: int

    @property
    def running(self) -> list[OwnRound]:
        return [own for own in self.rounds if own.coding_round.phase == "running"]

    @property
    def earlier(self) -> list[OwnRound]:
        return [own for own in self.rounds if own.coding_round.phase != "running"]

    @property
    def url(self) -> str:
        return f"/studies/{self.viewer.study.slug}/coding"

    def desk_url(self, assignment_id: int) -> str:
        return assignment_url(self.viewer, assignment_id)

    def link(self, own: OwnRound, show: str = "") -> str:
        return f"{self.url}?round={own.coding_round.number}" + (f"&show={show}" if show else "") + "#queue"


def queue_page(session: Session, viewer: Viewer, *, number: int, show: str, at: int) -> QueuePage:
    """number 0: the newest round that runs, else the newest."""
    rounds = own_rounds(session, viewer)
    running_first = sorted(rounds, key=lambda own: own.coding_round.phase != "running")
    asked = [own for own in rounds if own.coding_round.number == number]
    chosen = next(iter(asked or running_first), None)
    whole = own_queue(session, viewer, chosen.coding_round) if chosen else []
    flagged = _flagged(session, viewer, [line.assignment_id for line in whole])
    lines = [line for line in whole if _is_shown(line, show, flagged)]
    pages = max(1, -(-len(lines) // A_PAGE))
    at = min(max(at, 1), pages)
    return QueuePage(
        viewer=viewer,
        rounds=rounds,
        words={own.coding_round.id: _words(session, own) for own in rounds},
        chosen=chosen,
        filters=_filters(whole, show, flagged),
        lines=lines[(at - 1) * A_PAGE : at * A_PAGE],
        flagged=flagged,
        show=show,
        at=at,
        pages=pages,
    )


def _words(session: Session, own: OwnRound) -> str:
    version = frozen_version(session, own.coding_round)
    return plan_words(own.coding_round, version.name if version else "")


def _is_shown(line: QueuedAssignment, show: str, flagged: set[int]) -> bool:
    if show == FLAGGED:
        return line.assignment_id in flagged
    return show not in SHOWN or show in ("", line.state)


def _filters(whole: list[QueuedAssignment], show: str, flagged: set[int]) -> list[Filter]:
    known = {**SHOWN, FLAGGED: "Flagged"}
    chosen = show if show in known else ""
    return [
        Filter(name, words, sum(_is_shown(line, name, flagged) for line in whole), name == chosen)
        for name, words in known.items()
        if name != WITHDRAWN or any(line.state == WITHDRAWN for line in whole)
    ]


def _flagged(session: Session, viewer: Viewer, assignment_ids: list[int]) -> set[int]:
    return set(
        session.scalars(
            select(Flag.assignment_id).where(
                Flag.study_id == viewer.study.id, Flag.assignment_id.in_(assignment_ids), Flag.ended_at.is_(None)
            )
        )
    )
