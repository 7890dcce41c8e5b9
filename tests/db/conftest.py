"""Databases with the sample study in them, and places to restore into."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from tests.conftest import make_database
from tests.support.small_disk import mounted

NewDatabase = Callable[..., URL]


@pytest.fixture
def new_database(server_url: URL, request: pytest.FixtureRequest) -> Iterator[NewDatabase]:
    """`new_database()` is empty, `new_database(template="tandem_sample")` a copy."""
    numbers = count(1)
    made: list[str] = []

    def make(template: str | None = None) -> URL:
        made.append(f"new_{abs(hash(request.node.nodeid)) % 10**12}_{next(numbers)}")
        return make_database(server_url, made[-1], template=template)

    yield make
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as admin:
        for name in made:
            admin.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    engine.dispose()


def plain(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", "64k") as folder:
        yield folder
