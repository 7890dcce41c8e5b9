"""How far each coder of a round is, for whoever may know it. No codes, and no figures about codes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.coding.queries import Effort, Progress, effort_by_coder, progress_by_coder
from app.rounds import policy, queries
from app.rounds.holdings import active_coder_ids
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class CoderLine:
    """place: in the round's order of coders, which gives them their colour. left_seconds: of what is open."""

    place: int
    member: Membership
    is_active: bool
    progress: Progress
    flagged: int
    median_seconds: float | None
    last_at: datetime | None

    @property
    def open(self) -> int:
        return self.progress.pending + self.progress.draft

    @property
    def left_seconds(self) -> float | None:
        return self.median_seconds * self.open if self.median_seconds is not None else None


@dataclass(frozen=True)
class RoundProgress:
    """lines: of all coders for who may know them, else one's own. whole None: not for this viewer."""

    coding_round: Round
    lines: list[CoderLine]
    whole: Progress | None
    knows_times: bool

    @property
    def is_moving(self) -> bool:
        return self.coding_round.phase == "running"

    @property
    def mark(self) -> str:
        """The same as long as nothing on the table changes."""
        told = [(line.member.id, line.member.name, line.is_active, line.progress, line.flagged) for line in self.lines]
        times = [(line.median_seconds, line.last_at) for line in self.lines]
        return hashlib.sha256(repr((self.coding_round.phase, told, times)).encode()).hexdigest()[:16]


def round_progress(session: Session, viewer: Viewer, coding_round: Round) -> RoundProgress:
    sees_all = viewer.leads or policy.is_open_to_others(coding_round)
    far, effort = progress_by_coder(session, coding_round), effort_by_coder(session, coding_round)
    active = set(active_coder_ids(session, coding_round))
    lines = [
        _line(place, member, member.id in active, far, effort)
        for place, member in enumerate(queries.coders(session, coding_round))
        if sees_all or member.id == viewer.member.id
    ]
    return RoundProgress(coding_round, lines, _whole(far) if sees_all else None, knows_times=viewer.leads)


def _line(
    place: int, member: Membership, is_active: bool, far: dict[int, Progress], effort: dict[int, Effort]
) -> CoderLine:
    found = effort.get(member.id, Effort(0, None, None))
    progress = far.get(member.id, Progress())
    return CoderLine(place, member, is_active, progress, found.flagged, found.median_seconds, found.last_at)


def _whole(far: dict[int, Progress]) -> Progress:
    names = ("pending", "draft", "submitted", "skipped")
    return Progress(**{name: sum(getattr(each, name) for each in far.values()) for name in names})
