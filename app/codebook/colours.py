"""Colours of codes: a few, each of which can be told from its ground in light and in dark.

What is stored is the hexadecimal value that other programs read; a page shows the hue of the palette it is nearest to,
by a class, so that every value that came in a file can be seen as well (static/css/tokens.css holds both themes).
"""

import re
from functools import lru_cache

PALETTE = {
    "#1d5796": "blue",
    "#7d4e00": "ochre",
    "#842c61": "plum",
    "#0c5a4a": "spruce",
    "#9e2b1f": "brick",
    "#5b3fa0": "violet",
    "#4a5d12": "moss",
    "#3f4c57": "slate",
}
_HEX = re.compile("#[0-9a-f]{6}")


@lru_cache(maxsize=1024)
def hue_of(colour: str) -> str:
    """The name of the nearest hue, '' for no colour and for what is none."""
    colour = colour.lower()
    if not _HEX.fullmatch(colour):
        return ""
    wanted = _parts(colour)
    return PALETTE[min(PALETTE, key=lambda each: sum((a - b) ** 2 for a, b in zip(_parts(each), wanted, strict=True)))]


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
