"""`tandem study`: studies made by the operator."""

from enum import StrEnum
from typing import Annotated

import typer

from app.cli.opening import open_database, person_named, saying_problems

app = typer.Typer(no_args_is_help=True, help="Studies.")


class Template(StrEnum):
    INCIDENT_STUDY = "incident-study"
    EMPTY = "empty"


class Mode(StrEnum):
    OPEN = "open"
    HYBRID = "hybrid"
    DEDUCTIVE = "deductive"


@app.callback()
def study() -> None:
    """Studies."""


@app.command()
def create(
    slug: Annotated[str, typer.Argument(help="What stands in the address: small letters, digits, hyphens.")],
    title: Annotated[str, typer.Option(help="What the study is called.")],
    template: Annotated[Template, typer.Option(help="What it begins with.")] = Template.INCIDENT_STUDY,
    mode: Annotated[
        Mode, typer.Option(help="open: no codes; hybrid: starter codes and new ones; deductive: starter codes alone.")
    ] = Mode.HYBRID,
    owner: Annotated[str | None, typer.Option(help="E-mail of the person who leads it.")] = None,
) -> None:
    """Make a study."""
    from app.codebook.new_study import begin_study

    with saying_problems(), open_database() as database, database.transaction() as session:
        person = (
            person_named(session, owner, remedy=f"Add them first: tandem user add {owner} --name NAME")
            if owner is not None
            else None
        )
        made = begin_study(session, person, slug=slug, title=title, template=template.value, mode=mode.value)
        typer.echo(f"Made the study “{made.study.title}” at /studies/{made.study.slug}/.", err=True)
