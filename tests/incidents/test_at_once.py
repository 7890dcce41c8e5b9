"""One button pressed twice at the same moment, each press on a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from app.db.session import Database
from app.incidents.actions import exclude, include_again
from app.studies.models import Membership, StudyEvent
from app.suggestions.actions import ask_for_suggestions
from tests import makers


def test_an_incident_taken_in_again_twice_at_once_is_one_event(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
        [incident] = makers.make_incidents(session, lead, 1)
        exclude(session, lead, incident.id, reason="A duplicate")
        incident_id = incident.id
    start = threading.Barrier(2)

    def again(_: int) -> None:
        with database.transaction() as session:
            start.wait()
            include_again(session, lead, incident_id)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(2)))
    with database.reading() as session:
        events = select(func.count()).select_from(StudyEvent).where(StudyEvent.kind == "incident.included")
        assert session.scalar(events) == 1
    database.dispose()


def test_a_model_asked_for_two_rounds_at_once_is_one_member(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
        makers.make_dimension(session, lead, "Cause")
        coders = makers.make_coders(session, lead, 1)
        incidents = makers.make_incidents(session, lead, 1)
        rounds = [
            makers.make_round(session, lead, coders, incidents, name=name, purpose="calibration") for name in "AB"
        ]
    start = threading.Barrier(2)

    def ask(at: int) -> None:
        with database.transaction() as session:
            coding_round = session.merge(rounds[at])
            start.wait()
            ask_for_suggestions(session, lead, coding_round, model="small")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, range(2)))
    with database.reading() as session:
        models = select(func.count()).select_from(Membership).where(Membership.kind == "model")
        assert session.scalar(models) == 1
    database.dispose()
