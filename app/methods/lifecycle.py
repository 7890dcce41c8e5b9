"""Durations between the stages of an incident; a stage without a time gives none."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import combinations


class Stage(StrEnum):
    """In the order in which they should happen."""

    STARTED = "started"
    DETECTED = "detected"
    TRIAGED = "triaged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class MeasuredFrom(StrEnum):
    """Where a duration begins: when the incident began, or at the stage before."""

    START = "start"
    STAGE_BEFORE = "stage_before"


@dataclass(frozen=True)
class StageTimes:
    """All with a zone; None is "not known". Raises ValueError for a time without a zone."""

    started_at: datetime | None = None
    detected_at: datetime | None = None
    triaged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None

    def __post_init__(self) -> None:
        for stage in Stage:
            at = self.at(stage)
            if at is not None and at.utcoffset() is None:
                raise ValueError(f"{stage}_at has no zone")

    def at(self, stage: Stage) -> datetime | None:
        value: datetime | None = getattr(self, f"{stage}_at")
        return value


@dataclass(frozen=True)
class Duration:
    """seconds, 0 or more; or None and the reason why."""

    seconds: float | None
    reason: str | None = None


@dataclass(frozen=True)
class Durations:
    """Time to detect, to triage, to mitigate, to resolve."""

    ttd: Duration
    ttt: Duration
    ttm: Duration
    ttr: Duration


def durations(times: StageTimes, measured_from: MeasuredFrom = MeasuredFrom.START) -> Durations:
    """Each from the start of the impact, or each from the stage right before it.

    A missing stage is never stepped over or filled in, and a stage before the one it is measured from has no duration.
    """
    stages = list(Stage)
    found = []
    for place, stage in enumerate(stages[1:], start=1):
        origin = Stage.STARTED if measured_from is MeasuredFrom.START else stages[place - 1]
        found.append(_between(times, origin, stage))
    return Durations(*found)


def _between(times: StageTimes, origin: Stage, stage: Stage) -> Duration:
    start, end = times.at(origin), times.at(stage)
    missing = [str(one) for one, at in ((origin, start), (stage, end)) if at is None]
    if start is None or end is None:
        return Duration(None, f"no time for {' and '.join(missing)}")
    seconds = (end - start).total_seconds()
    if seconds < 0:
        return Duration(None, f"{stage} before {origin}")
    return Duration(seconds)


def stages_out_of_order(times: StageTimes) -> list[tuple[Stage, Stage]]:
    """(later stage, earlier stage) for every pair whose times run the wrong way; equal times are in order."""
    known = [(stage, at) for stage in Stage if (at := times.at(stage)) is not None]
    return [(late, early) for (early, first), (late, second) in combinations(known, 2) if second < first]
