"""Names as one reads them: two that look alike are the same text."""

import re
import unicodedata
from functools import lru_cache

# Marks that show nothing or turn the direction of what follows. The joiners U+200C and U+200D stay: Persian, Hindi and
# others are spelt with them.
_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufe00\ufeff\ufff9-\ufffb]")
_JOINERS = re.compile("[\u200c\u200d]")


def plain_name(typed: str) -> str:
    """Composed (NFC), on one line, without marks that cannot be seen; '' where nothing is left to be read."""
    composed = unicodedata.normalize("NFC", _UNSEEN.sub("", typed))
    seen = "".join(" " if unicodedata.category(each) == "Cc" else each for each in composed)
    name = " ".join(seen.split())
    return name if _JOINERS.sub("", name).strip() else ""


def checked_name(typed: str, *, most: int, missing: type[Exception], too_long: type[Exception]) -> str:
    """The plain name. Raises `missing` where nothing is left to be read, and `too_long` beyond `most` characters."""
    name = plain_name(typed)
    if not name:
        raise missing
    if len(name) > most:
        raise too_long
    return name


def same_name(one: str, other: str) -> bool:
    """Whether two names cannot be told apart but by small and capital letters, or by marks that are not seen."""
    return folded_name(one) == folded_name(other)


@lru_cache(maxsize=4096)
def folded_name(name: str) -> str:
    """The one key of all names that are the same name."""
    return unicodedata.normalize("NFC", _JOINERS.sub("", plain_name(name)).casefold())
