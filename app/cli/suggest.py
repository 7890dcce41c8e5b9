"""`tandem suggest`: asks for suggestions for a round, and stays until they are there."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import open_database, read_settings, saying_problems

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.db.session import Database
    from app.studies.viewer import Viewer
    from app.suggestions.runs import Run

POLL_SECONDS = 0.5


def suggest(
    slug: Annotated[str, typer.Argument(help="The study's short name.")],
    round_name: Annotated[str, typer.Option("--round", help="Name or number of the round.")],
    limit: Annotated[int | None, typer.Option(min=1, help="For so many incidents at most.")] = None,
) -> None:
    """Ask the model that the settings name; with none, offer the final codes of similar incidents.

    The jobs are in the queue: interrupted, they are done by the next worker.
    """
    from app.cli.worker_process import WorkerProcess

    with saying_problems(), open_database() as database:
        number, run_id = _asked(database, slug, round_name, limit)
        os.environ["TANDEM_DATABASE_URL"] = database.bind.engine.url.render_as_string(hide_password=False)
        with WorkerProcess():  # beside any other: a job is taken once
            run = _watched(database, slug, number, run_id)
    for incident, problem in run.problems:
        typer.echo(f"{incident.label}: {problem}", err=True)
    if run.run.state == "paused":
        typer.echo(f"Paused: {run.run.problem}", err=True)
    if run.run.state != "done" or run.failed:
        raise typer.Exit(1)


def _asked(database: "Database", slug: str, round_name: str, limit: int | None) -> tuple[int, int]:
    """(number of the round, id of the run)"""
    from app.llm.configured import endpoint_host, model_name
    from app.rounds.queries import round_named
    from app.suggestions.actions import ask_for_suggestions

    settings = read_settings()
    with database.transaction() as session:
        viewer = _lead(session, slug)
        coding_round = round_named(session, viewer.study.id, round_name)
        run = ask_for_suggestions(session, viewer, coding_round, model=model_name(settings), limit=limit)
        source = f"{run.model} at {endpoint_host(settings)}" if run.model else "similar incidents"
        typer.echo(f"Asking {source} about {coding_round.name}.", err=True)
        return coding_round.number, run.id


def _watched(database: "Database", slug: str, number: int, run_id: int) -> "Run":
    from app.rounds.queries import round_by_number
    from app.suggestions.runs import runs_page

    told = ""
    while True:
        with database.reading() as session:
            viewer = _lead(session, slug)
            shown = runs_page(session, viewer, round_by_number(session, viewer.study.id, number))
            session.expunge_all()
        run = next(one for one in shown.runs if one.run.id == run_id)
        words = f"{run.done} of {run.total} done, {run.failed} failed, {run.spent.calls} calls"
        if words != told:
            typer.echo(words, err=True)
            told = words
        if not run.is_running:
            return run
        time.sleep(POLL_SECONDS)


def _lead(session: "Session", slug: str) -> "Viewer":
    """The operator acts as the study's first lead."""
    from app.studies.closing import open_study_by_slug
    from app.studies.queries import members
    from app.studies.viewer import Viewer

    study = open_study_by_slug(session, slug)
    leads = [member for member in members(session, study.id) if member.role == "lead" and member.ended_at is None]
    return Viewer(None, study, leads[0])
