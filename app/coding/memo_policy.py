"""Who may see a memo, and when. Pure; promises 1 and 3 stand on it, and ADR 21 says why it is as it is."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.coding.models import Memo
from app.problems import NotAllowed
from app.studies.viewer import Viewer

ON_INCIDENTS = ("incident", "quote")


class ReadersDoNotWrite(NotAllowed):
    """Readers look on and do not write memos. Ask the lead for the role of a coder."""


class Sight(StrEnum):
    """closed: may be opened, by a POST that records the exposure first. hidden: not told of at all."""

    OWN = "own"
    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class RunningRound:
    """started_at: when it left *planned*, however often it was reopened since."""

    round_id: int
    started_at: datetime
    coder_ids: Set[int]
    incident_ids: Set[int]


def sight_of(
    memo: Memo,
    member_id: int,
    *,
    round_id: int | None,
    running: Sequence[RunningRound],
    exposed: Set[int],
    knows_code: bool = True,
) -> Sight:
    """What one member may see of one memo; every path asks here.

    round_id: of the assignment at which it was written, if any. exposed: memos whose showing to this member is on
    record. knows_code: False where it is about a code that this member may not see.

    1. One's own is one's own; a private one is nobody else's, the lead's neither. One written at an assignment is
       nobody else's while the round of that assignment runs, also when its author was taken out of the round.
    2. On an incident or a quote: hidden while any round runs that holds the incident, counts the author among its
       coders, and had started when the memo was last changed, since it may then tell how they code. Afterwards it is
       closed: whoever reads it may be asked to code the incident, today or in a later round, so each opening is
       recorded as an exposure.
    3. On a code or the study there is no incident to record an exposure for. So it is hidden while a round runs in
       which the author codes (it may tell how) or the reader does (it may steer), if that round had started when the
       memo was last changed. What was written before is guidance that all coders began with, and stays open.
    """
    if memo.member_id == member_id:
        return Sight.OWN
    if memo.sharing != "shared" or not knows_code or round_id in {each.round_id for each in running}:
        return Sight.HIDDEN
    during = [each for each in running if each.started_at <= memo.changed_at]
    if memo.subject_kind in ON_INCIDENTS:
        if any(memo.incident_id in each.incident_ids and memo.member_id in each.coder_ids for each in during):
            return Sight.HIDDEN
        return Sight.OPEN if memo.id in exposed else Sight.CLOSED
    if any({memo.member_id, member_id} & each.coder_ids for each in during):
        return Sight.HIDDEN
    return Sight.OPEN


def check_may_write(viewer: Viewer) -> None:
    if not viewer.may_code:
        raise ReadersDoNotWrite
