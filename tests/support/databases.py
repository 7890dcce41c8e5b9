"""Looking into a database that commands write to. The test names it with a fixture `url`."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.db.session import Database


@pytest.fixture
def reading(url: str) -> Iterator[Session]:
    database = Database.at(url, pool_size=1)
    with database.reading() as session:
        yield session
    database.dispose()
