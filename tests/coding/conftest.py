"""A running round of two coders on two incidents, with a dimension of each kind."""

from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.acts import ActAnswer
from app.coding.desk import Card, Desk, desk
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from tests import makers


@dataclass
class Bench:
    session: Session
    lead: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry  # one code
    symptom: DimensionEntry  # many codes, one of them main
    config: CodeEntry
    network: CodeEntry
    slow: CodeEntry
    down: CodeEntry
    incidents: list[Incident]
    coding_round: Round
    adas: Assignment
    bens: Assignment

    def ada_does(self, kind: str, **payload: object) -> ActAnswer:
        return makers.act(self.session, self.ada, self.adas, kind, **payload)

    def ada_toggles(self, dimension: DimensionEntry, code: CodeEntry) -> ActAnswer:
        return self.ada_does("toggle_code", dimension_id=dimension.id, code_id=code.id)

    def repeat_of_adas(self) -> Assignment:
        again = Assignment(
            **{c.key: getattr(self.adas, c.key) for c in Assignment.__mapper__.column_attrs if c.key != "id"}
        )
        again.pass_, again.order = 2, 99
        self.session.add(again)
        self.session.flush()
        return again

    def adas_desk(self) -> Desk:
        return desk(self.session, self.ada, self.adas.id)

    def adas_card(self, dimension: DimensionEntry) -> Card:
        card = self.adas_desk().card(dimension.id)
        assert card is not None
        return card


def make_bench(session: Session, **plan: object) -> Bench:
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many", has_main=True)
    config = makers.make_code(session, lead, cause, "Configuration")
    network = makers.make_code(session, lead, cause, "Network")
    slow = makers.make_code(session, lead, symptom, "Slow answers")
    down = makers.make_code(session, lead, symptom, "Outage")
    incidents = makers.make_incidents(session, lead, 2)
    coding_round = makers.make_round(session, lead, [ada, ben], incidents, **plan)
    adas = makers.assignment_of(session, ada, coding_round, incidents[0])
    bens = makers.assignment_of(session, ben, coding_round, incidents[0])
    codes = (config, network, slow, down)
    return Bench(session, lead, ada, ben, cause, symptom, *codes, incidents, coding_round, adas, bens)


@pytest.fixture
def bench(session: Session) -> Bench:
    return make_bench(session)
