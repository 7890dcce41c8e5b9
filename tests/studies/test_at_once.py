"""One form sent twice at the same moment, as by a double click."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.engine import URL

from app.db.session import Database
from app.studies.actions import SlugTaken, create_study


def test_of_two_studies_with_one_short_name_at_once_one_is_made(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    start = threading.Barrier(2)

    def made(_: int) -> str:
        try:
            with database.transaction() as session:
                start.wait()
                create_study(session, None, slug="outages", title="Outages")
        except SlugTaken:
            return "taken"
        return "made"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(made, range(2))) == ["made", "taken"]
    database.dispose()
