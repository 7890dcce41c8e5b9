"""What a screen reader or a keyboard would stumble over on a page."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page


async def serious_findings(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
