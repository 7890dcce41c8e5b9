"""The rows that a change of a planned or running round touches. What is pending is known a floor above, in coding."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.methods.reallocation import continued, mixed
from app.problems import Conflict
from app.rounds import policy, queries
from app.rounds.holdings import Holdings
from app.rounds.models import KEPT, WITHDRAWN, Assignment, Round, RoundCoder, RoundIncident
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads


class CodesAlready(Conflict):
    """This member codes in the round already."""


class TooFewCodersForPlan(Conflict):
    """The plan wants more coders on an incident than code in this round now. Add a coder first."""


def round_to_change(session: Session, viewer: Viewer, number: int) -> Round:
    """Held until the transaction ends: acts of coding wait, and changes come one after the other."""
    check_leads(viewer)
    coding_round = queries.round_by_number(session, viewer.study.id, number)
    session.refresh(coding_round, with_for_update=True)
    policy.check_may_change(coding_round)
    return coding_round


def let_code(session: Session, coding_round: Round, member_id: int) -> None:
    """A new coder, or one who left the round: what they handed in is theirs to take back again."""
    of_round = {"study_id": coding_round.study_id, "round_id": coding_round.id, "member_id": member_id}
    row = session.scalar(select(RoundCoder).filter_by(**of_round))
    if row is None:
        session.add(RoundCoder(**of_round))
    elif row.ended_at is None:
        raise CodesAlready
    else:
        row.ended_at = None
        for kept in session.scalars(select(Assignment).filter_by(**of_round, ending=KEPT)):
            kept.ended_at, kept.ending = None, None
    session.flush()


def let_go(
    session: Session, coding_round: Round, member_id: int, handed_in: Iterable[Assignment], at: datetime
) -> None:
    """handed_in: stays and counts, but takes no further acts."""
    of_round = {"study_id": coding_round.study_id, "round_id": coding_round.id, "member_id": member_id}
    session.scalars(select(RoundCoder).filter_by(**of_round)).one().ended_at = at
    for row in handed_in:
        row.ended_at, row.ending = at, KEPT
    session.flush()


def withdraw(session: Session, found: Holdings, rows: Collection[Assignment], at: datetime) -> None:
    """They count no more. How many coders their incidents are to have stays as it was."""
    for row in rows:
        incident = found.incidents[row.incident_id]
        if incident.coders_wanted is None:
            incident.coders_wanted = found.wanted[row.incident_id]
        row.ended_at, row.ending = at, WITHDRAWN
    session.flush()


def give(session: Session, found: Holdings, taken: Mapping[int, Sequence[int]], arms: Mapping[int, str]) -> int:
    """taken: incident -> who takes it, at the end of their queue. Who had it once gets it back as they left it.

    found: as it was before; its rows must be those of this session. arms: of incidents that are new to the round.
    Returns how many assignments that were.
    """
    coding_round = found.coding_round
    once = {(row.incident_id, row.member_id): row for row in found.rows if row.pass_ == 1 and row.ending == WITHDRAWN}
    last = Counter[int]()
    for row in found.rows:
        last[row.member_id] = max(last[row.member_id], row.order)
    queues: dict[int, list[int]] = {}
    for incident_id, member_ids in taken.items():
        for member_id in member_ids:
            queues.setdefault(member_id, []).append(incident_id)
    for member_id, incident_ids in sorted(queues.items()):
        order = mixed(incident_ids, coding_round.seed, f"order of {member_id}, {found.stream}")
        for place, incident_id in enumerate(order, start=last[member_id] + 1):
            former = once.get((incident_id, member_id))
            if former is not None:
                former.ended_at, former.ending, former.order = None, None, place
                continue
            session.add(
                Assignment(
                    study_id=coding_round.study_id,
                    round_id=coding_round.id,
                    incident_id=incident_id,
                    member_id=member_id,
                    arm=arms[incident_id],
                    order=place,
                    sampling_probability=found.incidents[incident_id].sampling_probability,
                )
            )
    session.flush()
    return sum(len(member_ids) for member_ids in taken.values())


def add_incident_rows(
    session: Session, found: Holdings, incident_ids: Collection[int], *, by_hand: bool, at: datetime
) -> dict[int, str]:
    """incident -> its arm. As many coders and as often blind as the plan has it, whatever number is added at a time.

    by_hand: nobody's chance to be chosen can be told; else every incident that fits a filter is taken, for certain.
    """
    coding_round = found.coding_round
    order = mixed(incident_ids, coding_round.seed, f"incidents, {found.stream}")
    overlaps = continued(Counter(_of_plan(found).values()), Counter(found.wanted.values()), len(order))
    if max(overlaps, default=0) > len(found.coder_ids):
        raise TooFewCodersForPlan(
            f"The plan wants {max(overlaps)} coders on an incident, and {len(found.coder_ids)} code in this round now. "
            "Add a coder first."
        )
    wanted = dict(zip(order, overlaps, strict=True))
    arms = _arms(found, wanted)
    for incident_id in sorted(wanted):
        row = RoundIncident(
            study_id=coding_round.study_id,
            round_id=coding_round.id,
            incident_id=incident_id,
            sampling_probability=None if by_hand else 1.0,
            coders_wanted=wanted[incident_id],
            added_at=at,
        )
        session.add(row)
        found.incidents[incident_id] = row
    session.flush()
    return arms


def tell(session: Session, viewer: Viewer, coding_round: Round, kind: str, **details: Any) -> None:
    record(
        session, coding_round.study_id, viewer.member, f"round.{kind}", subject=("round", coding_round.id), **details
    )


def _of_plan(found: Holdings) -> dict[int, int]:
    """incident -> how many coders it wants, of those that were there from the beginning."""
    return {one: found.wanted[one] for one, row in found.incidents.items() if row.added_at is None}


def _arms(found: Holdings, wanted: Mapping[int, int]) -> dict[int, str]:
    """Doubly coded incidents and single ones each keep the plan's share of every arm."""
    arms: dict[int, str] = {}
    plan = _of_plan(found)
    for is_double in (True, False):
        new = [one for one, coders in wanted.items() if (coders >= 2) == is_double]
        planned = Counter(_arm(found, one) for one, coders in plan.items() if (coders >= 2) == is_double)
        there = Counter(_arm(found, one) for one, coders in found.wanted.items() if (coders >= 2) == is_double)
        arms |= zip(new, continued(planned or {found.coding_round.arm: 1}, there, len(new)), strict=True)
    return arms


def _arm(found: Holdings, incident_id: int) -> str:
    return found.arms.get(incident_id, found.coding_round.arm)
