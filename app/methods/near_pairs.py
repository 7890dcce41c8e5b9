"""Pairs of names in a whole codebook that may mean the same, each with why."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from app.methods.near_names import are_near, digits, stems

SPELT, WORDS = "spelt", "words"
ALIKE = 86.0  # of 100: from here on two names share most of their words
MOST_SLIPS = 2
FEWEST_WORDS = 2


@dataclass(frozen=True)
class NearPair:
    """Places of the two in the list of names. why: SPELT, they differ in word order, small words, endings, accents or a
    slip of the finger; WORDS, they share most of their words. alike: 0 to 100."""

    one: int
    other: int
    why: str
    alike: float


def near_pairs(names: Sequence[str]) -> list[NearPair]:
    """All pairs that are nearly the same (`near_names.is_near`), and those that share most of their words.

    The likest first; SPELT before WORDS. Only names that share a stem, or are a slip apart as a whole, are compared one
    by one, so that two thousand names take about a second.
    """
    found = []
    stemmed, numbers = [stems(name) for name in names], [digits(name) for name in names]
    texts = [" ".join(sorted(each)) for each in stemmed]
    for one, other in _candidates(stemmed):
        if numbers[one] != numbers[other]:
            continue
        if are_near(stemmed[one], stemmed[other]):
            found.append(NearPair(one, other, SPELT, 100.0))
        elif min(len(stemmed[one]), len(stemmed[other])) >= FEWEST_WORDS:
            alike = fuzz.ratio(texts[one], texts[other], score_cutoff=ALIKE)
            if alike:
                found.append(NearPair(one, other, WORDS, alike))
    return sorted(found, key=lambda pair: (pair.why != SPELT, -pair.alike, pair.one, pair.other))


def _candidates(stemmed: Sequence[Sequence[str]]) -> set[tuple[int, int]]:
    """Pairs of places that share a stem, or all but a slip of one, or are a slip apart when written in one."""
    by_stem: dict[str, list[int]] = defaultdict(list)
    joined: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(stemmed):
        joined["".join(each)].append(place)
        for stem in set(each):
            by_stem[stem].append(place)
    pairs: set[tuple[int, int]] = set()
    for places in (by_stem, joined):
        pairs.update(pair for same in places.values() for pair in combinations(same, 2))
        for one, other in _slips(list(places)):
            pairs.update((min(a, b), max(a, b)) for a in places[one] for b in places[other] if a != b)
    return pairs


def _slips(words: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of different words that are no more than MOST_SLIPS letters apart."""
    if len(words) < 2:
        return []
    apart = process.cdist(words, words, scorer=OSA.distance, score_cutoff=MOST_SLIPS)
    rows, columns = (apart <= MOST_SLIPS).nonzero()
    return [(words[a], words[b]) for a, b in zip(rows.tolist(), columns.tolist(), strict=True) if a < b]
