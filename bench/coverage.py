"""How often a 95 % interval of nominal alpha holds the true alpha.

`python -m bench.coverage` draws studies whose true alpha is known and prints the share of intervals that hold it. A
rater sees the true code with probability √alpha and else guesses by the shares of the codes, so that the true alpha is
the one wished for. n counts pairable units, as on the page. Draws without an alpha (one code used by everyone) are left
out and counted. `docs/AGREEMENT.md` shows what it printed.
"""

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np

from app.methods.agreement import alpha_of, count_codes
from app.methods.agreement.tables import ABSENT, Ints

LEAST, MOST = 0.92, 0.97
UNITS = (30, 100, 400)
PROCESSES = 2


@dataclass(frozen=True)
class Kind:
    """One kind of study. shares: of the codes; missing: share of ratings that were not given, at random."""

    alpha: float
    shares: tuple[float, ...]
    raters: int
    missing: float

    def __str__(self) -> str:
        form = "even" if self.shares[0] == self.shares[-1] else f"first {self.shares[0]:.0%}"
        return f"{self.alpha} | {len(self.shares)} | {form} | {self.raters} | {self.missing:.0%}"


@dataclass(frozen=True)
class Covered:
    """Of `drawn` studies those with an alpha, and of these how many intervals hold the true one, or lie wholly under
    or over it; the mean width."""

    defined: int
    inside: int
    under: int
    over: int
    width: float
    drawn: int

    @property
    def share(self) -> float:
        return self.inside / max(self.defined, 1)


def even(codes: int) -> tuple[float, ...]:
    return (1 / codes,) * codes


def skewed(codes: int) -> tuple[float, ...]:
    return (0.8, *(0.2 / (codes - 1),) * (codes - 1))


def kinds() -> list[Kind]:
    shares = [form(codes) for codes in (2, 5, 20) for form in (even, skewed)]
    return [Kind(*each) for each in product((0.5, 0.8), shares, (2, 3), (0.0, 0.2))]


def drawn_codes(rng: np.random.Generator, kind: Kind, units: int) -> Ints:
    """Units × raters, as many as it takes until `units` of them are pairable."""
    rows, codes = units * 2 + 20 if kind.missing else units, len(kind.shares)
    size = (rows, kind.raters)
    truth = rng.choice(codes, size=(rows, 1), p=kind.shares)
    guesses = rng.choice(codes, size=size, p=kind.shares)
    given = np.where(rng.random(size) < kind.alpha**0.5, truth, guesses)
    given[rng.random(size) < kind.missing] = ABSENT
    pairable = (given != ABSENT).sum(axis=1) >= 2
    return given[np.cumsum(pairable) <= units]


def covered(kind: Kind, units: int, draws: int, seed: tuple[int, ...]) -> Covered:
    rng = np.random.default_rng(seed)
    found = [alpha_of(count_codes(drawn_codes(rng, kind, units))) for _ in range(draws)]
    ends = np.array([(one.low, one.high) for one in found if one.value is not None], dtype=float).reshape(-1, 2)
    under, over = int((ends[:, 1] < kind.alpha).sum()), int((ends[:, 0] > kind.alpha).sum())
    width = float((ends[:, 1] - ends[:, 0]).mean()) if len(ends) else float("nan")
    return Covered(len(ends), len(ends) - under - over, under, over, width, draws)


def measured(draws: int, seed: int) -> list[tuple[Kind, list[Covered]]]:
    every = kinds()
    cells = [(kind, units, draws, (seed, place, units)) for place, kind in enumerate(every) for units in UNITS]
    with ProcessPoolExecutor(PROCESSES) as pool:
        found = list(pool.map(covered, *zip(*cells, strict=True)))
    return [(kind, found[place * len(UNITS) : (place + 1) * len(UNITS)]) for place, kind in enumerate(every)]


def table(rows: Iterable[tuple[Kind, list[Covered]]]) -> Iterable[str]:
    heads = [f"n = {units}" for units in UNITS]
    yield "| " + " | ".join(["alpha", "codes", "shares", "raters", "missing", *heads, *["width"] * len(UNITS)]) + " |"
    yield "|" + "---|" * (5 + 2 * len(UNITS))
    for kind, cells in rows:
        shares = [f"{cell.share:.3f}"[1:] + ("" if LEAST <= cell.share <= MOST else " *") for cell in cells]
        yield f"| {kind} | " + " | ".join([*shares, *[f"{cell.width:.2f}" for cell in cells]]) + " |"


def summary(rows: Iterable[tuple[Kind, list[Covered]]]) -> Iterable[str]:
    by_units = list(zip(*[cells for _, cells in rows], strict=True))
    for units, cells in zip(UNITS, by_units, strict=True):
        shares = [cell.share for cell in cells]
        within = sum(LEAST <= share <= MOST for share in shares)
        undefined = sum(cell.drawn - cell.defined for cell in cells)
        yield (
            f"n = {units}: {within} of {len(shares)} kinds from {LEAST} to {MOST}; least {min(shares):.3f}, "
            f"most {max(shares):.3f}, mean {np.mean(shares):.3f}; {undefined} draws without an alpha"
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--draws", type=int, default=2000, help="studies a cell")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    rows = measured(given.draws, given.seed)
    print("\n".join([*table(rows), "", *summary(rows)]))


if __name__ == "__main__":
    main()
