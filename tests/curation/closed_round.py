"""A round that two coders coded, nearly alike."""

import pytest

from tests import makers
from tests.makers import assignment_of, code_and_submit, make_incidents, make_round, move_round


@pytest.fixture
def lead(session):
    return makers.make_study(session, slug="genai")


@pytest.fixture
def coders(session, lead):
    return makers.make_coders(session, lead, 2)


def coded_round(session, lead, coders, cause, codes, *, phase="closed", **plan):
    """Eight incidents; the coders agree on seven."""
    incidents = make_incidents(session, lead, 8)
    coding_round = make_round(session, lead, coders, incidents, **{"purpose": "reliability", **plan})
    for coder in coders:
        for place, incident in enumerate(incidents):
            differs = place == 7 and coder is coders[1]
            chosen = codes[(place + differs) % 2]
            assignment = assignment_of(session, coder, coding_round, incident)
            code_and_submit(session, coder, assignment, {cause.id: [chosen]})
    return move_round(session, lead, coding_round, phase)
