"""Rounds whose coders were helped, made by the acts of people: for what suggestions did to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry
from app.coding.models import AssignmentWork
from app.db.session import Database
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions.deciding import Acting, Choice, decide
from app.suggestions.models import Suggestion, SuggestionRun
from app.suggestions.opening import open_suggestions
from tests import makers
from tests.suggestions.conftest import Table

Answer = Sequence[CodeEntry] | str


@dataclass
class Helped(Table):
    """A table with as many incidents as the test wants, each with the arm that its round dealt it."""

    run: SuggestionRun | None = None

    def arm_of(self, incident: Incident) -> str:
        return makers.assignment_of(self.session, self.ada, self.coding_round, incident).arm

    def of_arm(self, arm: str) -> list[Incident]:
        return [one for one in self.incidents if self.arm_of(one) == arm]

    def asks(self, cause: Mapping[int, CodeEntry] | None = None) -> SuggestionRun:
        """cause: by the place of the incident; the network where nothing is said."""
        steps = [self._reply((cause or {}).get(place, self.network)) for place in range(len(self.incidents))]
        self.run = self.ask(*steps)
        return self.run

    def _reply(self, code: CodeEntry) -> dict[str, Any]:
        plain = self.reply()
        plain[f"d{self.cause.id}"] = plain[f"d{self.cause.id}"] | {"codes": [f"c{code.id}"]}
        return plain

    def hold(self, who: Viewer, incident: Incident) -> Assignment:
        return makers.assignment_of(self.session, who, self.coding_round, incident)

    def says(self, who: Viewer, incident: Incident, cause: Answer, symptom: Answer = "none_applies") -> None:
        answers = {self.cause.id: cause, self.symptom.id: symptom}
        makers.code_and_submit(self.session, who, self.hold(who, incident), answers)

    def answers_nothing(self, who: Viewer, incident: Incident) -> None:
        """That no symptom applies, before handing in."""
        makers.act(
            self.session, who, self.hold(who, incident), "answer", dimension_id=self.symptom.id, state="none_applies"
        )

    def opens(self, who: Viewer, incident: Incident) -> None:
        open_suggestions(self.session, who, self.hold(who, incident).id)
        self.session.flush()

    def offered(self, incident: Incident, dimension_id: int) -> Suggestion:
        assert self.run is not None
        return self.session.scalars(
            select(Suggestion).where(
                Suggestion.run_id == self.run.id,
                Suggestion.incident_id == incident.id,
                Suggestion.dimension_id == dimension_id,
            )
        ).one()

    def decides(self, who: Viewer, suggestion: Suggestion, incident: Incident, decision: str, **choice: Any) -> None:
        hold = self.hold(who, incident)
        newest = makers.next_request(self.session, hold, "submit").after_act_id
        decide(self.session, who, hold.id, suggestion.id, Choice(decision, **choice), Acting(uuid4(), newest, "tab"))

    def again(self, who: Viewer, incident: Incident, cause: CodeEntry | None = None) -> None:
        """Takes it back, if need be, and hands it in; with another cause where one is named."""
        hold = self.hold(who, incident)
        state = self.session.scalar(select(AssignmentWork.state).where(AssignmentWork.assignment_id == hold.id))
        if state != "draft":
            makers.act(self.session, who, hold, "take_back")
        if cause is not None:
            makers.act(self.session, who, hold, "toggle_code", dimension_id=self.cause.id, code_id=cause.id)
        makers.act(self.session, who, hold, "submit", incomplete=True)

    def worked(self, who: Viewer, incident: Incident, seconds: int) -> None:
        """As the browser tells; the acts of a test take no time."""
        hold = self.hold(who, incident)
        self.session.execute(
            update(AssignmentWork).where(AssignmentWork.assignment_id == hold.id).values(active_seconds=seconds)
        )

    def settle(self, phase: str = "settling") -> Round:
        self.coding_round = makers.move_round(self.session, self.lead, self.coding_round, phase)
        return self.coding_round


def make_helped(session: Session, database: Database, how_many: int, **plan: Any) -> Helped:
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
    config = makers.make_code(session, lead, cause, "Configuration")
    network = makers.make_code(session, lead, cause, "Network")
    slow = makers.make_code(session, lead, symptom, "Slow answers")
    incidents = makers.make_incidents(session, lead, how_many)
    plan = {"arm": "on_request", "blind_share": 0.5, "code_sharing": "shared", **plan}
    coding_round = makers.make_round(session, lead, [ada, ben], incidents, **plan)
    return Helped(session, database, lead, ada, ben, cause, symptom, config, network, slow, incidents, coding_round)
