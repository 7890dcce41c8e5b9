"""The validity page as a lead sees it, and its files."""

import csv
import json

import pytest
from sqlalchemy.orm import Session

from app.db.session import Database
from tests.suggestions.fit_world import FitWorld, make_fit_world

CAUSES = ("bug", "config", "load")


@pytest.fixture
def world(session: Session, database: Database) -> FitWorld:
    made = make_fit_world(session, database, incidents=32, arm="after", blind_share=0.0)
    made.ask(lambda n: CAUSES[n % 3], lambda n: "slow down" if n % 2 else "slow")
    for shift, coder in enumerate(made.coders):
        made.code(coder, lambda n, s=shift: CAUSES[(n + (n % 9 == s)) % 3], lambda n: "slow down" if n % 4 else "slow")
    return made


def address(world: FitWorld, more: str = "") -> str:
    assert world.run is not None
    number = world.coding_round.number
    return f"/studies/{world.lead.study.slug}/rounds/{number}/suggestions/{world.run.id}/validity{more}"


def test_the_page_opens_with_the_round_and_only_to_its_lead(world: FitWorld, client_for) -> None:
    lead = client_for(world.lead)
    before = lead.get(address(world))
    table = lead.get(address(world, "/table.csv"))
    world.settle()
    after = lead.get(address(world))

    assert before.status_code == 200 and "This round still runs" in before.text and "α of the coders" not in before.text
    assert table.status_code == 409 and "still running" in table.text
    assert client_for(world.coders[0]).get(address(world)).status_code == 403
    assert after.status_code == 200
    for words in (
        "Is small a fit rater?",
        "Coders among themselves",
        "Root cause",
        "winning rate",
        "Corrected (PPI++)",
    ):
        assert words in after.text
    for coder in world.coders:
        assert f"{coder.name} and small" in after.text
    assert "With two coders it only says" in after.text and "None applies" in after.text
    assert "What the suggestions did to the people" in after.text

    rows = list(csv.DictReader(lead.get(address(world, "/table.csv?annotators=experts")).text.splitlines()))
    told = json.loads(lead.get(address(world, "/figures.json?annotators=experts")).text)
    assert told["epsilon"] == 0.2 and told["exposed"] == 0 and len(told["figures"]) == len(rows)
    measures = {row["measure"] for row in rows}
    assert {
        "alpha",
        "alpha, MASI distance",
        "alternative annotator, mean difference",
        "share, corrected (PPI++)",
    } <= measures
    shares = [row for row in told["figures"] if row["measure"].startswith("share")]
    assert all(row["n"] and row["low"] is not None and row["high"] is not None for row in shares)
    assert lead.get(address(world, "?annotators=nobody")).status_code == 404
    assert lead.get(address(world, "?level=category&annotators=crowd")).status_code == 200
