"""More people open a page at the same moment than a server has connections to its database."""

import http.client
import threading
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import URL

from tests.support.seats import take_seats
from tests.support.served import Served, served

PEOPLE = 30
PATIENCE_SECONDS = 25  # less than a request waits for a connection before it gives up


def test_a_page_that_everybody_opens_at_once_is_answered_to_everybody(own_database: URL, tmp_path: Path) -> None:
    url = own_database.render_as_string(hide_password=False)
    seats = take_seats(url, "crowd", coders=1, incidents=4)
    with served(tmp_path, "--no-worker", settings={"TANDEM_DATABASE_URL": url}) as tandem:
        (coder,) = seats.coders([tandem.address])
        coder.sign_in()
        for path in ("/", "/studies/crowd/", "/studies/crowd/coding", coder.first_path()):
            assert at_once(tandem, path, coder.cookie) == [200] * PEOPLE, path


def at_once(tandem: Served, path: str, cookie: str) -> list[object]:
    """The answers, or what came instead of one."""
    ready = threading.Barrier(PEOPLE)
    answers: list[object] = []

    def look() -> None:
        asked = http.client.HTTPConnection(urlsplit(tandem.address).netloc, timeout=PATIENCE_SECONDS)
        asked.connect()
        ready.wait()
        try:
            asked.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
            answers.append(asked.getresponse().status)
        except OSError as problem:
            answers.append(type(problem).__name__)
        finally:
            asked.close()

    people = [threading.Thread(target=look) for _ in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    return answers
