import pytest
from sqlalchemy.orm import Session

from app.accounts import actions
from app.accounts.models import Person
from tests.support.clients import client_for

__all__ = ["client_for"]

PASSWORD = "four words in a row"


@pytest.fixture
def ada(session: Session) -> Person:
    person = actions.add_person(session, email="ada@example.org", name="Ada Lind", password=PASSWORD)
    session.flush()
    return person
