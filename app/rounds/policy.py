"""The phases of a round, and what they hide. A pure table; promise 1 stands on it."""

from datetime import timedelta

from app.db.base import now
from app.problems import Conflict
from app.rounds.models import IMPORTED, Round, RoundLook

LOOK_LASTS = timedelta(minutes=15)

# What a lead may do next. Reopening goes back one phase and takes a reason.
STEPS: dict[str, tuple[str, ...]] = {
    "planned": ("running",),
    "running": ("settling",),
    "settling": ("closed", "running"),
    "closed": ("settling",),
}


class PhaseNotPossible(Conflict):
    """The round is in another phase by now. Reload to see what can be done next."""


class ReopeningNeedsReason(Conflict):
    """Reopening a round is written into the study's history. Say why."""


class NothingToCode(Conflict):
    """These ratings came in a file, so there is nothing to code in this round."""


class RoundNotRunning(Conflict):
    """This round is not running, so nothing can be coded in it. Ask the lead to open it."""


class CodingHasEnded(Conflict):
    """The coding of this round has ended, so its coders and incidents stay as they are. Go back to coding first."""


class StillBlind(Conflict):
    """This round is still running. Its codes and figures open when the lead ends the coding."""


def is_reopening(before: str, after: str) -> bool:
    return (before, after) in (("settling", "running"), ("closed", "settling"))


def check_may_step(coding_round: Round, phase: str, reason: str) -> None:
    if phase not in STEPS[coding_round.phase]:
        raise PhaseNotPossible
    if phase == "running" and coding_round.purpose == IMPORTED:
        raise NothingToCode
    if is_reopening(coding_round.phase, phase) and not reason.strip():
        raise ReopeningNeedsReason


def check_runs(coding_round: Round) -> None:
    if coding_round.phase != "running":
        raise RoundNotRunning


def may_change(coding_round: Round) -> bool:
    """Whether coders and incidents may still be added, removed or moved."""
    return coding_round.phase in ("planned", "running") and coding_round.purpose != IMPORTED


def check_may_change(coding_round: Round) -> None:
    if not may_change(coding_round):
        raise CodingHasEnded


def is_open_to_others(coding_round: Round) -> bool:
    """Whether what coders did may be shown to others than its author."""
    return coding_round.phase in ("settling", "closed")


def is_covered(coding_round: Round, look: RoundLook) -> bool:
    """Whether a recorded look of a lead still shows them figures of this round, which runs."""
    is_fresh = look.at is not None and now() - look.at < LOOK_LASTS
    is_allowed = coding_round.looks_allowed_at is not None and coding_round.phase == "running"
    return is_allowed and is_fresh and (look.study_id, look.round_id) == (coding_round.study_id, coding_round.id)


def check_open_to_others(coding_round: Round, look: RoundLook | None = None) -> None:
    """look: of the lead who is shown it."""
    if not is_open_to_others(coding_round) and not (look and is_covered(coding_round, look)):
        raise StillBlind
