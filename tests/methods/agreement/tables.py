"""Small tables for the tests: rows of ratings, None where a rater gave none."""

from typing import Any


def rated(*units: Any) -> list[dict[str, Any]]:
    """Rows of values, one a unit -> tables of raters r0, r1, …"""
    return [{f"r{i}": value for i, value in enumerate(unit) if value is not None} for unit in units]


def cells(counts: dict[str, int]) -> list[dict[str, str]]:
    """A two-rater table from how often each pair of one-letter values occurs: {"ab": 3}."""
    return rated(*[pair for pair, times in counts.items() for _ in range(times)])
