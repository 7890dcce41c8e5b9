"""`tandem suggest`: asks for suggestions for a round, and stays until they are there."""

import os
import time
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import open_database, saying_problems
from app.cli.suggest_plan import Said, leading, told_beyond, told_estimate, wanted_plan

if TYPE_CHECKING:
    from app.db.session import Database
    from app.suggestions.run_page import RunPage

POLL_SECONDS = 0.5
INCIDENTS, MODEL, PROMPT, LIMITS = "Which incidents", "Whom to ask", "What is asked", "Limits and use"


Endpoint = Annotated[
    str,
    typer.Option(
        help="A model of the study by its name, “server” for the one that the settings name, “similar” for similar "
        "incidents. Unset: the first of these that there is.",
        rich_help_panel=MODEL,
    ),
]
Template = Annotated[
    int | None,
    typer.Option(min=1, help="Version of the instructions; unset: as Tandem ships them.", rich_help_panel=PROMPT),
]


def suggest(
    slug: Annotated[str, typer.Argument(help="The study's short name.")],
    round_name: Annotated[str, typer.Option("--round", help="Name or number of the round.")],
    limit: Annotated[
        int | None, typer.Option(min=1, help="For so many incidents at most.", rich_help_panel=INCIDENTS)
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Those with suggestions too.", rich_help_panel=INCIDENTS)
    ] = False,
    cohort: Annotated[str, typer.Option(help="Of this cohort only.", rich_help_panel=INCIDENTS)] = "",
    service: Annotated[str, typer.Option(help="Of this service only.", rich_help_panel=INCIDENTS)] = "",
    severity: Annotated[str, typer.Option(help="Of this severity only.", rich_help_panel=INCIDENTS)] = "",
    words: Annotated[str, typer.Option(help="With these words in title or text.", rich_help_panel=INCIDENTS)] = "",
    sample: Annotated[
        int | None, typer.Option(min=1, help="So many of them, drawn at random.", rich_help_panel=INCIDENTS)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.", rich_help_panel=INCIDENTS)] = 0,
    endpoint: Endpoint = "",
    batch: Annotated[
        bool, typer.Option("--batch", help="As a batch, where the endpoint takes them.", rich_help_panel=MODEL)
    ] = False,
    template: Template = None,
    examples: Annotated[
        int, typer.Option(min=0, help="Settled incidents to show as examples.", rich_help_panel=PROMPT)
    ] = 0,
    samples: Annotated[int, typer.Option(min=1, max=5, help="Times to ask each.", rich_help_panel=PROMPT)] = 1,
    token_cap: Annotated[int | None, typer.Option(min=1, help="Most tokens.", rich_help_panel=LIMITS)] = None,
    cost_cap: Annotated[str, typer.Option(help="Most dollars, such as 12.50.", rich_help_panel=LIMITS)] = "",
    only_measure: Annotated[
        bool, typer.Option("--only-measure", help="No coder is offered anything of it.", rich_help_panel=LIMITS)
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Say what it would take, ask nothing, and stop.", rich_help_panel=LIMITS)
    ] = False,
) -> None:
    """Ask a model for suggestions; with none, offer the final codes of similar incidents.

    The jobs are in the queue: interrupted, they are done by the next worker. The page of the run pauses or cancels it.
    """
    from app.cli.worker_process import WorkerProcess

    said = Said(
        limit, every, cohort, service, severity, words, sample, seed, endpoint, batch, template, examples, samples,
        token_cap, cost_cap, only_measure,
    )  # fmt: skip
    with saying_problems(), open_database() as database:
        if estimate:
            return told_estimate(database, slug, round_name, said)
        number, run_id = _asked(database, slug, round_name, said)
        os.environ["TANDEM_DATABASE_URL"] = database.bind.engine.url.render_as_string(hide_password=False)
        with WorkerProcess():  # beside any other: a job is taken once
            shown = _watched(database, slug, number, run_id)
    for row, incident in shown.listed:
        typer.echo(f"{incident.label}: {row.problem}", err=True)
    if shown.run.state == "paused":
        typer.echo(f"Paused: {shown.run.problem}", err=True)
    if shown.run.state != "done" or shown.line.failed:
        raise typer.Exit(1)


def _asked(database: "Database", slug: str, round_name: str, said: Said) -> tuple[int, int]:
    """(number of the round, id of the run)"""
    from app.rounds.queries import round_named
    from app.suggestions.actions import ask_for_suggestions

    with database.transaction() as session:
        viewer = leading(session, slug)
        coding_round = round_named(session, viewer.study.id, round_name)
        plan, source = wanted_plan(session, viewer.study, said)
        told_beyond(session, coding_round, plan, source)
        run = ask_for_suggestions(session, viewer, coding_round, plan)
        asked = f"{run.model} at {source.host}" if run.model else "similar incidents"
        typer.echo(f"Asking {asked} about {coding_round.name}.", err=True)
        return coding_round.number, run.id


def _watched(database: "Database", slug: str, number: int, run_id: int) -> "RunPage":
    from app.rounds.queries import round_by_number
    from app.suggestions.run_page import Looking, run_page

    told = ""
    while True:
        with database.reading() as session:
            viewer = leading(session, slug)
            coding_round = round_by_number(session, viewer.study.id, number)
            shown = run_page(session, viewer, coding_round, run_id, Looking())
            session.expunge_all()
        line = shown.line
        words = f"{line.done} of {line.total} done, {line.failed} failed, {line.spent.calls} calls"
        if words != told:
            typer.echo(words, err=True)
            told = words
        if not line.is_running:
            return shown
        time.sleep(POLL_SECONDS)
