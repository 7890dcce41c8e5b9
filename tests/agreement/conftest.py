"""A reliability round of two coders, whose answers each test gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.exposures import expose
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]

Reply = Sequence[str] | str | None  # names of codes, 'none_applies', 'not_enough_information'; None: left open


@dataclass
class Table:
    """A study with a one-code and a many-code dimension, and coders who code what they are told."""

    session: Session
    lead: Viewer
    coders: list[Viewer]
    cause: DimensionEntry
    impact: DimensionEntry
    codes: dict[str, CodeEntry]
    rounds: list[Round] = field(default_factory=list)

    def round_of(self, how_many: int, **plan: object) -> tuple[Round, list[Incident]]:
        incidents = makers.make_incidents(self.session, self.lead, how_many)
        wanted = {"purpose": "reliability", **plan}
        return makers.make_round(self.session, self.lead, self.coders, incidents, **wanted), incidents

    def submit(
        self, coder: Viewer, coding_round: Round, incident: Incident, cause: Reply = None, impact: Reply = None
    ) -> None:
        assignment = makers.assignment_of(self.session, coder, coding_round, incident)
        asked = {self.cause.id: cause, self.impact.id: impact}
        answers = {
            dimension: reply if isinstance(reply, str) else [self.codes[name] for name in reply]
            for dimension, reply in asked.items()
            if reply is not None
        }
        makers.code_and_submit(self.session, coder, assignment, answers)

    def show_suggestion(self, coder: Viewer, incident: Incident) -> None:
        expose(self.session, self.lead.study.id, coder.member.id, [(incident.id, "suggestion", 1)])

    def settle(self, coding_round: Round) -> Round:
        return makers.move_round(self.session, self.lead, coding_round, "settling")

    def coded_round(
        self, causes: Sequence[tuple[str, ...]], impacts: Sequence[tuple[Sequence[str], ...]] = (), **plan: object
    ) -> Round:
        """One tuple an incident: what each coder says, by the order of coders. Settled at the end."""
        coding_round, incidents = self.round_of(len(causes), **plan)
        for place, incident in enumerate(incidents):
            for coder, cause in zip(self.coders, causes[place], strict=True):
                impact = impacts[place][self.coders.index(coder)] if impacts else None
                self.submit(coder, coding_round, incident, [cause], impact)
        return self.settle(coding_round)


def make_table(session: Session, coders: int = 2) -> Table:
    lead = makers.make_study(session)
    cause = makers.make_dimension(session, lead, "Root cause")
    impact = makers.make_dimension(session, lead, "Impact", takes="many")
    codes = {name: makers.make_code(session, lead, cause, name) for name in ("Config", "Code", "Load")}
    codes |= {name: makers.make_code(session, lead, impact, name) for name in ("Slow", "Down", "Loss")}
    return Table(session, lead, makers.make_coders(session, lead, coders), cause, impact, codes)


@pytest.fixture
def table(session: Session) -> Table:
    return make_table(session)
