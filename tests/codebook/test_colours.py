"""Colours of codes: few, named, and told from their ground in both themes."""

import re

from app.codebook.colours import PALETTE, hue_of
from app.places import STATIC

TOKENS = (STATIC / "css" / "tokens.css").read_text()
GROUNDS = ("ground", "surface", "raised", "hover", "accent-wash")


def test_each_hue_stands_out_from_every_ground_of_a_list_in_light_and_in_dark() -> None:
    for hue in PALETTE.values():
        for ground in GROUNDS:
            for one, other in zip(token(f"hue-{hue}"), token(ground), strict=True):
                assert contrast(one, other) >= 3, f"{hue} on {ground}"


def test_any_colour_of_a_file_is_shown_as_the_nearest_hue() -> None:
    assert [hue_of(value) for value in PALETTE] == list(PALETTE.values())
    assert hue_of("#FF0000") == "brick"
    assert hue_of("#6a3fb0") == "violet"
    assert {hue_of(value) for value in ("", "red", "#12345", "javascript:alert(1)")} == {""}


def token(name: str) -> tuple[str, str]:
    found = re.search(rf"--{name}:\s*light-dark\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})\)", TOKENS)
    assert found is not None, name
    return found.group(1), found.group(2)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, of two opaque colours."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
