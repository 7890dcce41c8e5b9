"""A picture of every page, and what axe says of it: `python -m bench.shots [folder] [--docs] [--only WORD]`.

Runs Tandem with the sample study in a temporary folder and drives Chromium through it, as the lead and as coders.
--docs takes the pictures of the README instead, into docs/pictures.
"""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.engine import make_url

from app.accounts.viewer import COOKIE
from app.db.embedded import EmbeddedPostgres
from app.db.migrate import migrate
from app.db.session import Database
from app.sample.loader import load_sample
from app.web.theme import COOKIE as THEME
from bench.shots_stage import Shot, Stage, set_stage
from tests.browser.conftest import running_site
from tests.support.chromium import CHROMIUM, FLAGS

DOCS_FOLDER = Path(__file__).resolve().parents[1] / "docs" / "pictures"
DOCS = ("coding", "agreement", "disagreement", "codebook")
HEIGHTS = {1440: 900, 1024: 768, 390: 844}  # by width; the narrowest is a phone
THEMES = ("light", "dark")
GRAVE = ("serious", "critical")
SETTLING_MS = 400  # fragments come in after the page


def main() -> int:
    asked = read_arguments()
    with stage() as set_up, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if asked.docs:
            shots = [shot for shot in set_up.shots if shot.name in DOCS]
            return photograph(browser, set_up, shots, DOCS_FOLDER, widths=[1440])
        shots = [shot for shot in set_up.shots if asked.only in shot.name]
        return photograph(browser, set_up, shots, asked.folder, widths=asked.width or list(HEIGHTS))


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A picture of every page.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    parser.add_argument("--docs", action="store_true", help="the README's pictures, into docs/pictures")
    parser.add_argument("--only", default="", help="pages whose name holds this word")
    parser.add_argument("--width", type=int, action="append", choices=HEIGHTS, help="this width only")
    return parser.parse_args()


@contextmanager
def stage() -> Iterator[Stage]:
    """A server with the sample study, whose coders are people who can sign in."""
    with tempfile.TemporaryDirectory(prefix="tandem-shots-") as folder, EmbeddedPostgres(Path(folder)) as url:
        migrate(url)
        database = Database.at(url)
        load_sample(database)
        database.dispose()
        with running_site(make_url(url)) as site:
            yield set_stage(site)


def photograph(browser: Browser, set_up: Stage, shots: list[Shot], folder: Path, *, widths: list[int]) -> int:
    """Returns 1 where axe finds something grave or a page is wider than the window."""
    folder.mkdir(parents=True, exist_ok=True)
    found = False
    for width in widths:
        for theme in THEMES:
            for shot in shots:
                page = open_page(browser, set_up, shot, width, theme)
                name = f"{shot.name}-{theme}.png" if folder == DOCS_FOLDER else f"{shot.name}-{width}-{theme}.png"
                page.screenshot(path=folder / name, full_page=folder != DOCS_FOLDER)
                for complaint, is_grave in complaints(page):
                    print(f"{name}: {complaint}", flush=True)
                    found |= is_grave
                page.context.close()
    for said in set_up.site.complaints:
        print(f"console: {said}")
    print(f"{len(shots) * len(widths) * len(THEMES)} pictures in {folder}")
    return int(found)


def open_page(browser: Browser, set_up: Stage, shot: Shot, width: int, theme: str) -> Page:
    phone = width == min(HEIGHTS)
    size = {"width": width, "height": HEIGHTS[width]}
    context = browser.new_context(viewport=size, has_touch=phone, is_mobile=phone)  # type: ignore[arg-type]
    cookies = {THEME: theme} | ({COOKIE: set_up.tokens[shot.seen_by]} if shot.seen_by else {})
    context.add_cookies([{"name": name, "value": value, "url": set_up.site.url} for name, value in cookies.items()])  # type: ignore[typeddict-item]
    page = context.new_page()
    page.on("console", lambda said: set_up.site.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: set_up.site.complaints.append(str(error)))
    page.goto(set_up.site.url + shot.path)
    page.wait_for_timeout(SETTLING_MS)
    for pressed in shot.presses:
        if page.locator(pressed).count():  # an earlier picture may have pressed it for good
            page.locator(pressed).first.click()
            page.wait_for_timeout(SETTLING_MS)
    return page


def complaints(page: Page) -> Iterator[tuple[str, bool]]:
    """What to mend, and whether it is grave."""
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 0:
        yield f"{overflow} px wider than the window", True
    for one in Axe().run(page).response["violations"]:
        places = "; ".join(" ".join(node["target"]) for node in one["nodes"][:3])
        yield f"axe {one['impact']}: {one['id']} ({len(one['nodes'])}) {places}", one["impact"] in GRAVE


if __name__ == "__main__":
    raise SystemExit(main())
