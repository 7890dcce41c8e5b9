"""The time at an assignment: what acts bring along, once each, and never more than there was."""

from dataclasses import replace
from datetime import timedelta

from app.coding.acts import perform
from app.coding.models import AssignmentWork
from app.coding.queries import own_queue, work_on
from tests import makers
from tests.coding.conftest import Bench
from tests.coding.test_routes import read, send
from tests.support.clients import client_for

__all__ = ["client_for"]  # a fixture

HOUR = 3600


def assigned_before(bench: Bench, hours: int) -> None:
    bench.adas.created_at -= timedelta(hours=hours)
    bench.session.flush()


def work(bench: Bench) -> AssignmentWork:
    found = work_on(bench.session, bench.adas.study_id, bench.adas.id)
    assert found is not None
    return found


def test_each_act_adds_the_seconds_before_it(client_for, bench):
    assigned_before(bench, 1)

    for seconds in ("40", "25"):
        send(client_for(bench.ada), bench, "flag", note="x", active_seconds=seconds)

    assert work(bench).active_seconds == 65
    assert own_queue(bench.session, bench.ada, bench.coding_round)[0].active_seconds in (0, 65)


def test_an_act_sent_twice_adds_its_seconds_once(bench):
    assigned_before(bench, 1)
    act = replace(makers.next_request(bench.session, bench.adas, "flag", note="x"), active_seconds=30)

    for _ in range(2):
        perform(bench.session, bench.ada, bench.adas.id, act)

    assert work(bench).active_seconds == 30


def test_acts_made_offline_bring_their_own_seconds_though_they_arrive_at_once(bench):
    assigned_before(bench, 1)
    for seconds in (20, 30, 50):
        act = makers.next_request(bench.session, bench.adas, "flag", note="x")
        perform(bench.session, bench.ada, bench.adas.id, replace(act, active_seconds=seconds))

    assert work(bench).active_seconds == 100


def test_no_more_is_added_than_has_passed_since_the_incident_was_assigned(bench):
    assigned_before(bench, 2)
    for seconds in (HOUR, 5 * HOUR, HOUR):
        act = makers.next_request(bench.session, bench.adas, "flag", note="x")
        perform(bench.session, bench.ada, bench.adas.id, replace(act, active_seconds=seconds))

    assert 2 * HOUR <= work(bench).active_seconds <= 2 * HOUR + 60


def test_what_is_no_time_stands_in_no_save_s_way(client_for, bench):
    assigned_before(bench, 1)
    for junk in ("-5", "soon", "1.5", "9" * 40, "", "٣"):
        assert send(client_for(bench.ada), bench, "flag", note="x", active_seconds=junk).status_code == 303, junk

    assert work(bench).active_seconds == 0


def test_the_queue_tells_coders_their_own_time(client_for, bench):
    assigned_before(bench, 1)
    send(client_for(bench.ada), bench, "flag", note="x", active_seconds="125")

    page = read(client_for(bench.ada).get(f"/studies/{bench.lead.study.slug}/coding").text)

    assert "2 min" in page.css_first("#queue").text()
