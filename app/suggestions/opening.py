"""Opening what a model said: the exposure is committed first, and only what it covers is shown (promise 3)."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.exposures import expose, lock_exposures_of
from app.coding.models import Exposure
from app.coding.policy import check_may_act
from app.ledger.models import ModelCall
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.events import record
from app.studies.viewer import Viewer
from app.suggestions import queries
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.offers import offered_by_dimension, offers, standing
from app.suggestions.policy import NothingToOpen
from app.suggestions.shown_runs import nothing_note

EXAMPLE = "example in a prompt"


def open_suggestions(session: Session, viewer: Viewer, assignment_id: int, dimension_id: int | None = None) -> None:
    """dimension_id None: all dimensions of the incident. What is open already stays as it was."""
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    check_may_act(session, viewer, coding_round, assignment)
    # Before looking how far the coder is: a submission and an opening wait for each other.
    lock_exposures_of(session, assignment.study_id, viewer.member.id)
    found = standing(session, viewer, assignment, coding_round)
    shown = [
        offer
        for offer in offers(session, viewer, assignment, coding_round, dimension_id)
        if offer.state in ("closed", "opened")
    ]
    if not shown:
        raise NothingToOpen
    offered = offered_by_dimension(session, found.sources)
    for offer in shown:
        if offer.state == "closed":
            row = found.sources[offer.dimension_id].row
            _open_dimension(session, viewer, assignment, row, offer.dimension_id, offered[offer.dimension_id])


def expose_reply(session: Session, viewer: Viewer, coding_round: Round, call: ModelCall, row: RunIncident) -> None:
    """A raw reply shows all that was offered for its incident, and more."""
    _expose(session, viewer, row.incident_id, queries.suggestions_of(session, row), [reply_note(call.id)])
    _expose_examples(session, viewer, call, queries.run_by_id(session, row.study_id, row.run_id))
    record(
        session,
        coding_round.study_id,
        viewer.member,
        "suggestions.reply_opened",
        subject=("model_call", call.id),
        round=coding_round.number,
    )


def expose_two_runs(
    session: Session, viewer: Viewer, incident_id: int, shown: Sequence[Suggestion], runs: tuple[int, int]
) -> None:
    """What two runs offered for an incident, beside each other."""
    _expose(session, viewer, incident_id, shown, [two_runs_note(*runs, incident_id)])


def expose_examples(session: Session, viewer: Viewer, incident_ids: Collection[int]) -> bool:
    """Prompts that show these incidents tell what they were settled as. Each is recorded once; whether any was new."""
    study_id, member_id = viewer.study.id, viewer.member.id
    lock_exposures_of(session, study_id, member_id)
    of_member = (Exposure.study_id == study_id, Exposure.member_id == member_id)
    known = set(session.scalars(select(Exposure.incident_id).where(*of_member, Exposure.note == EXAMPLE)))
    row = {"study_id": study_id, "member_id": member_id, "kind": "final_code", "note": EXAMPLE}
    new = sorted(set(incident_ids) - known)
    session.add_all(Exposure(**row, incident_id=key) for key in new)
    session.flush()
    return bool(new)


def two_runs_note(one: int, other: int, incident_id: int) -> str:
    first, second = sorted((one, other))
    return f"runs {first} and {second} about incident {incident_id}"


def reply_note(call_id: int) -> str:
    return f"raw reply of model call {call_id}"


def _expose_examples(session: Session, viewer: Viewer, call: ModelCall, run: SuggestionRun) -> None:
    """The prompt of a run with examples tells what these incidents were settled as."""
    of_member = {"study_id": viewer.study.id, "member_id": viewer.member.id, "kind": "final_code"}
    note = f"example in the prompt of model call {call.id}"
    session.add_all(Exposure(**of_member, incident_id=key, note=note) for key in run.example_incident_ids)


def _open_dimension(
    session: Session,
    viewer: Viewer,
    assignment: Assignment,
    row: RunIncident,
    dimension_id: int,
    shown: Sequence[Suggestion],
) -> None:
    notes = [] if shown else [nothing_note(row.run_id, dimension_id)]
    _expose(session, viewer, assignment.incident_id, shown, notes)
    record(
        session,
        assignment.study_id,
        viewer.member,
        "suggestion.opened",
        subject=("assignment", assignment.id),
        veiled_by_round_id=assignment.round_id,
        dimension_id=dimension_id,
        suggestions=[one.id for one in shown],
    )


def _expose(
    session: Session, viewer: Viewer, incident_id: int, shown: Iterable[Suggestion], notes: Iterable[str]
) -> None:
    study_id, member_id = viewer.study.id, viewer.member.id
    expose(session, study_id, member_id, [(incident_id, "suggestion", one.id) for one in shown])
    known = queries.exposure_notes(session, study_id, member_id, incident_id)
    session.add_all(
        Exposure(study_id=study_id, member_id=member_id, incident_id=incident_id, kind="suggestion", note=note)
        for note in notes
        if note not in known
    )
    session.flush()
