"""Every page of the app, as `bench.shots` opens it: axe finds nothing grave, and nothing runs out of the window."""

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Browser, Error, Page, ViewportSize
from sqlalchemy.engine import URL
from starlette.routing import Match

from app import routers
from app.accounts.viewer import COOKIE
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
    S + "/rounds/{number}/suggestions/{run_id}/validity/table.csv",
    S + "/rounds/{number}/suggestions/{run_id}/validity/figures.json",
    S + "/rounds/{number}/pooling/waiting",
    S + "/codebook/stale/waiting",
    S + "/disagreements/{number}/meeting/waiting",
    S + "/disagreements/{number}/meeting/state",
    S + "/codebook/codes/{code_id}/case-law",
    S + "/rounds/{number}/pooling/{dimension_id}/board",
    S + "/rounds/{number}/pooling/{dimension_id}/pen",
}
ONE_TIME = {"/sign-in-links/{token}"}  # a button alone, looked at in tests/accounts
WINDOW: ViewportSize = {"width": 1440, "height": 900}
OF_COLOUR = ["color-contrast", "link-in-text-block"]
NARROW_AND_ZOOMED = ((390, 844), (720, 450))  # a phone; 200 % of a window of 1440


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


async def page_of(browser: Browser, stage: Stage, who: str) -> Page:
    """One window for each who looks; "" is nobody."""
    context = await browser.new_context()
    cookies = {THEME: "light"} | ({COOKIE: stage.tokens[who]} if who else {})
    await context.add_cookies([{"name": n, "value": v, "url": stage.site.url} for n, v in cookies.items()])
    return await context.new_page()


async def complaints(page: Page, stage: Stage, shot: Shot) -> list[str]:
    found: list[str] = []

    def broke(error: Error) -> None:
        found.append(f"{shot.name}: {error}")

    page.on("pageerror", broke)
    await page.set_viewport_size(WINDOW)
    await page.goto(stage.site.url + shot.path)
    await page.evaluate(AXE_FILE_PATH.read_text("utf-8"))
    found += await grave(page, shot, "light", {})
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    await page.evaluate("document.documentElement.dataset.theme = 'dark'")  # as the server writes it
    found += await grave(page, shot, "dark", {"runOnly": OF_COLOUR})
    for width, height in NARROW_AND_ZOOMED:
        await page.set_viewport_size({"width": width, "height": height})
        wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wider > 0:
            found.append(f"{shot.name} at {width} px is {wider} px wider than the window")
    page.remove_listener("pageerror", broke)
    return found


async def grave(page: Page, shot: Shot, theme: str, options: dict[str, object]) -> list[str]:
    ran = await page.evaluate("options => axe.run(document, options)", {"resultTypes": ["violations"], **options})
    return [
        f"{shot.name}, {theme}: {one['id']} at {one['nodes'][0]['target']}"
        for one in ran["violations"]
        if one["impact"] in ("serious", "critical")
    ]


async def test_every_page_is_accessible_in_both_themes_and_fits_a_phone_and_twice_the_size(
    browser: Browser, own_sample: URL
) -> None:
    """A theme changes the values of tokens and nothing else: in the dark only the rules on colour are asked again."""
    with running_site(own_sample) as site:
        stage = set_stage(site)
        check_all_are_there(stage)
        seen_by = sorted({shot.seen_by for shot in stage.shots})
        pages = {who: await page_of(browser, stage, who) for who in seen_by}
        found = [one for shot in stage.shots for one in await complaints(pages[shot.seen_by], stage, shot)]
        for page in pages.values():
            await page.context.close()
    assert not found, "\n".join(found)
