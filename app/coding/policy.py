"""Who may code what: one's own assignments, while the round runs, with the codes one may see."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.codebook.queries import visible_codebook
from app.codebook.rows import newest_state
from app.codebook.tree import Codebook, CodeEntry
from app.problems import Conflict, NotAllowed
from app.rounds.models import WITHDRAWN, Assignment, Round
from app.rounds.policy import RoundNotRunning, check_runs
from app.rounds.queries import frozen_seq
from app.studies.viewer import Viewer


class ReadersDoNotCode(NotAllowed):
    """Readers look on and do not code. Ask the lead for the role of a coder."""


class Withdrawn(Conflict):
    """This incident is no longer yours in this round. What you drafted stays readable to you, and does not count."""


class LeftTheRound(Conflict):
    """You are no longer a coder of this round. What you handed in stays as it is, and counts."""


class HandedIn(Conflict):
    """You have submitted this incident. Take it back to draft to change it."""


class NothingHandedIn(Conflict):
    """This incident is a draft already, so there is nothing to take back."""


def check_may_act(session: Session, viewer: Viewer, coding_round: Round, assignment: Assignment) -> None:
    """Holds the phase of the round, and the assignment, until what is done is committed, so that nothing slips in
    behind the end of the coding or after the assignment went to somebody else."""
    session.execute(_HELD, {"of_study": assignment.study_id, "of_assignment": assignment.id}).one()
    check_held(viewer, coding_round, assignment)


def check_held(viewer: Viewer, coding_round: Round, assignment: Assignment) -> None:
    """Of a round and an assignment that are held already."""
    if not viewer.may_code:
        raise ReadersDoNotCode
    check_runs(coding_round)
    if assignment.ending is not None:
        raise Withdrawn if assignment.ending == WITHDRAWN else LeftTheRound


# Both rows are locked, the round first as by whoever changes it, so that after a wait they are read as they are then.
_HELD = (
    select(Round, Assignment)
    .join(Assignment, (Assignment.study_id == Round.study_id) & (Assignment.round_id == Round.id))
    .where(Round.study_id == bindparam("of_study"), Assignment.id == bindparam("of_assignment"))
    .with_for_update(read=True)
    .execution_options(populate_existing=True)
)


def may_act(viewer: Viewer, coding_round: Round, assignment: Assignment) -> bool:
    try:
        check_runs(coding_round)
    except RoundNotRunning:
        return False
    return viewer.may_code and assignment.ending is None


BESIDE_ANSWERS = ("reject_offered", "restore_offered")  # change nothing of what was handed in


def check_state(state: str, kind: str) -> None:
    """What was handed in or skipped stays as it is until it is taken back."""
    if kind == "take_back":
        if state == "draft":
            raise NothingHandedIn
    elif state != "draft" and kind not in BESIDE_ANSWERS:
        raise HandedIn


def codable_codebook(session: Session, viewer: Viewer, coding_round: Round) -> Codebook:
    """The codebook that this member codes with in this round.

    Under a frozen version: the codes of that version, and those coined in this round in dimensions that the version
    leaves open. Of these as of all others, only what the member may see (promise 1).
    """
    study_id, member_id = viewer.study.id, viewer.member.id
    state = newest_state(session, study_id)
    live = visible_codebook(session, study_id, member_id, state=state)
    seq = frozen_seq(session, coding_round)
    if seq is None:
        return _asked_in(coding_round, live)
    frozen = visible_codebook(session, study_id, member_id, seq=seq, state=state)
    open_ids = {dimension.id for dimension in frozen.dimensions if dimension.is_open}
    coined: Mapping[int, CodeEntry] = {
        code.id: code
        for code in live.codes.values()
        if code.created_in_round == coding_round.id and code.dimension_id in open_ids
    }
    return _asked_in(coding_round, replace(frozen, codes={**coined, **frozen.codes}))


def _asked_in(coding_round: Round, codebook: Codebook) -> Codebook:
    """A round may ask some of the dimensions only."""
    asked = set(coding_round.plan.get("dimension_ids") or ())
    if not asked:
        return codebook
    return replace(codebook, dimensions=tuple(d for d in codebook.dimensions if d.id in asked))
