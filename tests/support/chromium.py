"""The Chromium of this machine, and what a missing one means."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("TANDEM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = "the browser tests need Chromium (apt-get install chromium), or TANDEM_TEST_CHROMIUM to name one"


def check_there() -> None:
    """Without one the test is left out and says so; where a browser is required, that is a failure."""
    if os.path.exists(CHROMIUM):  # noqa: PTH110, a blank name is no path
        return
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    pytest.skip(MISSING)
