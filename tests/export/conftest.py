"""Two coders, two incidents, a round that is past its coding: one disagreement, ruled on, the rest unanimous."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.adjudication.actions import RulingWords, change_phase, open_answers, rule
from app.codebook.tree import CodeEntry, DimensionEntry
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests.makers import (
    TEXT,
    act,
    assignment_of,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_round,
    make_study,
)
from tests.support.clients import client_for

__all__ = ["client_for"]


@dataclass
class Finished:
    lead: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry
    symptom: DimensionEntry
    network: CodeEntry
    config: CodeEntry
    errors: CodeEntry
    incidents: list[Incident]
    coding_round: Round


@pytest.fixture
def finished(session: Session) -> Finished:
    return finish_round(session)


def finish_round(session: Session) -> Finished:
    lead = make_study(session, slug="finished")
    ada, ben = make_coders(session, lead, 2)
    cause = make_dimension(session, lead, "Root cause", question="What made it possible?")
    symptom = make_dimension(session, lead, "Symptom", takes="many", has_main=True)
    network = make_code(session, lead, cause, "Network", definition="Packets & <routes>.")
    config = make_code(session, lead, cause, "Config", definition="A changed setting.")
    errors = make_code(session, lead, symptom, "Errors")
    incidents = make_incidents(session, lead, 2)
    coding_round = make_round(session, lead, [ada, ben], incidents, name="Round A", purpose="calibration")
    found = Finished(lead, ada, ben, cause, symptom, network, config, errors, incidents, coding_round)
    start = TEXT.index("😀")
    for coder, code in ((ada, network), (ben, config)):
        for number, incident in enumerate(incidents):
            assignment = assignment_of(session, coder, coding_round, incident)
            chosen = code if number == 0 else network
            act(session, coder, assignment, "toggle_code", dimension_id=cause.id, code_id=chosen.id)
            act(
                session,
                coder,
                assignment,
                "add_evidence",
                dimension_id=cause.id,
                code_id=chosen.id,
                start=start,
                end=start + 5,
                quote=TEXT[start : start + 5],
            )
            act(session, coder, assignment, "answer", dimension_id=symptom.id, state="none_applies")
            act(session, coder, assignment, "submit")
    change_phase(session, lead, coding_round.number, "settling")
    open_answers(session, lead, coding_round, incidents[0].id, cause.id)
    words = RulingWords(state="coded", cause="slip", reason="The push is named.", code_ids=[config.id])
    rule(session, lead, coding_round, incidents[0].id, cause.id, words)
    session.flush()
    return found
