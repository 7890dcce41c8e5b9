"""The form in which a lead composes a run: what was typed, what it means, and what is wrong with it."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.ledger.endpoint_problems import OnlyLocalModels
from app.ledger.endpoints import check_may_leave
from app.methods.sampling import TooFewIncidents
from app.problems import Conflict, Invalid, NotAllowed, Problem
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions import policy, run_plan
from app.suggestions.choosing import Choice, NothingFits, UnknownChoice, chosen_incident_ids
from app.suggestions.prompt import DimensionEntry
from app.suggestions.run_plan import LENGTH, RunPlan, dimensions_of
from app.suggestions.sources import Source, source_named
from app.web.forms import A_NUMBER, Posted, whole_number

TYPED = {
    "source": "",
    "which": "new",
    "cohort": "",
    "service": "",
    "severity": "",
    "words": "",
    "take": "all",
    "sample_size": "",
    "seed": "",
    "limit": "",
    "temperature": "0",
    "parameter_seed": "",
    "length": "",
    "effort": "",
    "template": "",
    "examples": "0",
    "samples": "1",
    "token_cap": "",
    "cost_cap": "",
    "mode": "live",
    "use": "offered",
    "incident": "",
}
BELONGS_TO: dict[type[Exception], str] = {
    OnlyLocalModels: "source",
    run_plan.NoDimension: "dimension_ids",
    run_plan.TemperatureNotUsable: "temperature",
    run_plan.SeedNotUsable: "parameter_seed",
    run_plan.LengthNotUsable: "length",
    run_plan.EffortNotUsable: "effort",
    run_plan.SamplesNotUsable: "samples",
    run_plan.ExamplesNotUsable: "examples",
    run_plan.TokenCapNotUsable: "token_cap",
    run_plan.CostCapNotUsable: "cost_cap",
    run_plan.NoSuchTemplate: "template",
    run_plan.NoBatches: "mode",
    run_plan.NoBatchesThere: "mode",
    NothingFits: "which",
    UnknownChoice: "which",
    TooFewIncidents: "sample_size",
    policy.LimitNotUsable: "limit",
    policy.NothingToAsk: "which",
    policy.RoundIsOver: "use",
}
NONE_TICKED = 0  # the id of no dimension
NO_SAMPLE = "A sample is a whole number of incidents, at least one."
UNKNOWN_SOURCE = "This model is not there any more. Choose another."
MOST_WORDS = 300
# As long as the database keeps it. Without exponents: 1e999999999 is a number that fills the memory.
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{0,8})?|\.[0-9]{1,8}")


class PlanRefused(Exception):
    """The form is shown again; nothing was started."""

    def __init__(self, form: "ComposeForm") -> None:
        super().__init__("the plan was refused")
        self.form = form


@dataclass
class ComposeForm:
    """problems: field -> sentence; '' for what concerns the whole plan. seed: typed, or drawn and sent along.

    dimension_ids None: the form did not ask, so all of the round are meant. plan None: it cannot be had so.
    """

    typed: dict[str, str]
    dimension_ids: list[int] | None = None
    dimensions: Sequence[DimensionEntry] = ()
    source: Source | None = None
    incident_ids: list[int] = field(default_factory=list)
    plan: RunPlan | None = None
    problems: dict[str, str] = field(default_factory=dict)
    refusal: Problem | None = None

    @classmethod
    def empty(cls, session: Session, coding_round: Round, sources: Sequence[Source], **said: str) -> "ComposeForm":
        """said: what a link says of it, such as the template."""
        form = cls(TYPED | {name: value for name, value in said.items() if value})
        if not policy.may_ask(coding_round, is_offered=True):
            form.typed |= {"use": "measured", "which": "all"}
        form._understand(session, coding_round, sources)
        return form

    @classmethod
    def read(cls, posted: Posted, session: Session, coding_round: Round, sources: Sequence[Source]) -> "ComposeForm":
        form = cls({name: posted.text(name, usual) for name, usual in TYPED.items()})
        if "composed" in posted:
            found = [whole_number(one) for one in posted.many("dimension_ids")]
            form.dimension_ids = [one for one in found if one is not None]
        form._understand(session, coding_round, sources)
        return form

    def hidden(self) -> list[tuple[str, str]]:
        """Every field again, for a form that only asks whether to go ahead."""
        dimensions = [("dimension_ids", str(one)) for one in self.dimension_ids or ()]
        composed = [("composed", "yes")] if self.dimension_ids is not None else []
        return [*composed, *self.typed.items(), *dimensions]

    def has_dimension(self, dimension_id: int) -> bool:
        return self.dimension_ids is None or dimension_id in self.dimension_ids

    @property
    def shown_incident(self) -> int | None:
        return whole_number(self.typed["incident"], below=A_NUMBER)

    def _understand(self, session: Session, coding_round: Round, sources: Sequence[Source]) -> None:
        """Every field tells what is wrong with it; then the incidents, then what the plan as a whole cannot be."""
        self.dimensions = dimensions_of(session, coding_round)
        self.source = source_named(sources, self.typed["source"])
        if self.source is None:
            self.problems["source"] = UNKNOWN_SOURCE
            return
        self.typed["source"] = self.source.key
        plan = self._plan(coding_round, self.source)
        try:
            policy.check_may_ask(coding_round, is_offered=plan.is_offered)
            check_may_leave(session.get_one(Study, coding_round.study_id), self.source.address)
            self.incident_ids = chosen_incident_ids(session, coding_round, plan.choice)
            run_plan.check_plan(session, coding_round, plan)
            run_plan.example_ids(session, coding_round, plan, self.incident_ids)
        except (Invalid, Conflict, NotAllowed) as problem:
            self.refusal = problem
            self.problems.setdefault(BELONGS_TO.get(type(problem), ""), problem.sentence)
        if not self.problems:
            self.plan = plan

    def _plan(self, coding_round: Round, source: Source) -> RunPlan:
        return RunPlan(
            model=source.model,
            endpoint_id=source.endpoint_id,
            choice=self._choice(),
            dimension_ids=self._dimension_ids(),
            parameters=self._parameters() if source.model else {},
            prompt_template_id=self._number("template", run_plan.NoSuchTemplate),
            examples=self._number("examples", run_plan.ExamplesNotUsable) or 0,
            samples=self._number("samples", run_plan.SamplesNotUsable) or 0,
            token_cap=self._number("token_cap", run_plan.TokenCapNotUsable),
            cost_cap_usd=self._decimal("cost_cap", run_plan.CostCapNotUsable),
            mode=self.typed["mode"],
            is_offered=self.typed["use"] != "measured",
        )

    def _dimension_ids(self) -> tuple[int, ...]:
        """Empty, which is all of them, where all are ticked."""
        there = [one.id for one in self.dimensions]
        if self.dimension_ids is None or set(self.dimension_ids) == set(there):
            return ()
        return tuple(one for one in there if one in self.dimension_ids) or (NONE_TICKED,)

    def _choice(self) -> Choice:
        sample, seed = None, 0
        if self.typed["take"] == "sample":
            sample = self._number("sample_size", TooFewIncidents)
            if not sample:
                self.problems["sample_size"] = NO_SAMPLE
            self.typed["seed"] = self.typed["seed"] or str(secrets.randbelow(10**6))
            seed = self._number("seed", run_plan.SeedNotUsable) or 0
        return Choice(
            which=self.typed["which"],
            words=self.typed["words"][:MOST_WORDS],
            cohort=self.typed["cohort"],
            service=self.typed["service"],
            severity=self.typed["severity"],
            sample=sample or None,
            seed=seed,
            first=self._number("limit", policy.LimitNotUsable),
        )

    def _parameters(self) -> dict[str, Any]:
        """Only those given are sent."""
        found = {
            "temperature": self._temperature(),
            "seed": self._number("parameter_seed", run_plan.SeedNotUsable),
            LENGTH: self._number("length", run_plan.LengthNotUsable),
            "reasoning_effort": self.typed["effort"] or None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _number(self, name: str, wrong: type[Invalid]) -> int | None:
        typed = self.typed[name]
        if not typed:
            return None
        number = whole_number(typed.replace(",", ""))
        if number is None:
            self.problems[name] = wrong().sentence
        return number

    def _decimal(self, name: str, wrong: type[Invalid]) -> Decimal | None:
        typed = self.typed[name].removeprefix("$").strip()
        if not typed:
            return None
        if not NUMBER.fullmatch(typed):
            self.problems[name] = wrong().sentence
            return None
        return Decimal(typed)

    def _temperature(self) -> float | int | None:
        found = self._decimal("temperature", run_plan.TemperatureNotUsable)
        if found is None:
            return None
        return int(found) if found == found.to_integral_value() else float(found)
