"""Rounds at a glance, as somebody may see them: how far all are, or only how far they are themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.coding.queries import Progress, progress
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import coders, frozen_version, rounds_of
from app.studies.models import Membership
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class RoundLine:
    """progress: of all coders together where the viewer may know it, else their own. None: neither."""

    coding_round: Round
    progress: Progress | None
    is_own: bool
    coders: Sequence[Membership]
    version: str


def round_lines(session: Session, viewer: Viewer) -> list[RoundLine]:
    """Newest first."""
    rounds = rounds_of(session, viewer.study.id)
    return [_round_line(session, viewer, found) for found in rounds if may_see(viewer, found)]


def may_see(viewer: Viewer, coding_round: Round) -> bool:
    """A planned round is the lead's own business."""
    return viewer.leads or coding_round.phase != "planned"


def _round_line(session: Session, viewer: Viewer, found: Round) -> RoundLine:
    sees_all = viewer.leads or is_open_to_others(found)
    far = progress(session, found, None if sees_all else viewer.member.id)
    version = frozen_version(session, found)
    return RoundLine(
        coding_round=found,
        progress=far if far.total else None,
        is_own=not sees_all,
        coders=coders(session, found),
        version=version.name if version else "",
    )
