"""Tasks that write down that they ran, and a worker that knows them: `python -m tests.jobs.tasks_for_tests URL`."""

import sys
import time

from sqlalchemy import text

from app.jobs import Workplace, task
from app.jobs.running import worker_main
from app.settings import Settings


def write_down(place: Workplace, note: str) -> None:
    with place.database.transaction() as session:
        session.execute(text("INSERT INTO notes (note) VALUES (:note)"), {"note": note})


@task("tests.note")
def note_down(place: Workplace, note: str) -> None:
    write_down(place, note)


@task("tests.slow_note")
def note_down_slowly(place: Workplace, note: str) -> None:
    """Hangs when it runs first, as a call to a model may; runs through when it is taken up."""
    write_down(place, f"{note} begun")
    with place.database.reading() as session:
        first = session.scalar(text("SELECT count(*) FROM notes WHERE note = :note"), {"note": f"{note} begun"}) == 1
    if first:
        time.sleep(600)
    write_down(place, note)


if __name__ == "__main__":
    worker_main(Settings(database_url=sys.argv[1], stalled_job_seconds=1, stalled_job_check_seconds=0.2))
