import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.web.pages import is_htmx, page, redirect_after
from app.web.theme import choose_theme


def problem(request: Request) -> Response:
    return page(request, "problem.html", status=409, title="Changed", sentence="Reload <this>.")


async def act(request: Request) -> Response:
    return redirect_after(request, "/there")


def asked(request: Request) -> Response:
    return Response(str(is_htmx(request)))


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/problem", problem),
        Route("/asked", asked),
        Route("/act", act, methods=["POST"]),
        Route("/theme", choose_theme, methods=["POST"]),
    ]
    return TestClient(Starlette(routes=routes), follow_redirects=False)


def test_a_page_without_a_viewer_shows_no_menu_and_no_navigation(client):
    answer = client.get("/problem")

    assert answer.status_code == 409
    assert "Reload &lt;this&gt;." in answer.text
    assert "Sign out" not in answer.text and "bar-nav" not in answer.text
    assert "HX-Request" in answer.headers["vary"]


def test_a_plain_form_is_sent_on_and_htmx_is_told_to_go(client):
    plain, quick = client.post("/act"), client.post("/act", headers={"HX-Request": "true"})

    assert (plain.status_code, plain.headers["location"]) == (303, "/there")
    assert (quick.status_code, quick.headers["hx-redirect"]) == (204, "/there")


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_and_restored_pages_are_whole(client, header):
    assert client.get("/asked", headers={"HX-Request": "true"}).text == "True"
    assert client.get("/asked", headers={"HX-Request": "true", header: "true"}).text == "False"
    assert client.get("/asked").text == "False"


def test_a_chosen_theme_is_written_on_the_next_page(client):
    answer = client.post("/theme", data={"theme": "dark", "back": "/problem?x=1"})

    assert answer.headers["location"] == "/problem?x=1"
    assert '<html lang="en" data-theme="dark">' in client.get("/problem").text


def test_an_unknown_theme_is_the_system_s(client):
    client.post("/theme", data={"theme": '"><b>', "back": "/"})

    assert '<html lang="en">' in client.get("/problem").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nb"])
def test_choosing_a_theme_never_leads_to_another_host(client, back):
    assert client.post("/theme", data={"theme": "dark", "back": back}).headers["location"] == "/"
