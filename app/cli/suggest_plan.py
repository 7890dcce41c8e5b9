"""What was said to `tandem suggest`, as a plan of a run; and what it would take."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from app.cli.opening import read_settings
from app.problems import Invalid, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.db.session import Database
    from app.rounds.models import Round
    from app.studies.models import Study
    from app.studies.viewer import Viewer
    from app.suggestions.estimate import Estimate
    from app.suggestions.run_plan import RunPlan
    from app.suggestions.sources import Source


class CostCapUnreadable(Invalid):
    """A cap on the cost is an amount of dollars, such as 12.50."""


@dataclass(frozen=True)
class Said:
    limit: int | None
    every: bool
    cohort: str
    service: str
    severity: str
    words: str
    sample: int | None
    seed: int
    endpoint: str
    batch: bool
    template: int | None
    examples: int
    samples: int
    token_cap: int | None
    cost_cap: str
    only_measure: bool


def leading(session: "Session", slug: str) -> "Viewer":
    """The operator acts as the study's first lead."""
    from app.studies.closing import open_study_by_slug
    from app.studies.queries import members
    from app.studies.viewer import Viewer

    study = open_study_by_slug(session, slug)
    leads = [member for member in members(session, study.id) if member.role == "lead" and member.ended_at is None]
    return Viewer(None, study, leads[0])


def wanted_plan(session: "Session", study: "Study", said: Said) -> "tuple[RunPlan, Source]":
    """Raises what cannot be had."""
    from decimal import Decimal, InvalidOperation

    from app.ledger.endpoints import check_may_leave
    from app.suggestions.choosing import Choice
    from app.suggestions.run_plan import USUAL_PARAMETERS, RunPlan

    source = _source(session, study, said.endpoint)
    if source.model:
        check_may_leave(study, source.address)
    try:
        cost_cap = Decimal(said.cost_cap) if said.cost_cap else None
    except InvalidOperation:
        raise CostCapUnreadable from None
    which = "all" if said.every else "new"
    choice = Choice(which, said.words, said.cohort, said.service, said.severity, said.sample, said.seed, said.limit)
    plan = RunPlan(
        model=source.model,
        endpoint_id=source.endpoint_id,
        choice=choice,
        parameters=dict(USUAL_PARAMETERS) if source.model else {},
        prompt_template_id=_template_id(session, study, said.template),
        examples=said.examples,
        samples=said.samples,
        token_cap=said.token_cap,
        cost_cap_usd=cost_cap,
        mode="batch" if said.batch else "live",
        is_offered=not said.only_measure,
    )
    return plan, source


def told_estimate(database: "Database", slug: str, round_name: str, said: Said) -> None:
    """On stdout, and on stderr the caps that it may pass; nothing is asked."""
    from app.rounds.queries import round_named
    from app.suggestions.choosing import chosen_incident_ids
    from app.suggestions.estimate_words import estimate_lines
    from app.suggestions.run_plan import check_plan

    with database.reading() as session:
        viewer = leading(session, slug)
        coding_round = round_named(session, viewer.study.id, round_name)
        plan, source = wanted_plan(session, viewer.study, said)
        check_plan(session, coding_round, plan)
        if not plan.model:
            asked = chosen_incident_ids(session, coding_round, plan.choice)
            typer.echo(f"Incidents: {len(asked):,}\nNo model is asked, so it costs nothing.")
            return
        estimate, beyond = _foreseen(session, coding_round, plan, source)
    typer.echo(f"Model: {plan.model} at {source.host}")
    for term, value in estimate_lines(estimate):
        typer.echo(f"{term}: {value}")
    for sentence in beyond:
        typer.echo(sentence, err=True)


def told_beyond(session: "Session", coding_round: "Round", plan: "RunPlan", source: "Source") -> None:
    """On stderr, before anything is asked: the caps that the run may pass. Without a cap nothing is measured."""
    from app.ledger.budget import has_cap
    from app.suggestions.run_plan import check_plan

    if plan.model and (plan.token_cap or plan.cost_cap_usd or has_cap(session, coding_round.study_id)):
        check_plan(session, coding_round, plan)
        for sentence in _foreseen(session, coding_round, plan, source)[1]:
            typer.echo(sentence, err=True)


def _foreseen(
    session: "Session", coding_round: "Round", plan: "RunPlan", source: "Source"
) -> "tuple[Estimate, list[str]]":
    """What the run would take, and a sentence for each cap that it may pass."""
    from app.ledger.budget import spending
    from app.suggestions.choosing import chosen_incident_ids
    from app.suggestions.estimate import estimate_of
    from app.suggestions.estimate_words import beyond_words
    from app.suggestions.preview import prompting_of

    asked = chosen_incident_ids(session, coding_round, plan.choice)
    prompting = prompting_of(session, coding_round, plan, asked)
    estimate = estimate_of(session, coding_round.study_id, plan, source, prompting, asked)
    left = spending(session, coding_round.study_id)
    return estimate, beyond_words(estimate, token_cap=plan.token_cap, cost_cap=plan.cost_cap_usd, left=left)


def _source(session: "Session", study: "Study", name: str) -> "Source":
    from app.suggestions.sources import sources_of

    sources = sources_of(session, read_settings(), study.id)
    if not name:
        return sources[0]
    found = [one for one in sources if name in (one.key, one.name)]
    if not found:
        there = ", ".join(f"“{one.name}”" if one.endpoint else one.key for one in sources)
        raise NotFound(f"There is no model “{name}” to ask. There is: {there}.")
    return found[0]


def _template_id(session: "Session", study: "Study", version: int | None) -> int | None:
    from app.suggestions.prompt_templates import templates_of
    from app.suggestions.run_plan import NoSuchTemplate

    if version is None:
        return None
    found = [one.id for one in templates_of(session, study.id) if one.version == version]
    if not found:
        raise NoSuchTemplate
    return found[0]
