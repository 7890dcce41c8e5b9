"""Planning for a precision: how many incidents it takes, and what a plan would bring."""

import pytest
from sqlalchemy.orm import Session

from app.methods.agreement import expected_width, units_for_width
from tests import makers
from tests.agreement.conftest import Table
from tests.rounds.test_planning import least, told
from tests.support.clients import HTMX, ClientFor


@pytest.fixture
def base(session: Session, table: Table) -> str:
    makers.make_incidents(session, table.lead, 30)
    return f"/studies/{table.lead.study.slug}/rounds"


def test_the_incidents_that_a_wanted_precision_takes_stand_beside_the_plan(
    table: Table, client_for: ClientFor, base: str
) -> None:
    """The numbers of Bloch and Kraemer are those published in Krippendorff (2004), p. 240."""
    wished = {"rarest_percent": "25", "expected_alpha": "0.8", "wanted_width": "0.2"}
    page = client_for(table.lead).post(f"{base}/preview", data=least(table, **wished))
    words = told(page)

    needed = units_for_width(0.2, 2, 0.8, (0.25, 0.75))
    assert f"2 planned {needed} 81 139" in words
    assert f"30 incidents with several coders bring an interval about {_written(30)} wide" in words
    assert f"{needed - 30} fewer than an interval of .20 takes" in words


def _written(incidents: int) -> str:
    return f"{expected_width(incidents, 2, 0.8, (0.25, 0.75)):.2f}".removeprefix("0")


def test_where_nothing_is_known_a_hundred_are_the_aim(table: Table, client_for: ClientFor, base: str) -> None:
    words = told(client_for(table.lead).get(f"{base}/new"))

    assert "70 fewer than the 100 that are usual where nothing is known" in words
    assert "say how rare it is" in words


def test_before_the_plan_is_whole_it_says_how_many_would_be_needed(
    table: Table, client_for: ClientFor, base: str
) -> None:
    wished = {"take": "sample", "sample_size": "", "rarest_percent": "10"}
    answer = client_for(table.lead).post(f"{base}/preview", data=least(table, **wished), headers=HTMX)

    assert "Nothing yet" in told(answer) and "172 294" in told(answer)


@pytest.mark.parametrize("typed", ["0", "51", "a few", "-1", "9" * 30])
def test_a_share_that_cannot_be_is_said_at_its_field_and_hinders_no_plan(
    table: Table, client_for: ClientFor, base: str, typed: str
) -> None:
    client = client_for(table.lead)
    page = client.post(f"{base}/preview", data=least(table, rarest_percent=typed))

    assert "Give a whole number from 1 to 50." in page.text and "How sharp the figure" not in told(page)
    assert client.post(base, data=least(table, rarest_percent=typed)).status_code == 303


def test_three_coders_on_an_incident_are_planned_for(
    session: Session, table: Table, client_for: ClientFor, base: str
) -> None:
    third = makers.make_member(session, table.lead)
    coders = [str(coder.member.id) for coder in (*table.coders, third)]
    wished = {"coder_ids": coders, "coders_per_incident": "3", "rarest_percent": "10"}
    words = told(client_for(table.lead).post(f"{base}/preview", data=least(table, **wished)))

    assert f"3 planned {units_for_width(0.2, 3, 0.7, (0.1, 0.9))}" in words
