"""A form that comes twice is done once, on every page that makes something anew."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from starlette.datastructures import FormData

from app.db.session import Database
from app.rounds.models import Round
from app.studies.models import Membership
from app.studies.sent_forms import sent_before
from app.web.forms import Posted
from tests import makers
from tests.rounds.test_routes import plan
from tests.support.clients import HTMX

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"


def posted(**fields: str) -> Posted:
    return Posted(FormData(list(fields.items())))


def test_only_the_same_form_with_the_same_in_it_was_sent_before(session) -> None:
    lead, other = makers.make_study(session), makers.make_study(session)

    assert not sent_before(session, lead, "/a", posted(form_key=KEY, text="one"))
    assert sent_before(session, lead, "/a", posted(form_key=KEY, text="one"))
    assert not sent_before(session, lead, "/a", posted(form_key=KEY, text="two"))
    assert not sent_before(session, lead, "/b", posted(form_key=KEY, text="one"))
    assert not sent_before(session, other, "/a", posted(form_key=KEY, text="one"))
    for _ in range(2):
        assert not sent_before(session, lead, "/a", posted(text="one"))


def test_of_two_at_the_same_moment_the_second_waits_and_is_told(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
    start = threading.Barrier(2)

    def sent(_: int) -> bool:
        with database.transaction() as session:
            start.wait()
            return sent_before(session, lead, "/a", posted(form_key=KEY, text="one"))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(sent, range(2))) == [False, True]
    database.dispose()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_somebody_invited_by_a_double_click_is_one_member(session, client_for, headers: dict[str, str]) -> None:
    lead = makers.make_study(session)
    client, address = client_for(lead), f"/studies/{lead.study.slug}/members"
    assert 'name="form_key"' in client.get(address).text

    form = {"name": "Ben", "role": "coder", "form_key": KEY}
    first, second = (client.post(address, data=form, headers=headers) for _ in range(2))

    assert "The link for Ben" in first.text
    assert "The link for" not in second.text and "Ben was invited once" in second.text
    names = session.scalars(select(Membership.name).where(Membership.study_id == lead.study.id)).all()
    assert names.count("Ben") == 1


def test_a_form_that_was_refused_may_be_sent_again(session, client_for) -> None:
    lead = makers.make_study(session)
    client, address = client_for(lead), f"/studies/{lead.study.slug}/members"
    refused = {"name": "", "role": "coder", "form_key": KEY}

    assert [client.post(address, data=refused).status_code for _ in range(2)] == [422, 422]


def test_a_round_planned_by_a_double_click_is_one_round(session, table, client_for) -> None:
    makers.make_incidents(session, table.lead, 5)
    base = f"/studies/{table.lead.study.slug}/rounds"
    client = client_for(table.lead)

    first, second = (client.post(base, data=plan(table, form_key=KEY)) for _ in range(2))

    assert (first.headers["location"], second.headers["location"]) == (f"{base}/1", base)
    of_study = Round.study_id == table.lead.study.id
    assert session.scalar(select(func.count()).select_from(Round).where(of_study)) == 1
