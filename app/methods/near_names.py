"""Names that mean the same to a reader though they are spelt apart. static/js/near.js decides alike, at the desk."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import OSA

_WORDS = re.compile(r"[^\W_]+")
_SMALL = frozenset(("a", "an", "the", "of", "in", "on", "at", "to", "by", "for", "and", "or", "with", "from"))
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ions", "ion", "es", "ed", "s", "y", "e")
_TURNS = ("un", "in", "im", "non", "dis", "mis", "no", "under", "over")  # prefixes that turn a word around
_LEAST = 3  # letters of a stem


def near_names(typed: str, names: Iterable[str]) -> list[str]:
    """The names that differ from `typed` only in word order, small words, endings, accents or a slip of the finger.

    In the order given. Names that hold the typed words as they stand are left out: whoever types sees them anyway.
    """
    plain = _plain(typed)
    return [name for name in names if plain and plain not in _plain(name) and is_near(typed, name)]


def is_near(one: str, other: str) -> bool:
    """Symmetric. Numbers must be the same: “Region 1” is not nearly “Region 2”."""
    return digits(one) == digits(other) and are_near(stems(one), stems(other))


def are_near(one: list[str], other: list[str]) -> bool:
    """The same of the stems of two names with the same numbers."""
    if not one or not other:
        return False
    if _is_slip("".join(one), "".join(other)):
        return True
    return len(one) == len(other) and _pairs(one, other)


def _pairs(some: list[str], others: list[str]) -> bool:
    """Each word has one of its own on the other side."""
    left = list(others)
    for stem in sorted(some, key=lambda each: each not in left):
        found = stem if stem in left else next((each for each in left if _is_slip(stem, each)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _is_slip(one: str, other: str) -> bool:
    """The same, or one letter wrong, missing, doubled or swapped; two in long words, none in words of three letters."""
    if one == other:
        return True
    if any(one == turn + other or other == turn + one for turn in _TURNS):
        return False
    shorter = min(len(one), len(other))
    allowed = 0 if shorter < 4 else 1 if shorter < 9 else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def stems(name: str) -> list[str]:
    """Its words without small ones and endings, in order."""
    words = _WORDS.findall(_plain(name))
    return [_stem(word) for word in words if word not in _SMALL] or words


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word.removesuffix(ending)
    return word


def digits(name: str) -> list[str]:
    return sorted(re.findall(r"[0-9]+", _plain(name)))


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name)
    return " ".join("".join(each for each in apart if unicodedata.category(each)[0] != "M").lower().split())
