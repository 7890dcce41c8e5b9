import pytest
from sqlalchemy.orm import Session

from app.codebook.tree import DimensionEntry
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]


@pytest.fixture
def lead(session: Session) -> Viewer:
    makers.make_code(session, other := makers.make_study(session), makers.make_dimension(session, other), "Noise")
    return makers.make_study(session)


@pytest.fixture
def cause(session: Session, lead: Viewer) -> DimensionEntry:
    return makers.make_dimension(session, lead, "Root cause")
