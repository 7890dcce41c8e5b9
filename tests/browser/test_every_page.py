"""Every page of the app, as `bench.shots` opens it: axe finds nothing grave, and nothing runs out of the window."""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser
from sqlalchemy.engine import URL
from starlette.routing import Match

from app import routers
from app.accounts.viewer import COOKIE
from app.db.session import Database
from app.sample.loader import load_sample
from app.web.theme import COOKIE as THEME
from bench.shots_stage import Shot, Stage, set_stage
from tests.browser.conftest import running_site
from tests.support.walking import every_route

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

S = "/studies/{slug}"
NO_PAGES = {  # files, figures for machines, streams, and pieces of a page that are in one that is walked
    "/healthz",
    "/readyz",
    "/metrics",
    "/sign-in/openid",
    "/sign-in/openid/back",
    "/studies/new/short-name",
    S,
    S + "/agreement/table.csv",
    S + "/codebook/tree",
    S + "/imports/{import_id}/refused.csv",
    S + "/rounds/{number}/coders",
    S + "/rounds/{number}/suggestions/progress",
    S + "/rounds/{number}/pooling/waiting",
    S + "/rounds/{number}/pooling/{dimension_id}/board",
    S + "/rounds/{number}/pooling/{dimension_id}/pen",
}
ONE_TIME = {"/sign-in-links/{token}"}  # a button alone, looked at in tests/accounts
NARROW_AND_ZOOMED = ((390, 844), (720, 450))  # a phone; 200 % of a window of 1440


def staged(url: URL) -> None:
    database = Database.at(url.render_as_string(hide_password=False))
    load_sample(database)
    database.dispose()


def route_of(path: str) -> str:
    scope = {"type": "http", "method": "GET", "path": path.partition("?")[0], "root_path": ""}
    for router in routers.ALL:
        for route in router.routes:
            if route.matches(scope)[0] == Match.FULL:
                return str(route.path)  # type: ignore[attr-defined]
    return ""


def check_all_are_there(stage: Stage) -> None:
    pages = {path for method, path in every_route() if method == "GET"} - NO_PAGES - ONE_TIME
    missing = sorted(pages - {route_of(shot.path) for shot in stage.shots})
    assert not missing, f"Give these pages a picture in bench/shots_stage.py, or say in NO_PAGES why not: {missing}"


async def complaints(browser: Browser, stage: Stage, shot: Shot, theme: str) -> list[str]:
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    cookies = {THEME: theme} | ({COOKIE: stage.tokens[shot.seen_by]} if shot.seen_by else {})
    await context.add_cookies([{"name": n, "value": v, "url": stage.site.url} for n, v in cookies.items()])
    page = await context.new_page()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{shot.name}: {error}"))
    await page.goto(stage.site.url + shot.path)
    await page.evaluate(AXE_FILE_PATH.read_text("utf-8"))
    violations = (await page.evaluate("axe.run(document, {resultTypes: ['violations']})"))["violations"]
    grave = [one for one in violations if one["impact"] in ("serious", "critical")]
    found += [f"{shot.name}, {theme}: {one['id']} at {one['nodes'][0]['target']}" for one in grave]
    for width, height in NARROW_AND_ZOOMED:
        await page.set_viewport_size({"width": width, "height": height})
        wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            found.append(f"{shot.name} at {width} px is {wider} px wider than the window")
    await context.close()
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_page_is_accessible_and_fits_a_phone_and_twice_the_size(
    browser: Browser, own_database: URL, theme: str
) -> None:
    staged(own_database)
    with running_site(own_database) as site:
        stage = set_stage(site)
        check_all_are_there(stage)
        found = [one for shot in stage.shots for one in await complaints(browser, stage, shot, theme)]
    assert not found, "\n".join(found)
