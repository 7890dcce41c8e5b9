"""The job of this room: a rolling round takes in what an import brought."""

import logging

from sqlalchemy.orm import Session

from app.coding.round_changes import take_in
from app.jobs import Workplace, defer_once_in, task
from app.problems import Problem
from app.rounds.intake import rolling_rounds
from app.studies.models import Study
from app.studies.queries import one_member
from app.studies.viewer import Viewer

log = logging.getLogger(__name__)


@task("coding.take_in_new_incidents")
def take_in_new_incidents(workplace: Workplace, study_id: int, number: int, member_id: int) -> None:
    """In the name of who imported them. A round that cannot take them keeps them waiting; its page says so."""
    try:
        with workplace.database.transaction() as session:
            study = session.get_one(Study, study_id)
            viewer = Viewer(None, study, one_member(session, study_id, member_id))
            take_in(session, viewer, number)
    except Problem as problem:
        log.info("Round %s of study %s takes in nothing: %s", number, study_id, problem.sentence)


def defer_taking_in(session: Session, study_id: int, member_id: int) -> None:
    """One job a rolling round, once the import is on disk: it locks the round, which coders at work hold, too."""
    for each in rolling_rounds(session, study_id):
        key = f"coding:take-in:{each.id}"
        arguments = {"study_id": study_id, "number": each.number, "member_id": member_id}
        defer_once_in(session, take_in_new_incidents, key, **arguments)
