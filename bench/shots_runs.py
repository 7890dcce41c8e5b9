"""Runs of a model in every state, two to compare, and instructions in versions, for the pictures."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.db.base import now
from app.studies.actions import create_study
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.batch_models import ModelBatch
from app.suggestions.choosing import Choice
from app.suggestions.comparison_page import open_both
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.prompt import INSTRUCTIONS
from app.suggestions.prompt_templates import add_template
from app.suggestions.run_plan import RunPlan
from app.suggestions.steering import pause_run
from tests.makers import make_code, make_coders, make_dimension, make_incidents, make_round

TEXT = "The gateway returned 502 for 40 minutes after a bad config push.\n\nWe rolled the push back and added a check."
INCIDENTS = 24


def pages_of_runs(session: Session, person: Person) -> list[tuple[str, str]]:
    """(name, address)"""
    lead = create_study(session, person, slug="runs", title="Outages of our gateway", about="")
    cause = make_dimension(session, lead, "Root cause")
    codes = [make_code(session, lead, cause, name) for name in ("Configuration", "Network", "Expired certificate")]
    coding_round = make_round(
        session, lead, make_coders(session, lead, 2), make_incidents(session, lead, INCIDENTS, text=TEXT)
    )
    stricter = INSTRUCTIONS.replace("Take only what the report says", "Take only what the report says in so many words")
    template = add_template(session, lead, name="stricter about the report", instructions=stricter)
    add_template(session, lead, name="", instructions=stricter + "\n\nName no cause that the report only suspects.")
    every = Choice(which="all")
    one = _ran(session, ask_for_suggestions(session, lead, coding_round, RunPlan("small")), cause.id, codes, 3)
    plan = RunPlan(
        "large", choice=every, prompt_template_id=template.id, is_offered=False, samples=3, token_cap=200_000
    )
    other = _ran(session, ask_for_suggestions(session, lead, coding_round, plan), cause.id, codes, 2)
    waiting = ask_for_suggestions(session, lead, coding_round, RunPlan("small", choice=every, is_offered=False))
    pause_run(session, lead, coding_round, waiting.id)
    _fails(session, other)
    batch = _as_a_batch(session, ask_for_suggestions(session, lead, coding_round, RunPlan("large", choice=every)))
    differing = session.scalars(select(RunIncident.incident_id).where(RunIncident.run_id == one.id)).all()[1]
    open_both(session, lead, coding_round, (one.id, other.id), differing)
    pages = _pages(lead, coding_round.number, one.id, other.id, waiting.id, differing, template.id)
    return [*pages, ("runs-batch", f"/studies/{lead.study.slug}/rounds/{coding_round.number}/suggestions/{batch.id}")]


def _pages(
    lead: Viewer, number: int, one: int, other: int, waiting: int, differing: int, template: int
) -> list[tuple[str, str]]:
    home = f"/studies/{lead.study.slug}"
    runs = f"{home}/rounds/{number}/suggestions"
    return [
        ("runs-of-study", f"{home}/suggestions"),
        ("runs-of-round", runs),
        ("runs-compose", f"{runs}/new"),
        ("runs-done", f"{runs}/{one}"),
        ("runs-failed", f"{runs}/{other}?state=refused"),
        ("runs-paused", f"{runs}/{waiting}"),
        ("runs-compared", f"{runs}/comparison?one={one}&other={other}&opened={differing}"),
        ("runs-templates", f"{home}/suggestions/templates"),
        ("runs-templates-compared", f"{home}/suggestions/templates?version={template}&beside="),
        ("runs-template-new", f"{home}/suggestions/templates/new?version={template}"),
    ]


def _ran(session: Session, run: SuggestionRun, dimension_id: int, codes: list, turn: int) -> SuggestionRun:  # type: ignore[type-arg]
    """As if a model had said of every incident one of the codes in turn."""
    rows = session.scalars(select(RunIncident).where(RunIncident.run_id == run.id).order_by(RunIncident.id)).all()
    for place, row in enumerate(rows):
        row.state = "done"
        session.add(
            Suggestion(
                study_id=run.study_id, run_id=run.id, incident_id=row.incident_id, dimension_id=dimension_id,
                ordinal=1, code_id=codes[place % turn].id, reasoning="The report names it as what was at fault.",
            )
        )  # fmt: skip
    run.state = "done"
    session.flush()
    return run


def _as_a_batch(session: Session, run: SuggestionRun) -> SuggestionRun:
    """Two batches are through, one is out, and its endpoint says that it is busy."""
    run.mode = "batch"
    of_run = {"study_id": run.study_id, "run_id": run.id, "sent_at": now() - timedelta(hours=2), "questions": 500}
    ended = {**of_run, "state": "ended", "ended_at": now()}
    session.add(ModelBatch(token=uuid4(), status="completed", answered=500, cost_usd=Decimal("1.2044"), **ended))
    session.add(
        ModelBatch(
            token=uuid4(), status="expired", answered=431, failed=2, expired=67, cost_usd=Decimal("1.0391"),
            problem="The endpoint did not get to this question within the day that a batch has. It costs nothing.",
            **ended,
        )
    )  # fmt: skip
    session.add(
        ModelBatch(
            token=uuid4(), state="created", status="in_progress", due_at=now() + timedelta(minutes=4), **of_run,
            problem="The endpoint is busy.",
        )
    )  # fmt: skip
    session.flush()
    return run


def _fails(session: Session, run: SuggestionRun) -> None:
    rows = session.scalars(select(RunIncident).where(RunIncident.run_id == run.id).order_by(RunIncident.id)).all()
    for row, state in zip(rows[-4:], ("refused", "refused", "cut", "invalid"), strict=True):
        row.state, row.problem = state, "The model declined to answer. Code this one by hand."
    session.flush()
