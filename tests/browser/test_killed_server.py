"""The server is killed while it saves, and comes back: what was acknowledged is there, what was not is sent again."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.async_api import expect
from sqlalchemy.engine import URL

from app.db.session import Database
from tests.browser.at_the_desk import check_screen_is_stored, kept, opened, press, saved, stored_acts
from tests.browser.conftest import SignedIn, Site
from tests.coding.conftest import Bench
from tests.support.replicas import Replica

pytestmark = pytest.mark.browser
WAITS_FOR_A_LOCK = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def server(own_database: URL, tmp_path: Path) -> Iterator[Replica]:
    url = own_database.render_as_string(hide_password=False)
    replica = Replica(tmp_path / "killed", {"TANDEM_DATABASE_URL": url})
    replica.start()
    yield replica
    replica.stop()


@pytest.fixture
def site(own_database: URL, server: Replica) -> Iterator[Site]:
    database = Database.at(own_database.render_as_string(hide_password=False))
    yield Site(server.address, database)
    database.dispose()


def kill(server: Replica) -> None:
    assert server.server is not None
    server.server.process.kill()
    server.server.process.wait()
    server.stop()


async def test_promise_5_a_server_killed_during_a_save_loses_nothing(
    site: Site, bench: Bench, signed_in: SignedIn, server: Replica, own_database: URL
) -> None:
    page = await opened(await signed_in(bench.ada), site, bench)
    await press(page, ["1"])
    await saved(page)

    url = own_database.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as holding, psycopg.connect(url, autocommit=True) as looking:
        holding.execute("SELECT FROM assignment_work FOR UPDATE")  # the save gets so far and no further
        await press(page, ["2"])
        while looking.execute(WAITS_FOR_A_LOCK).fetchone() == (0,):
            await page.wait_for_timeout(20)
        kill(server)
    await press(page, ["ArrowDown", "1", "2"])
    await expect(page.locator("#saved [data-saved=waiting]")).to_contain_text("3 not yet saved")
    assert await kept(page) == 3
    assert stored_acts(site) == [f"toggle_code {bench.config.id}"]

    server.start()
    await saved(page)

    pressed = [bench.config, bench.network, bench.slow, bench.down]
    assert stored_acts(site) == [f"toggle_code {code.id}" for code in pressed]
    await check_screen_is_stored(page, site, bench)
