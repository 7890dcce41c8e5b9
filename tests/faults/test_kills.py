"""Server, worker and Postgres are killed while coders save: the small version of `python -m bench.faults`."""

from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

from bench.faults import Plan, Round, fault_rounds
from tests.support.coders import CodersAtWork
from tests.support.seats import take_seats
from tests.support.served import served
from tests.support.whole_acts import half_acts, missing_acts


def test_promise_5_kills_lose_no_acknowledged_act_and_leave_no_half_act_or_job(tmp_path: Path) -> None:
    told: list[Round] = []
    (done,) = fault_rounds(tmp_path, Plan(rounds=1, acts=300, coders=4, seed=3, pause=2.0), told.append)
    assert told == [done]
    assert (done.problems, done.errors, done.missing, done.half, done.unended) == ([], [], [], [], 0)
    assert done.acts >= 300 and done.jobs == 40
    assert sum(done.faults.values()) >= 3 and done.again > 0


SPOILT = {
    "codes of assignment": "DELETE FROM code_applications WHERE id = (SELECT max(id) FROM code_applications)",
    "answers of assignment": "DELETE FROM answers WHERE id = (SELECT max(id) FROM answers)",
    "work of assignment": "UPDATE assignment_work SET last_act_id = NULL",
    "submissions differ": "DELETE FROM submitted_answers WHERE id = (SELECT max(id) FROM submitted_answers)",
    "an act has no event": "DELETE FROM study_events WHERE id = (SELECT max(id) FROM study_events)",
    "a code was made without its act": "UPDATE codes SET created_in_round = 1",
    "stands on": "DELETE FROM acts WHERE id = (SELECT min(id) FROM acts)",
}


def test_the_check_sees_a_missing_act_and_every_kind_of_half_act(own_database: URL, tmp_path: Path) -> None:
    url = own_database.render_as_string(hide_password=False)
    seats = take_seats(url, "spoilt", coders=2, incidents=6)
    with served(tmp_path, "--no-worker", settings={"TANDEM_DATABASE_URL": url}) as tandem:
        at_work = CodersAtWork(seats.coders([tandem.address]), acts=60)
        at_work.start()
        at_work.wait()
    acts = [act.act_id for act in at_work.saved()]
    takes_one = set(seats.takes_one)
    assert (missing_acts(url, seats.study_id, acts), half_acts(url, seats.study_id, takes_one)) == ([], [])
    for said, spoilt in SPOILT.items():
        assert not any(said in each for each in half_acts(url, seats.study_id, takes_one))
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("SET session_replication_role = replica")  # else triggers refuse it
            connection.execute(spoilt)
        assert any(said in each for each in half_acts(url, seats.study_id, takes_one)), said
    assert len(missing_acts(url, seats.study_id, acts)) == 1
