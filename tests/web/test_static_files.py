import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.web.static_files import VersionedStaticFiles, static_url


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=[Mount("/static", VersionedStaticFiles())]))


def test_a_file_asked_for_by_its_hash_is_kept_for_a_year(client):
    answer = client.get(static_url("css/tokens.css"))

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("address", ["/static/js/keys.js", "/static/css/tokens.css?v=older"])
def test_a_file_without_its_present_hash_is_checked_every_time(client, address):
    first = client.get(address)

    assert first.headers["cache-control"] == "no-cache"
    assert client.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_nothing_outside_the_folder_is_served(client):
    assert client.get("/static/../pyproject.toml").status_code == 404
    assert client.get("/static/%2e%2e/pyproject.toml").status_code == 404


def test_a_missing_file_is_noticed_when_a_page_is_drawn():
    with pytest.raises(FileNotFoundError):
        static_url("css/none.css")
