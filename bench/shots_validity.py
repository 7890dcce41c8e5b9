"""A study with a settled round and a model's run over it, for the picture of its validity."""

from app.accounts.models import Person
from app.db.session import Database
from app.studies.actions import create_study
from app.suggestions.actions import ask_for_suggestions
from tests.suggestions.fit_world import Says, make_fit_world

CAUSES, SYMPTOMS = ("bug", "config", "load"), ("slow", "down", "wrong")


def causes(often: int) -> Says:
    return lambda number: CAUSES[(number * number + (number % 7 < often)) % 3]


def symptoms(often: int) -> Says:
    return lambda number: " ".join(
        name for place, name in enumerate(SYMPTOMS) if (number + place) % 3 and (number + place) % (9 - often)
    )


def page_of_validity(database: Database, person: Person) -> str:
    """Three coders on 60 incidents; on 15 of them they look first. In steps, as the worker commits on its own."""
    with database.transaction() as session:
        lead = create_study(session, person, slug="fitness", title="Outages of our relay", about="")
        world = make_fit_world(session, database, incidents=60, coders=3, lead=lead)
        world.run = ask_for_suggestions(session, lead, world.coding_round, model="small")
    with database.transaction() as session:
        world.session, world.new_codes = session, {4: "Certificate ran out"}
        world.answer(causes(1), symptoms(1))
    with database.transaction() as session:
        world.session = session
        for often, coder in enumerate(world.coders):
            world.code(coder, causes(often), symptoms(often))
        world.coding_round = session.merge(world.coding_round)
        world.settle()
    return f"/studies/fitness/rounds/{world.coding_round.number}/suggestions/{world.run.id}/validity"
