"""A frozen reliability round with a model's run over it: what coders and the model say of each incident is given."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.bring_in import RatingsPlan, bring_in_ratings
from app.agreement.ratings_columns import RatingColumns
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.session import Database
from app.incidents.models import Incident
from app.llm.port import Question
from app.llm.scripted import ScriptedModel
from app.rounds.models import Assignment, Round
from app.rounds.queries import round_by_number
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.choosing import Choice
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.opening import open_suggestions
from app.suggestions.run_plan import RunPlan
from tests import makers

Says = Callable[[int], str]  # the number of an incident -> names of codes, parted by spaces; '' for none


@dataclass
class FitWorld:
    session: Session
    database: Database
    lead: Viewer
    coders: list[Viewer]
    cause: DimensionEntry  # one code
    symptom: DimensionEntry  # many codes
    codes: dict[str, CodeEntry]
    incidents: list[Incident]
    coding_round: Round
    run: SuggestionRun | None = None
    new_codes: dict[int, str] = field(default_factory=dict)  # of the symptom, by the number of an incident
    unread: set[int] = field(default_factory=set)  # where what the model says of the symptom cannot be read
    broken: set[int] = field(default_factory=set)  # where nothing can

    def arm_of(self, incident: Incident) -> str:
        query = select(Assignment.arm).where(
            Assignment.round_id == self.coding_round.id, Assignment.incident_id == incident.id
        )
        return str(self.session.scalars(query.limit(1)).one())

    def ask(self, cause: Says, symptom: Says) -> SuggestionRun:
        """The model answers every incident by these two."""
        self.run = ask_for_suggestions(self.session, self.lead, self.coding_round, model="small")
        self.session.flush()
        self.answer(cause, symptom)
        return self.run

    def measure(self, cause: Says, *, samples: int = 1) -> SuggestionRun:
        """A run that no coder is offered, also once the coding has ended."""
        plan = RunPlan("small", choice=Choice(which="all"), samples=samples, is_offered=False)
        self.run = ask_for_suggestions(self.session, self.lead, self.coding_round, plan)
        self.session.flush()
        self.answer(cause, lambda number: "")
        return self.run

    def answer(self, cause: Says, symptom: Says) -> None:
        model = ScriptedModel(otherwise=lambda question: self._reply(question, cause, symptom), name="small")
        for row in self.rows():
            suggest_for_incident(
                self.database, model, study_id=row.study_id, run_id=row.run_id, incident_id=row.incident_id
            )
        self.session.expire_all()

    def rows(self) -> list[RunIncident]:
        assert self.run is not None
        return list(self.session.scalars(select(RunIncident).where(RunIncident.run_id == self.run.id)))

    def code(self, coder: Viewer, cause: Says, symptom: Says) -> None:
        """Hands in every incident; where suggestions appear from the start, opens them first."""
        for number, incident in enumerate(self.incidents):
            assignment = makers.assignment_of(self.session, coder, self.coding_round, incident)
            if assignment.arm == "before":
                open_suggestions(self.session, coder, assignment.id, None)
            answers = {self.cause.id: self._answer(cause(number)), self.symptom.id: self._answer(symptom(number))}
            makers.code_and_submit(self.session, coder, assignment, answers)

    def settle(self) -> None:
        makers.move_round(self.session, self.lead, self.coding_round, "settling")

    def _answer(self, names: str) -> Sequence[CodeEntry] | str:
        if names == "?":
            return "not_enough_information"
        return [self.codes[name] for name in names.split()] or "none_applies"

    def _reply(self, question: Question, cause: Says, symptom: Says) -> Mapping[str, Any] | str:
        number = number_in(question.user)
        if number in self.broken:
            return "Sorry, no JSON today."
        asked = [(self.cause, cause)] if number in self.unread else [(self.cause, cause), (self.symptom, symptom)]
        return {
            f"d{dimension.id}": {
                "quotes": [],
                "reasoning": "So it says.",
                "codes": [f"c{self.codes[name].id}" for name in says(number).split()],
                "new_codes": [{"name": self.new_codes[number], "definition": "None has it."}]
                if number in self.new_codes and dimension is self.symptom
                else [],
            }
            for dimension, says in asked
        }


def number_in(text: str) -> int:
    found = re.search(r"Incident number (\d+)\.", text)
    assert found is not None
    return int(found.group(1))


def make_fit_world(
    session: Session,
    database: Database,
    *,
    incidents: int = 44,
    coders: int = 2,
    lead: Viewer | None = None,
    chance_of: Callable[[int], float] | None = None,
    **plan: Any,
) -> FitWorld:
    lead = lead or makers.make_study(session)
    people = makers.make_coders(session, lead, coders)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
    codes = {name: makers.make_code(session, lead, cause, name) for name in ("bug", "config", "load")}
    codes |= {name: makers.make_code(session, lead, symptom, name) for name in ("slow", "down", "wrong")}
    made = [
        one
        for number in range(incidents)
        for one in makers.make_incidents(session, lead, 1, text=f"Incident number {number}. The gateway was slow.")
    ]
    wanted = {"purpose": "reliability", "arm": "before", "blind_share": 0.75, "seed": 5, **plan}
    if chance_of is not None:
        wanted["chances"] = {one.id: chance_of(number) for number, one in enumerate(made)}
    coding_round = makers.make_round(session, lead, people, made, **wanted)
    return FitWorld(session, database, lead, people, cause, symptom, codes, made, coding_round)


def make_rated_world(
    session: Session,
    database: Database,
    raters: Mapping[str, Says],
    *,
    incidents: int = 40,
    independent: bool = True,
    category_of: Mapping[str, str] | None = None,
    text_of: Says = "Incident number {}.".format,
    name: str = "From a file",
) -> FitWorld:
    """People's ratings of one dimension came in a file; raters: name -> what each says of each incident. category_of:
    code -> the category that it stands under."""
    lead = makers.make_study(session)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
    above = {
        name: makers.make_code(session, lead, cause, name, is_category=True)
        for name in sorted(set((category_of or {}).values()))
    }
    codes = {
        name: makers.make_code(
            session, lead, cause, name, parent_id=above[category_of[name]].id if category_of else None
        )
        for name in ("bug", "config", "load")
    }
    made = [makers.make_incidents(session, lead, 1, text=text_of(n))[0] for n in range(incidents)]
    lines = [
        f"{one.external_id},{rater},Root cause,{says(number)}"
        for rater, says in raters.items()
        for number, one in enumerate(made)
    ]
    columns = RatingColumns("item", "rater", "code", "dimension")
    content = "\n".join(["item,rater,dimension,code", *lines]).encode()
    plan = RatingsPlan(name, columns, independent=independent)
    done = bring_in_ratings(session, lead, content, plan, file_name="ratings.csv")
    coding_round = round_by_number(session, lead.study.id, done.round_number)
    return FitWorld(session, database, lead, [], cause, symptom, codes | above, made, coding_round)
