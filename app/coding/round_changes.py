"""Changing a round at work: coders come and go, incidents are added, what nobody has begun goes to others.

What was handed in stays as it is, always. What is only drafted is withdrawn with its coder: it stays readable to them
and counts no more.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from app.coding.models import AssignmentWork, Submission
from app.db.base import now
from app.methods.reallocation import deal, even_share
from app.problems import Conflict, Invalid
from app.rounds import changes
from app.rounds.actions import NotACoder
from app.rounds.changes import round_to_change, tell
from app.rounds.holdings import Holdings, active_coder_ids, holdings
from app.rounds.intake import NoIntake, fresh_ids, waiting_for
from app.rounds.looks import has_looked
from app.rounds.models import Assignment, Round
from app.rounds.queries import codable_incident_ids
from app.studies.queries import people_who_code
from app.studies.viewer import Viewer

EVENLY, NOBODY = "evenly", "nobody"
GAPS, SHARE, NOTHING = "gaps", "share", "nothing"


class HasLooked(Conflict):
    """They have looked at the agreement of this round while it ran, so they cannot code in it."""


class NotInRound(Invalid):
    """Somebody chosen does not code in this round. Choose one of its coders."""


class SamePerson(Invalid):
    """These are the same person. Choose somebody else to take the incidents."""


class LastCoder(Conflict):
    """This is the only coder of the round. Add somebody else first."""


class NothingToMove(Conflict):
    """There is nothing to move: what is not begun the other has already, or everything is begun."""


class NothingNew(Invalid):
    """All of these incidents are in the round already."""


class NotFresh(Invalid):
    """A reliability round takes fresh incidents only: no example of the codebook, none that was discussed or ruled on,
    and none of a round whose answers were opened already."""


class UnknownWay(Invalid):
    """Choose one of the ways that are offered."""


@dataclass(frozen=True)
class Standing:
    """How far each assignment of a round is, by its id."""

    drafts: set[int]
    handed_in: set[int]
    undone: set[int]  # drafts of what was handed in before among them

    def is_begun(self, row: Assignment) -> bool:
        return row.id in self.drafts or row.id in self.handed_in


def standing(session: Session, found: Holdings) -> Standing:
    of_round = (Assignment.study_id == found.coding_round.study_id, Assignment.round_id == found.coding_round.id)
    work = and_(AssignmentWork.study_id == Assignment.study_id, AssignmentWork.assignment_id == Assignment.id)
    states: dict[int, str] = dict(
        session.execute(select(Assignment.id, AssignmentWork.state).join(AssignmentWork, work).where(*of_round)).all()
    )
    submitted = exists().where(Submission.study_id == Assignment.study_id, Submission.assignment_id == Assignment.id)
    handed_in = set(session.scalars(select(Assignment.id).where(*of_round, submitted)))
    drafts = {key for key, state in states.items() if state == "draft"}
    return Standing(
        drafts=drafts - handed_in,
        handed_in=handed_in,
        undone={row.id for row in found.live if states.get(row.id, "draft") == "draft"},
    )


def add_coder(session: Session, viewer: Viewer, number: int, member_id: int, *, takes: str) -> Round:
    """takes: what incidents lack a coder, an even share of what others have not begun, or nothing for now."""
    if takes not in (GAPS, SHARE, NOTHING):
        raise UnknownWay
    coding_round = round_to_change(session, viewer, number)
    if member_id not in {member.id for member in people_who_code(session, coding_round.study_id)}:
        raise NotACoder
    if has_looked(session, coding_round, member_id):
        raise HasLooked
    changes.let_code(session, coding_round, member_id)
    found = holdings(session, coding_round)
    given = 0
    if takes == GAPS:
        given = _fill(session, found, _gaps(session, found), [member_id])
    if takes == SHARE:
        given = _take_over(session, found, member_id)
    tell(session, viewer, coding_round, "coder_added", member_id=member_id, takes=takes, given=given)
    return coding_round


def remove_coder(
    session: Session, viewer: Viewer, number: int, member_id: int, *, pending_to: str | int, reason: str = ""
) -> Round:
    """pending_to: evenly, nobody, or the member who takes what was not handed in."""
    coding_round = round_to_change(session, viewer, number)
    found = holdings(session, coding_round)
    others = [coder for coder in found.coder_ids if coder != member_id]
    if member_id not in active_coder_ids(session, coding_round):
        raise NotInRound
    if not others:
        raise LastCoder
    takers = _takers(pending_to, others)
    far, at = standing(session, found), now()
    own = found.of(member_id)
    left = [row for row in own if row.id not in far.handed_in]
    changes.withdraw(session, found, left, at)
    changes.let_go(session, coding_round, member_id, [row for row in own if row.id in far.handed_in], at)
    needed = {row.incident_id: 1 for row in left if row.pass_ == 1}
    given = _fill(session, holdings(session, coding_round), needed, takers) if takers else 0
    tell(
        session,
        viewer,
        coding_round,
        "coder_removed",
        member_id=member_id,
        kept=len(own) - len(left),
        withdrawn=len(left),
        drafts=sum(row.id in far.drafts for row in left),
        given=given,
        lacking=len(needed) - given,
        reason=reason.strip(),
    )
    return coding_round


def reassign(
    session: Session, viewer: Viewer, number: int, from_id: int | None, to: str | int, *, how_many: int | None = None
) -> Round:
    """What somebody has not begun, from the end of their queue, to others. from_id None: what lacks a coder.

    to: a coder, or evenly to all others. how_many None: all that can be moved.
    """
    coding_round = round_to_change(session, viewer, number)
    found = holdings(session, coding_round)
    if from_id is not None and from_id not in active_coder_ids(session, coding_round):
        raise NotInRound
    if from_id is not None and to == from_id:
        raise SamePerson
    takers = _takers(to, [coder for coder in found.coder_ids if coder != from_id])
    if from_id is None:
        gaps = _gaps(session, found)
        given = _fill(session, found, dict(list(gaps.items())[:how_many]), takers)
    else:
        given = _move(session, found, from_id, takers, how_many)
    if not given:
        raise NothingToMove
    to_id = to if isinstance(to, int) else None
    tell(session, viewer, coding_round, "reassigned", from_id=from_id, to_id=to_id, given=given)
    return coding_round


def add_incidents(
    session: Session, viewer: Viewer, number: int, incident_ids: Collection[int], *, by_hand: bool
) -> Round:
    """incident_ids: codable ones of the study. by_hand: chosen one by one; else all that fit a filter."""
    coding_round = round_to_change(session, viewer, number)
    found = holdings(session, coding_round)
    new = [one for one in sorted(set(incident_ids)) if one not in found.incidents]
    if not new:
        raise NothingNew
    fresh = fresh_ids(session, coding_round, new)
    if by_hand and len(fresh) < len(new):
        raise NotFresh(
            f"{len(new) - len(fresh)} of these incidents were in a round whose answers were opened already, and a "
            "reliability round takes fresh ones only. Leave them out."
        )
    if not fresh:
        raise NotFresh
    given = _add(session, found, fresh, by_hand=by_hand)
    how = "by_hand" if by_hand else "filter"
    tell(session, viewer, coding_round, "incidents_added", incidents=len(fresh), given=given, how=how)
    return coding_round


def take_in(session: Session, viewer: Viewer, number: int) -> int:
    """What came since and fits the filter of a rolling round, dealt like the rest. Returns how many that were."""
    coding_round = round_to_change(session, viewer, number)
    if coding_round.intake is None:
        raise NoIntake
    new = waiting_for(session, coding_round)
    if new:
        given = _add(session, holdings(session, coding_round), new, by_hand=False)
        tell(session, viewer, coding_round, "incidents_added", incidents=len(new), given=given, how="intake")
    return len(new)


def _takers(to: str | int, coder_ids: Sequence[int]) -> list[int]:
    if to == EVENLY:
        return list(coder_ids)
    if to == NOBODY:
        return []
    if isinstance(to, str):
        raise UnknownWay
    if to not in coder_ids:
        raise NotInRound
    return [to]


def _gaps(session: Session, found: Holdings) -> dict[int, int]:
    """Incidents that lack a coder; one that was excluded since is coded by nobody else."""
    codable = set(codable_incident_ids(session, found.coding_round.study_id))
    return {one: lacking for one, lacking in found.gaps.items() if one in codable}


def _waiting(session: Session, found: Holdings, member_ids: Iterable[int]) -> dict[int, int]:
    """coder -> how many incidents they have to do yet."""
    undone = standing(session, found).undone
    return {member: sum(row.id in undone for row in found.of(member)) for member in member_ids}


def _fill(session: Session, found: Holdings, needed: Mapping[int, int], takers: Sequence[int]) -> int:
    waiting = _waiting(session, found, takers)
    taken = deal(needed, found.held, waiting, found.coding_round.seed, found.stream)
    return changes.give(session, found, taken, found.arms)


def _add(session: Session, found: Holdings, incident_ids: Collection[int], *, by_hand: bool) -> int:
    waiting = _waiting(session, found, found.coder_ids)
    arms = changes.add_incident_rows(session, found, incident_ids, by_hand=by_hand, at=now())
    needed = {one: found.incidents[one].coders_wanted or 1 for one in arms}
    taken = deal(needed, {}, waiting, found.coding_round.seed, found.stream)
    return changes.give(session, found, taken, arms)


def _take_over(session: Session, found: Holdings, newcomer: int) -> int:
    far = standing(session, found)
    queues = {
        coder: [row.incident_id for row in found.of(coder) if row.pass_ == 1 and not far.is_begun(row)]
        for coder in found.coder_ids
    }
    waiting = _waiting(session, found, found.coder_ids)
    held = [one for one, members in found.held.items() if newcomer in members]
    begun = {row.incident_id for row in found.rows if row.member_id == newcomer and far.is_begun(row)}
    pairs = even_share(queues, waiting, newcomer, held, begun)
    _withdraw_whole(session, found, far, pairs)
    again = holdings(session, found.coding_round)
    return changes.give(session, again, {incident: (newcomer,) for _, incident in pairs}, again.arms)


def _move(session: Session, found: Holdings, from_id: int, takers: Sequence[int], how_many: int | None) -> int:
    far = standing(session, found)
    movable = [
        row.incident_id
        for row in reversed(found.of(from_id))
        if row.pass_ == 1 and not far.is_begun(row) and set(takers) - found.held[row.incident_id]
    ][:how_many]
    _withdraw_whole(session, found, far, [(from_id, incident) for incident in movable])
    return _fill(session, holdings(session, found.coding_round), dict.fromkeys(movable, 1), takers)


def _withdraw_whole(session: Session, found: Holdings, far: Standing, pairs: Collection[tuple[int, int]]) -> None:
    """With an incident its silent repeats go, which mean nothing without the first pass."""
    wanted = set(pairs)
    rows = [row for row in found.live if (row.member_id, row.incident_id) in wanted and not far.is_begun(row)]
    changes.withdraw(session, found, rows, now())
