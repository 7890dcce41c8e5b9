"""A backup is taken while coders keep saving: what is restored is the study as it stood at one moment."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.acts import ActRequest, perform
from app.coding.models import Act
from app.db.embedded import EmbeddedPostgres
from app.db.session import Database
from app.rounds.actions import change_phase
from app.studies.models import Membership
from app.studies.queries import study_by_slug
from app.studies.viewer import Viewer
from tests.support.coders import CodersAtWork, SavedAct
from tests.support.embedded_tandem import PATIENCE_SECONDS, Tandem
from tests.support.seats import Seats, take_seats
from tests.support.served import CHECKOUT, bare_environment
from tests.support.whole_acts import half_acts, missing_acts

SLUG = "outages"
EXPORTS = (("codebook", "-o", "-"), ("dataset", "-o", "-"), ("dataset", "--wide", "-o", "-"), ("ratings", "-o", "-"))


@pytest.fixture
def tandem(tmp_path: Path) -> Iterator[Tandem]:
    running = Tandem(tmp_path / "data", tmp_path / "talk")
    yield running
    running.stop()


def run(data_dir: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=CHECKOUT,
        env=bare_environment(TANDEM_DATA_DIR=str(data_dir), TANDEM_LOG_LEVEL="warning"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_promise_5_a_backup_under_load_restores_to_the_study_at_one_moment(tandem: Tandem, tmp_path: Path) -> None:
    data, before, middle = tmp_path / "data", tmp_path / "before.tandem", tmp_path / "middle.tandem"
    seats = take_seats(tandem.postgres.url(), SLUG, coders=4, incidents=12)
    run(data, "backup", str(before))
    coders = CodersAtWork(seats.coders([tandem.address], seed=7))
    coders.start()
    wait_for(coders, 40)
    began_at = time.time()
    run(data, "backup", str(middle))
    ended_at = time.time()
    wait_for(coders, len(coders.saved()) + 40)
    coders.stop()
    assert (coders.problems, coders.failures()) == ([], [])
    run(tmp_path / "middle", "restore", str(middle))
    run(tmp_path / "before", "restore", str(before))

    kept = check_acts(tmp_path / "middle", seats, coders.saved(), began_at, ended_at)
    do_again(tmp_path / "before", kept)
    end_coding(tmp_path / "middle", seats)
    end_coding(tmp_path / "before", seats)
    for words in EXPORTS:
        restored = run(tmp_path / "middle", "export", words[0], SLUG, *words[1:])
        assert restored == run(tmp_path / "before", "export", words[0], SLUG, *words[1:])
        assert restored.count("\n") > 10


def wait_for(coders: CodersAtWork, acts: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(coders.saved()) < acts:
        assert coders.are_at_work() and time.monotonic() < deadline, (coders.problems, len(coders.saved()))
        time.sleep(0.05)


def check_acts(folder: Path, seats: Seats, saved: list[SavedAct], began_at: float, ended_at: float) -> list[Act]:
    """What is in: no half act, all that was acknowledged before the backup, and a moment that parts in from out."""
    with EmbeddedPostgres(folder) as url:
        early = [act.act_id for act in saved if act.acknowledged_at < began_at]
        assert len(early) >= 40
        assert missing_acts(url, seats.study_id, early) == []
        assert half_acts(url, seats.study_id, seats.takes_one) == []
        database = Database.at(url, pool_size=1)
        with database.reading() as session:
            kept = list(session.scalars(select(Act).order_by(Act.id)))
            session.expunge_all()
        database.dispose()
    ids = {str(act.act_id) for act in kept}
    inside = [act for act in saved if act.act_id in ids]
    outside = [act for act in saved if act.act_id not in ids]
    assert inside and outside
    assert max(act.first_sent_at for act in inside) < min(act.acknowledged_at for act in outside)
    assert all(act.first_sent_at < ended_at for act in inside)
    return kept


def do_again(folder: Path, acts: list[Act]) -> None:
    """The same acts in their order, each through the same door, on the study as it was before the coders came."""
    codes: dict[int, int] = {}
    with EmbeddedPostgres(folder) as url:
        database = Database.at(url, pool_size=1)
        newest: dict[int, UUID] = {}
        for act in acts:
            with database.transaction() as session:
                payload = dict(act.payload)
                if "code_id" in payload:
                    payload["code_id"] = codes.get(int(payload["code_id"]), payload["code_id"])
                request = ActRequest(act.act_id, newest.get(act.assignment_id), act.tab, act.kind, payload)
                answer = perform(session, viewer_of_member(session, act.member_id), act.assignment_id, request)
                if act.kind == "create_code" and answer.code_id is not None:
                    codes[act.answer["code_id"]] = answer.code_id
                newest[act.assignment_id] = act.act_id
        database.dispose()


def viewer_of_member(session: Session, member_id: int) -> Viewer:
    member = session.scalars(select(Membership).where(Membership.id == member_id)).one()
    return Viewer(None, study_by_slug(session, SLUG), member)


def end_coding(folder: Path, seats: Seats) -> None:
    """Only then do codes leave in exports."""
    with EmbeddedPostgres(folder) as url:
        database = Database.at(url, pool_size=1)
        with database.transaction() as session:
            study = study_by_slug(session, SLUG)
            lead = session.scalars(select(Membership).where(Membership.role == "lead").order_by(Membership.id)).all()[0]
            change_phase(session, Viewer(None, study, lead), seats.number, "settling")
        database.dispose()
