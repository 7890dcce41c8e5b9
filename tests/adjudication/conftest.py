"""A round of two coders, with everybody who may look at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from sqlalchemy.orm import Session

from app.adjudication import actions
from app.adjudication.actions import RulingWords
from app.adjudication.models import Ruling
from app.codebook.tree import CodeEntry, DimensionEntry
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]

Answer = Sequence[CodeEntry] | str


@dataclass
class Table:
    """Ada and Ben code; the lead ends the coding; the adjudicator rules; a reader looks on."""

    session: Session
    lead: Viewer
    judge: Viewer
    reader: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry  # one code
    symptom: DimensionEntry  # many codes, one of them main
    config: CodeEntry
    network: CodeEntry
    human: CodeEntry
    slow: CodeEntry
    down: CodeEntry
    incidents: list[Incident]
    coding_round: Round

    @property
    def incident(self) -> Incident:
        return self.incidents[0]

    def everybody(self) -> list[Viewer]:
        return [self.lead, self.judge, self.reader, self.ada, self.ben]

    def assignment(self, coder: Viewer, incident: Incident | None = None) -> Assignment:
        return makers.assignment_of(self.session, coder, self.coding_round, incident or self.incident)

    def codes(self, coder: Viewer, cause: Answer, symptom: Answer = "none_applies", *, at: int = 0) -> None:
        answers = {self.cause.id: cause, self.symptom.id: symptom}
        assignment = self.assignment(coder, self.incidents[at])
        makers.code_and_submit(self.session, coder, assignment, {key: a for key, a in answers.items() if a})

    def steps_to(self, phase: str, *, reason: str = "") -> None:
        actions.change_phase(self.session, self.lead, self.coding_round.number, phase, reason=reason)

    def opens(self, viewer: Viewer, dimension: DimensionEntry | None = None) -> None:
        place = (self.incident.id, (dimension or self.cause).id)
        actions.open_answers(self.session, viewer, self.coding_round, *place)

    def rules(
        self, viewer: Viewer, code: CodeEntry, dimension: DimensionEntry | None = None, **words: object
    ) -> Ruling:
        said: dict[str, object] = {
            "state": "coded",
            "code_ids": [code.id],
            "cause": "slip",
            "reason": "The text says so in its last line.",
        }
        place = (self.incident.id, (dimension or self.cause).id)
        return actions.rule(self.session, viewer, self.coding_round, *place, RulingWords(**{**said, **words}))

    def address(self, dimension: DimensionEntry | None = None, *, at: int = 0) -> str:
        place = f"{self.coding_round.number}/{self.incidents[at].id}/{(dimension or self.cause).id}"
        return f"/studies/{self.lead.study.slug}/disagreements/{place}"


def make_table(session: Session, *, incidents: int = 1, **plan: object) -> Table:
    lead = makers.make_study(session)
    judge = makers.make_member(session, lead, role="adjudicator")
    reader = makers.make_member(session, lead, role="reader")
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many", has_main=True)
    config, network, human = (
        makers.make_code(session, lead, cause, name) for name in ("Configuration", "Network", "Human procedure")
    )
    slow, down = (makers.make_code(session, lead, symptom, name) for name in ("Slow answers", "Outage"))
    studied = makers.make_incidents(session, lead, incidents)
    coding_round = makers.make_round(session, lead, [ada, ben], studied, **plan)
    people = (lead, judge, reader, ada, ben)
    return Table(session, *people, cause, symptom, config, network, human, slow, down, studied, coding_round)


@pytest.fixture
def table(session: Session) -> Table:
    return make_table(session)


@pytest.fixture
def apart(table: Table) -> Table:
    """Settling: Ada and Ben differ on the cause and agree that no symptom applies. Ada quoted her evidence."""
    quote = {"start": 4, "end": 11, "quote": "gateway"}
    ada = table.assignment(table.ada)
    makers.act(
        table.session, table.ada, ada, "add_evidence",
        dimension_id=table.cause.id, code_id=table.config.id, **quote,
    )  # fmt: skip
    table.session.flush()
    makers.act(table.session, table.ada, ada, "answer", dimension_id=table.symptom.id, state="none_applies")
    makers.act(table.session, table.ada, ada, "submit")
    table.codes(table.ben, [table.network])
    table.steps_to("settling")
    return table
