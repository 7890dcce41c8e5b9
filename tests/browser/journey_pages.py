"""The pages of the journey that are not the desk, driven by what a person reads on them."""

import re
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import Site

PASSWORD = "four words in a row"


async def own_browser(browser: Browser, site: Site) -> Page:
    """A browser in which nobody is signed in. What its console complains of is kept in `site.complaints`."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    page = await context.new_page()
    page.on("console", lambda said: site.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: site.complaints.append(str(error)))
    return page


async def become_owner(page: Page, link: str, *, name: str, email: str) -> None:
    await page.goto(link)
    await _fill_person(page, name, email)
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_role("heading", name="No study yet")).to_be_visible()


async def sign_out(page: Page, name: str) -> None:
    await page.get_by_role("button", name=f"{name}: your menu").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


async def sign_in(page: Page, email: str) -> None:
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Your studies")).to_be_visible()


async def make_study(page: Page, title: str) -> None:
    await page.get_by_role("link", name="New study").first.click()
    await page.get_by_label("Title").fill(title)
    await page.get_by_label("Incident study", exact=True).check()
    await page.get_by_label("Hybrid", exact=True).check()
    await page.get_by_role("button", name="Make the study").click()
    await expect(page.get_by_role("link", name=title)).to_be_visible()


async def take_one_code(page: Page, dimension: str) -> None:
    await go(page, "Codebook")
    await page.get_by_role("link", name="Dimensions").click()
    await page.get_by_role("link", name=f"Change {dimension}").click()
    await page.get_by_label("One code").check()
    await page.get_by_label("One of several is the main one").uncheck()
    await page.get_by_label("Why", exact=True).fill("One cause an incident, the one that came first.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("listitem").filter(has_text=dimension)).to_contain_text("one code")


async def go(page: Page, words: str) -> None:
    """By the bar of the study."""
    await page.get_by_role("navigation", name="Study").get_by_role("link", name=words, exact=True).click()
    await expect(page.get_by_role("navigation", name="Study").locator("[aria-current=page]")).to_have_text(words)


async def upload(page: Page, file: Path) -> None:
    await go(page, "Incidents")
    await page.get_by_role("link", name="Import incidents").click()
    await page.get_by_label("File", exact=True).set_input_files(file)
    await page.get_by_role("button", name="Upload").click()
    await expect(page.get_by_role("heading", name="Which column is what?")).to_be_visible()


async def becomes(page: Page, column: str) -> str:
    """What the mapping makes of a column."""
    chosen = page.get_by_label(f"{column} becomes", exact=True).locator("option:checked")
    return (await chosen.inner_text()).strip()


async def tallied(page: Page, heading: str) -> dict[str, int]:
    """The counts of a list of terms, by their words."""
    card = page.get_by_role("region", name=heading)
    terms = await card.get_by_role("term").all_inner_texts()
    counts = await card.get_by_role("definition").all_inner_texts()
    return {term.strip(): int(count.replace(",", "")) for term, count in zip(terms, counts, strict=True)}


async def invite(page: Page, name: str) -> str:
    """The link, as the page shows it."""
    await go(page, "Members")
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Coder", exact=True).check()
    await page.get_by_role("button", name="Make a link").click()
    card = page.get_by_role("region", name=f"The link for {name}")
    return (await card.get_by_role("code").inner_text()).strip()


async def join(page: Page, link: str, *, name: str, email: str, study: str) -> None:
    await page.goto(link)
    await expect(page.get_by_role("heading", name=study)).to_be_visible()
    await _fill_person(page, name, email)
    await page.get_by_role("button", name="Join the study").click()
    await expect(page.get_by_role("navigation", name="Study")).to_be_visible()


async def plan_round(page: Page, name: str, coders: tuple[str, str], *, sample: int, seed: int) -> None:
    await go(page, "Rounds")
    await page.get_by_role("link", name="Plan a round").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Reliability", exact=True).check()
    await page.get_by_label("A random sample", exact=True).check()
    await page.get_by_label("Number of incidents in the sample").fill(str(sample))
    await page.get_by_label("Seed").fill(str(seed))
    for coder in coders:
        await expect(page.get_by_role("checkbox", name=coder)).to_be_checked()
    await page.get_by_role("checkbox", name="After the own submission").check()
    await page.get_by_label("Share of incidents with several coders kept blind").fill("0")
    await expect(page.get_by_label("Which codes can be applied?")).to_have_accessible_description(
        re.compile("frozen when the round starts")
    )
    await page.get_by_role("button", name="Plan the round").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def start_round(page: Page) -> None:
    await page.get_by_role("button", name="Start the round").click()
    await expect(page.get_by_role("list", name="Phase").locator("[aria-current=step]")).to_have_text("running")


async def ask_for_suggestions(page: Page, incidents: int) -> None:
    """Stays on the page until all came; it follows the work by itself."""
    await page.get_by_role("link", name="Suggestions of a model").click()
    await page.get_by_role("button", name="Ask", exact=True).click()
    runs = page.get_by_role("main")
    await expect(runs.get_by_role("progressbar", name="Incidents done")).to_be_visible()
    await expect(runs.get_by_text("At work")).to_be_visible()


async def watch_suggestions(page: Page, incidents: int) -> None:
    runs = page.get_by_role("main")
    await expect(runs.get_by_text(f"{incidents} of {incidents}").last).to_be_visible(timeout=60_000)
    await expect(runs.get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)
    await expect(runs.get_by_text("0 waiting, 0 failed")).to_be_visible()


async def end_coding(page: Page, round_name: str) -> None:
    await go(page, "Rounds")
    await page.get_by_role("link", name=round_name).click()
    await page.get_by_role("button", name="End the coding").click()
    await expect(page.get_by_role("list", name="Phase").locator("[aria-current=step]")).to_have_text("settling")


async def rows_of_measures(page: Page) -> dict[str, list[str]]:
    """The table of measures: the words of a row's head and of the group that it is in -> what stands in its cells."""
    table = page.get_by_role("region", name="Table of measures")
    found: dict[str, list[str]] = {}
    group = ""
    for row in await table.get_by_role("row").all():
        head = row.get_by_role("rowheader")
        cells = [one_line(words) for words in await row.get_by_role("cell").all_inner_texts()]
        if await head.count() != 1:
            continue
        words = one_line(await head.inner_text())
        if cells:
            found[f"{words} · {group}"] = cells
        else:
            group = words.casefold()
    return found


