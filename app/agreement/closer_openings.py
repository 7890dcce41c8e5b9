"""Opening what coders answered on the incidents behind a cell: recorded before it is shown (promise 3)."""

from sqlalchemy.orm import Session

from app.agreement.closer_incidents import OPENED_AT_ONCE, Letters, sight_of
from app.agreement.closer_words import Cell, Place
from app.coding.exposures import expose
from app.rounds.held_open import hold_open
from app.studies.events import record
from app.studies.viewer import Viewer


def open_cell(session: Session, viewer: Viewer, place: Place, cell: Cell, letters: Letters) -> None:
    """The next incidents of the cell; never one that the member still codes elsewhere."""
    coding_round = place.coding_round
    hold_open(session, coding_round)
    sight = sight_of(session, viewer, place, cell, letters)
    opened = sight.hidden[:OPENED_AT_ONCE]
    of = sight.source.work.submissions
    own = set(of.ids[of.by([viewer.member.id])].tolist())
    shown = [
        (incident_id, "colleague_code", submission_id)
        for incident_id in opened
        for submission_id in sight.behind[incident_id]
        if submission_id not in own
    ]
    if not shown:
        return
    expose(session, viewer.study.id, viewer.member.id, shown)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "cell.opened",
        subject=("round", coding_round.id),
        veiled_by_round_id=coding_round.id,
        dimension_id=place.asked.dimension,
        cell=cell.kind,
        incidents=len(opened),
    )
