"""The coder's own rounds and the queue of one of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.comparing import comparable_assignments, uncompared_assignments
from app.coding.desk_page import assignment_url, plan_words
from app.coding.models import Flag, Submission
from app.coding.queries import OwnRound, QueuedAssignment, own_queue, own_rounds
from app.problems import Invalid
from app.rounds.models import WITHDRAWN, Assignment, Round
from app.rounds.queries import frozen_version
from app.studies.viewer import Viewer
from app.web.forms import whole_number
from app.web.paging import page_at

A_PAGE = 50
SHOWN = {
    "": "All",
    "pending": "Pending",
    "draft": "Draft",
    "submitted": "Submitted",
    "skipped": "Skipped",
    "withdrawn": "Withdrawn",
}
FLAGGED, COMPARABLE = "flagged", "comparable"


Marked = Mapping[str, Collection[int]]  # filter -> assignment ids, of what is no state


class NotInQueue(Invalid):
    """No incident of your queue in this round has that number. Type it as it stands in the first column."""


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
    flags: dict[int, str]  # assignment id -> the note, of those on this page
    skip_reasons: dict[int, str]
    comparable: Collection[int]  # assignment ids, where colleagues' answers may be opened
    uncompared: Collection[int]  # of these: not opened yet
    seconds: int  # of work in this round
    show: str
    at: int
    pages: int
    sought: str
    problem: str  # of what was sought

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


def queue_page(
    session: Session, viewer: Viewer, *, number: int, show: str, at: int, sought: str = "", problem: str = ""
) -> QueuePage:
    """number 0: the newest round that runs, else the newest."""
    rounds = own_rounds(session, viewer)
    running_first = sorted(rounds, key=lambda own: own.coding_round.phase != "running")
    asked = [own for own in rounds if own.coding_round.number == number]
    chosen = next(iter(asked or running_first), None)
    queued = own_queue(session, viewer, chosen.coding_round) if chosen else []
    whole = [line for line in queued if line.is_listed]
    flags = _flags(session, viewer, chosen.coding_round) if chosen else {}
    comparable = comparable_assignments(session, viewer, chosen.coding_round) if chosen else []
    uncompared = uncompared_assignments(session, viewer, chosen.coding_round, comparable) if chosen else []
    marked: Marked = {FLAGGED: flags, COMPARABLE: set(uncompared)}
    lines = [line for line in whole if _is_shown(line, show, marked)]
    at, pages = page_at(at, len(lines), A_PAGE)
    lines = lines[(at - 1) * A_PAGE : at * A_PAGE]
    return QueuePage(
        viewer=viewer,
        rounds=rounds,
        words={own.coding_round.id: _words(session, own) for own in rounds},
        chosen=chosen,
        filters=_filters(whole, show, marked),
        lines=lines,
        flags=flags,
        skip_reasons=_skip_reasons(session, viewer, lines),
        comparable=set(comparable),
        uncompared=marked[COMPARABLE],
        seconds=sum(line.active_seconds for line in queued),
        show=show,
        at=at,
        pages=pages,
        sought=sought,
        problem=problem,
    )


def sought_assignment(session: Session, viewer: Viewer, number: int, sought: str) -> int:
    """By what the queue calls the incident, else by its place in the list. Raises NotInQueue."""
    rounds = own_rounds(session, viewer)
    found = next((own for own in rounds if own.coding_round.number == number), None)
    queued = own_queue(session, viewer, found.coding_round) if found else []
    lines = [line for line in queued if line.is_listed]
    wanted = sought.strip().casefold()
    named = [line for line in lines if line.incident_label.casefold() in (wanted, f"#{wanted}")]
    if named:
        return next((line for line in named if not line.is_done), named[0]).assignment_id
    place = whole_number(wanted) or 0
    if not 0 < place <= len(lines):
        raise NotInQueue
    return lines[place - 1].assignment_id


def _words(session: Session, own: OwnRound) -> str:
    version = frozen_version(session, own.coding_round)
    return plan_words(own.coding_round, version.name if version else "")


def _is_shown(line: QueuedAssignment, show: str, marked: Marked) -> bool:
    if show in marked:
        return line.assignment_id in marked[show]
    return show not in SHOWN or show in ("", line.state)


def _filters(whole: list[QueuedAssignment], show: str, marked: Marked) -> list[Filter]:
    known = {**SHOWN, FLAGGED: "Flagged", COMPARABLE: "To compare"}
    chosen = show if show in known else ""
    counted = [
        Filter(name, words, sum(_is_shown(line, name, marked) for line in whole), name == chosen)
        for name, words in known.items()
    ]
    return [one for one in counted if one.count or one.name not in (WITHDRAWN, COMPARABLE)]


def _flags(session: Session, viewer: Viewer, coding_round: Round) -> dict[int, str]:
    """Assignment id -> the note that stands on it."""
    own = (
        Assignment.study_id == viewer.study.id,
        Assignment.round_id == coding_round.id,
        Assignment.member_id == viewer.member.id,
    )
    flags = (
        select(Flag.assignment_id, Flag.note)
        .join(Assignment, (Assignment.study_id == Flag.study_id) & (Assignment.id == Flag.assignment_id))
        .where(*own, Flag.ended_at.is_(None))
    )
    return dict(session.execute(flags).all())


def _skip_reasons(session: Session, viewer: Viewer, lines: list[QueuedAssignment]) -> dict[int, str]:
    """Of those that are skipped now: why."""
    skipped = [line.assignment_id for line in lines if line.state == "skipped"]
    newest_last = (
        select(Submission.assignment_id, Submission.skip_reason)
        .where(Submission.study_id == viewer.study.id, Submission.assignment_id.in_(skipped))
        .where(Submission.kind == "skipped")
        .order_by(Submission.ordinal)
    )
    return {assignment_id: reason or "" for assignment_id, reason in session.execute(newest_last)} if skipped else {}
