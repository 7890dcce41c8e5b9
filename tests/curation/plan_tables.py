"""A study with a one-code and a many-code dimension, and two coders who code what they are told: for plans."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.exposures import expose
from app.curation.plan_actions import PlannedStep, make_plan
from app.curation.plan_models import CodebookPlan
from app.curation.plan_queries import OpenedPlan, opened
from app.curation.what_if import WhatIf, what_if
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests import makers

CAUSES = ("Quota", "Quota limit", "Bad config", "Node down")
IMPACTS = ("Errors", "Error rate", "Slow")


@dataclass
class Table:
    session: Session
    lead: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry
    impact: DimensionEntry
    codes: dict[str, CodeEntry]
    above: CodeEntry
    incidents: list[Incident] = field(default_factory=list)

    def id(self, name: str) -> int:
        return self.codes[name].id

    def ids(self, *names: str) -> tuple[int, ...]:
        return tuple(self.id(name) for name in names)

    def round_of(self, how_many: int, **plan: object) -> Round:
        self.incidents = makers.make_incidents(self.session, self.lead, how_many)
        wanted = {"purpose": "reliability", **plan}
        return makers.make_round(self.session, self.lead, [self.ada, self.ben], self.incidents, **wanted)

    def says(
        self,
        coder: Viewer,
        coding_round: Round,
        at: int,
        cause: str | Sequence[str] = (),
        impact: str | Sequence[str] = (),
        *,
        exposed: bool = False,
    ) -> None:
        """Names of codes; 'none_applies' or 'not_enough_information' as a word; nothing leaves it open."""
        incident = self.incidents[at]
        if exposed:
            expose(self.session, self.lead.study.id, coder.member.id, [(incident.id, "declared", None)])
        assignment = makers.assignment_of(self.session, coder, coding_round, incident)
        said = {self.cause.id: cause, self.impact.id: impact}
        answers = {
            key: value if isinstance(value, str) else [self.codes[name] for name in value]
            for key, value in said.items()
            if value
        }
        makers.code_and_submit(self.session, coder, assignment, answers)

    def plans(self, *steps: PlannedStep, by: Viewer | None = None, shared: bool = False) -> CodebookPlan:
        return make_plan(self.session, by or self.lead, "Fewer codes", steps, shared=shared)

    def draft(self, plan: CodebookPlan) -> OpenedPlan:
        self.session.expire_all()
        return opened(self.session, plan)

    def what_if(self, plan: CodebookPlan, *, seen_by: Viewer | None = None) -> WhatIf:
        return what_if(self.session, seen_by or self.lead, self.draft(plan))

    def now(self, name: str) -> CodeEntry:
        return disclosed_codebook(self.session, self.lead.study.id).codes[self.id(name)]


def make_table(session: Session) -> Table:
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause")
    impact = makers.make_dimension(session, lead, "Impact", takes="many")
    codes = {name: makers.make_code(session, lead, cause, name) for name in CAUSES}
    codes |= {name: makers.make_code(session, lead, impact, name) for name in IMPACTS}
    above = makers.make_code(session, lead, cause, "Capacity", is_category=True)
    return Table(session, lead, ada, ben, cause, impact, codes, above)
