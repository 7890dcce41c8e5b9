"""What the pages on which a run is composed show: what can be chosen, what would be sent, and what it would take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.incidents.queries import choices
from app.ledger.budget import Spending, spending
from app.rounds.models import Round
from app.studies.models import Study
from app.suggestions.choosing import count_askable, count_to_ask
from app.suggestions.compose_form import ComposeForm
from app.suggestions.estimate import Estimate, estimate_of
from app.suggestions.estimate_words import beyond_words, estimate_lines, how_estimated
from app.suggestions.examples import MOST_EXAMPLES, examples_available
from app.suggestions.models import PromptTemplate
from app.suggestions.plan_words import (
    cap_words,
    choice_words,
    dimension_words,
    mode_words,
    parameter_words,
    sample_words,
    use_words,
)
from app.suggestions.policy import may_ask
from app.suggestions.preview import Preview, preview_of, prompting_of
from app.suggestions.prompt_templates import SHIPPED_NAME, templates_of
from app.suggestions.sources import Source


@dataclass(frozen=True)
class Foreseen:
    """What the plan of a form comes to. None where it cannot be had so, or asks no model.

    beyond: a sentence for each cap that it may pass.
    """

    incidents: int
    preview: Preview | None
    estimate: Estimate | None
    beyond: list[str]

    @property
    def lines(self) -> list[tuple[str, str]]:
        return estimate_lines(self.estimate) if self.estimate else []

    @property
    def rests_on(self) -> str:
        return how_estimated(self.estimate) if self.estimate else ""


@dataclass(frozen=True)
class Composing:
    """examples: how many settled incidents could be shown, those of the plan itself among them."""

    coding_round: Round
    form: ComposeForm
    sources: Sequence[Source]
    templates: Sequence[PromptTemplate]
    examples: int
    filters: Mapping[str, list[str]]
    askable: int
    to_ask: int
    may_offer: bool
    redacts: bool
    spending: Spending
    foreseen: Foreseen

    @property
    def most_examples(self) -> int:
        return min(MOST_EXAMPLES, self.examples)

    @property
    def source_options(self) -> list[tuple[str, str]]:
        return [(one.key, one.words) for one in self.sources]

    @property
    def template_options(self) -> list[tuple[str, str]]:
        written = [
            (str(one.id), f"Version {one.version}{f': {one.name}' if one.name else ''}") for one in self.templates
        ]
        return [("", SHIPPED_NAME), *written]

    @property
    def filter_options(self) -> list[tuple[str, str, list[tuple[str, str]]]]:
        """(field, its label, what can be chosen)"""
        return [
            (name, name.capitalize(), [("", "any"), *((value, value) for value in values)])
            for name, values in self.filters.items()
            if values
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The plan in words."""
        plan, source = self.form.plan, self.form.source
        if plan is None or source is None:
            return []
        incidents = f"{self.foreseen.incidents:,}: {choice_words(plan.choice.stored)}"
        use = use_words(is_offered=plan.is_offered)
        if not plan.model:
            return [("Incidents", incidents), ("Source", source.name), ("Use", use)]
        template = dict(self.template_options)[str(plan.prompt_template_id or "")]
        return [
            ("Incidents", incidents),
            ("Model", plan.model),
            ("Sent to", source.host),
            ("Texts", "secrets taken out" if self.redacts else "as they are stored"),
            ("Asked", mode_words(plan.mode)),
            ("Parameters", parameter_words(plan.parameters)),
            ("Dimensions", dimension_words([one.name for one in self.form.dimensions if one.id in plan.dimension_ids])),
            ("Instructions", template),
            ("Examples", f"{plan.examples}" if plan.examples else "none"),
            ("Each incident", f"asked {sample_words(plan.samples)}"),
            ("Caps of the run", cap_words(plan.token_cap, plan.cost_cap_usd)),
            ("Use", use),
        ]


def composing(session: Session, coding_round: Round, form: ComposeForm, sources: Sequence[Source]) -> Composing:
    study = session.get_one(Study, coding_round.study_id)
    return Composing(
        coding_round=coding_round,
        form=form,
        sources=sources,
        templates=templates_of(session, study.id),
        examples=len(examples_available(session, study.id, coding_round)),
        filters=choices(session, study.id),
        askable=count_askable(session, coding_round),
        to_ask=count_to_ask(session, coding_round),
        may_offer=may_ask(coding_round, is_offered=True),
        redacts=study.redacts,
        spending=spending(session, study.id),
        foreseen=foreseen_of(session, coding_round, form),
    )


def foreseen_of(session: Session, coding_round: Round, form: ComposeForm) -> Foreseen:
    plan, source, asked = form.plan, form.source, form.incident_ids
    if plan is None or source is None or not plan.model:
        return Foreseen(len(asked), None, None, [])
    prompting = prompting_of(session, coding_round, plan, asked)
    estimate = estimate_of(session, coding_round.study_id, plan, source, prompting, asked)
    left = spending(session, coding_round.study_id)
    return Foreseen(
        incidents=len(asked),
        preview=preview_of(session, coding_round, prompting, asked, form.shown_incident),
        estimate=estimate,
        beyond=beyond_words(estimate, token_cap=plan.token_cap, cost_cap=plan.cost_cap_usd, left=left),
    )
