"""The keys of a coder's pages: each does one thing, and none is a browser's or a screen reader's own."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.coding.conftest import Bench
from tests.coding.test_routes import read
from tests.support.clients import client_for

__all__ = ["client_for"]  # a fixture
WITH_MODIFIERS = {"ctrl+enter", "ctrl+z", "ctrl+shift+z"}  # in text fields the last two stay the browser's
PLAIN = re.compile(r"[a-z0-9/?]|arrow(up|down|left|right)")
TAKEN = {"'"}  # Firefox searches links by it; Firefox's other one, "/", is what web apps search by, and is prevented
DOCS = Path(__file__).parents[2] / "docs" / "for-coders.md"


@pytest.fixture
def pages(client_for, bench: Bench):
    bench.ada_toggles(bench.symptom, bench.slow)
    client, base = client_for(bench.ada), f"/studies/{bench.lead.study.slug}"
    addresses = (f"/assignments/{bench.adas.id}", "/coding", "/coding/mine")
    return {address: read(client.get(base + address).text) for address in addresses}


def test_no_key_of_a_page_is_declared_twice_where_it_counts(pages):
    """Inside a dimension a key counts while that one is focused, and wins over the same outside; so none is both."""
    for address, page in pages.items():
        cards = page.css("[data-key-scope]")
        inside = [Counter(each.attributes["data-key"] for each in card.css("[data-key]")) for card in cards]
        whole = Counter(each.attributes["data-key"] for each in page.css("[data-key]"))
        outside = whole - sum(inside, Counter())
        for keys in (*inside, outside):
            assert [key for key, count in keys.items() if count > 1] == [], address
        assert not [keys & outside for keys in inside if keys & outside], address


def test_no_key_is_the_browsers_or_a_screen_readers_own(pages):
    """Screen readers hold back single letters themselves unless they are passed through; the switch turns ours off."""
    for page in pages.values():
        for each in page.css("[data-key]"):
            key = each.attributes["data-key"]
            assert key in WITH_MODIFIERS or PLAIN.fullmatch(key), key
            assert key not in TAKEN


def test_every_key_of_the_desk_stands_in_the_guide(pages):
    signs = {"arrowup": "↑", "arrowdown": "↓", "arrowleft": "←", "arrowright": "→", "ctrl+enter": "Enter"}
    signs |= {"ctrl+z": "Z", "ctrl+shift+z": "Z"}
    told = set(re.findall(r"<kbd>(.+?)</kbd>", DOCS.read_text()))
    desk = next(iter(pages.values()))
    keys = {each.attributes["data-key"] for each in desk.css("[data-key]")} - set("2345678")
    assert {signs.get(key, key) for key in keys} <= told
