"""A page of another site that posts to Tandem in a signed-in person's browser gets nothing done, on no route."""

import pytest
from sqlalchemy import select

from app.studies.models import StudyEvent
from tests.security.test_who_may import walk
from tests.support.clients import client_for
from tests.support.walking import every_route

__all__ = ["client_for", "walk"]

SAFE = ("GET", "HEAD", "OPTIONS")
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "http://testserver:8080"},
    {"Origin": "https://testserver"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: " ".join(headers.values()))
def test_every_route_that_changes_something_refuses_a_request_of_another_site(session, walk, headers):
    walk, _ = walk
    unsafe = [(method, path) for method, path in every_route() if method not in SAFE]
    assert len(unsafe) > 40
    before = events(session)
    for method, path in unsafe:
        answer = walk.asks("lead", method, path, **headers)
        assert answer.status_code == 403, f"{method} {path}"
        assert "sent from another site" in answer.text
    assert events(session) == before


def test_the_same_request_of_tandem_itself_is_taken(walk):
    walk, _ = walk
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}):
        answer = walk.clients["lead"].post(
            f"/studies/{walk.of['slug']}/codebook/versions", data=walk.fields, headers=headers
        )
        assert "sent from another site" not in answer.text


def events(session) -> int:
    return len(session.scalars(select(StudyEvent.id)).all())
