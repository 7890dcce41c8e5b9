"""How often a 95 % interval of alpha holds the true alpha.

`python -m bench.coverage` draws studies whose true alpha is known and prints, for each kind of study, the share of
intervals that hold it. A rater sees the true code with probability √alpha and else guesses by the shares of the codes,
so that the true alpha is the one wished for. Studies without an alpha (one code used by everyone) are left out and
counted.
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from app.methods.agreement import alpha_of, count_codes
from app.methods.agreement.tables import ABSENT

LEAST, MOST = 0.92, 0.97
PROCESSES = 2


@dataclass(frozen=True)
class Kind:
    """One kind of study. shares: of the codes; missing: share of ratings that were not given, at random."""

    units: int
    raters: int
    shares: tuple[float, ...]
    missing: float
    alpha: float


@dataclass(frozen=True)
class Covered:
    kind: Kind
    inside: int
    defined: int
    drawn: int
    below: int  # intervals that lie wholly under the true alpha
    width: float  # mean

    @property
    def share(self) -> float:
        return self.inside / max(self.defined, 1)


def even(codes: int) -> tuple[float, ...]:
    return (1 / codes,) * codes


def skewed(codes: int) -> tuple[float, ...]:
    """The first code is four in five, the others share the rest."""
    return (0.8, *(0.2 / (codes - 1),) * (codes - 1))


def kinds() -> Iterator[Kind]:
    shares = [form(codes) for codes in (2, 5, 20) for form in (even, skewed)]
    for alpha, each, raters, missing, units in product((0.5, 0.8), shares, (2, 3), (0.0, 0.2), (30, 100, 400)):
        yield Kind(units, raters, each, missing, alpha)


def drawn_codes(rng: np.random.Generator, kind: Kind) -> np.ndarray:
    size, codes = (kind.units, kind.raters), len(kind.shares)
    truth = rng.choice(codes, size=(kind.units, 1), p=kind.shares)
    guesses = rng.choice(codes, size=size, p=kind.shares)
    seen = np.where(rng.random(size) < kind.alpha**0.5, truth, guesses)
    return np.where(rng.random(size) < kind.missing, ABSENT, seen)


def covered(kind: Kind, draws: int, seed: int) -> Covered:
    rng = np.random.default_rng([seed, *kind.shares_seed()] if hasattr(kind, "shares_seed") else seed)
    inside = below = defined = 0
    widths = 0.0
    for _ in range(draws):
        one = alpha_of(count_codes(drawn_codes(rng, kind)))
        if one.low is None or one.high is None:
            continue
        defined += 1
        inside += one.low <= kind.alpha <= one.high
        below += one.high < kind.alpha
        widths += one.high - one.low
    return Covered(kind, inside, defined, draws, below, widths / max(defined, 1))