def one_line(words: str) -> str:
    return " ".join(words.split())


def row_with(rows: dict[str, list[str]], dimension: str, *, assisted: bool) -> list[str]:
    [cells] = [
        cells
        for head, cells in rows.items()
        if re.match(rf"{dimension}\b", head) and ("after assistance" in head) == assisted
    ]
    return cells


async def open_disagreement(page: Page, label: str, dimension: str) -> None:
    await go(page, "Disagreements")
    row = _row(page, label, dimension)
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", name="The others’ answers are closed")).to_be_visible()
    await page.wait_for_load_state()  # before its scripts are there a page takes no keys
    await page.keyboard.press("o")
    await expect(page.get_by_role("heading", name="Ruling")).to_be_visible()


async def rule(page: Page, codes: tuple[str, ...], *, cause: str, reason: str) -> None:
    """By the digit that stands on each code."""
    choice = page.get_by_role("group", name="Final codes")
    for code in codes:
        words = await choice.get_by_text(re.compile(rf"^\d\s*{re.escape(code)}$")).inner_text()
        await page.keyboard.press(words.strip()[0])
        await expect(choice.get_by_role("checkbox", name=code)).to_be_checked()
    await page.get_by_label(cause).check()
    await page.get_by_label("Reason").fill(reason)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("heading", name="The others’ answers are closed")).to_be_visible()


async def disagreements_listed(page: Page) -> set[tuple[str, str]]:
    """(label, dimension) of every open one."""
    await go(page, "Disagreements")
    rows = page.get_by_role("region", name="Disagreements").get_by_role("row")
    found = set()
    for row in (await rows.all())[1:]:
        label = await row.get_by_role("code").inner_text()
        found.add((label.strip(), (await row.get_by_role("cell").first.inner_text()).strip()))
    return found


async def downloaded(page: Page, pressed: Locator) -> bytes:
    async with page.expect_download() as starting:
        await pressed.click()
    return Path(await (await starting.value).path()).read_bytes()


def _row(page: Page, label: str, dimension: str) -> Locator:
    named = page.get_by_role("cell", name=dimension, exact=True)
    return page.get_by_role("row").filter(has_text=label).filter(has=named)


async def _fill_person(page: Page, name: str, email: str) -> None:
    await page.get_by_label("Name", exact=False).first.fill(name)
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
