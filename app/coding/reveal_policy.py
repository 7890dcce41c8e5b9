"""When coders may compare an incident while its round still runs. Pure; promise 1 stands on it, and ADR 24 says why."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.rounds.models import WITHDRAWN, Round
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Share:
    """One assignment on the incident. has_submitted: at least once; a skip is no submission, and what was taken back
    to draft since was one."""

    member_id: int
    pass_: int
    ending: str | None
    has_submitted: bool


def may_compare(coding_round: Round, viewer: Viewer, shares: Sequence[Share]) -> bool:
    """Whether the viewer may open what the coders of one incident submitted first. shares: all on that incident.

    1. The round runs, calibrates, was planned to open each incident, and shares new codes by name.
    2. The viewer codes the incident in it, as a first pass. Who looks on, leads without coding, or left the round,
       waits for the end of the coding.
    3. Each coder who has the incident as a first pass has submitted it, and they are two or more. Whoever takes it over
       later closes it again until they have submitted, too.
    """
    planned_so = coding_round.opens_each_incident and coding_round.purpose == "calibration"
    if coding_round.phase != "running" or not planned_so or coding_round.code_sharing != "shared":
        return False
    firsts = [share for share in shares if share.pass_ == 1 and share.ending != WITHDRAWN]
    codes_it = any(share.member_id == viewer.member.id and share.ending is None for share in firsts)
    return viewer.may_code and codes_it and len(firsts) > 1 and all(share.has_submitted for share in firsts)
