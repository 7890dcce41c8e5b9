"""How long the counting of a validity page takes: 5,000 incidents, four coders, five dimensions, as plain arrays.

    .venv/bin/python -m bench.validity_speed

Three dimensions take one code of 20, two take sets of them. Seconds are of the processor and by the clock, the least of
three runs. What the database takes is not in it: what was handed in is read by column (see bench.figures).
"""

import time
from typing import Any

import numpy as np

from app.codebook.tree import DimensionEntry
from app.methods.agreement.tables import order_of
from app.methods.alternative_annotator import alike_by, alternative_annotator
from app.suggestions.validity_counted import Rated, alpha_of_rated, beside_of, shares_of

INCIDENTS, CODERS, CODES, RUNS = 5_000, 4, 20, 3


def drawn(*, sets: bool, seed: int) -> Rated:
    rng = np.random.default_rng(seed)
    if sets:
        every = {frozenset(rng.choice(CODES, size=rng.integers(0, 4), replace=False).tolist()) for _ in range(400)}
        values: tuple[Any, ...] = tuple(sorted(every, key=order_of))
    else:
        values = tuple(range(CODES))
    truth = rng.integers(0, len(values), size=(INCIDENTS, 1))
    other = rng.integers(0, len(values), size=(INCIDENTS, CODERS + 1))
    said = np.where(rng.random((INCIDENTS, CODERS + 1)) < 0.7, truth, other)
    return Rated(
        incidents=np.arange(INCIDENTS),
        members=tuple(range(CODERS)),
        cells=said[:, :CODERS],
        model=said[:, CODERS],
        values=values,
        labelled=rng.random(INCIDENTS) < 0.3,
        weights=None,
    )


def count(rated: Rated, dimension: DimensionEntry) -> None:
    alpha_of_rated(rated, rated.cells, rated.members, dimension)
    list(beside_of(rated, dimension))
    alike = alike_by(rated.values, sets=dimension.takes_many)
    alternative_annotator(rated.cells, rated.model, rated.members, alike=alike, epsilon=0.15)
    list(shares_of(rated))


def least(rated: Rated, dimension: DimensionEntry) -> tuple[float, float]:
    found = []
    for _ in range(RUNS):
        clock, processor = time.perf_counter(), time.process_time()
        count(rated, dimension)
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(one for one, _ in found), min(one for _, one in found)


def main() -> None:
    whole = [0.0, 0.0]
    for seed, takes in enumerate(("one", "one", "one", "many", "many")):
        dimension = DimensionEntry(seed, "", "", takes, False, "open", seed, "active", 1)
        processor, clock = least(drawn(sets=takes == "many", seed=seed), dimension)
        whole = [whole[0] + processor, whole[1] + clock]
        print(f"{takes:5} {1000 * processor:7.0f} ms of the processor {1000 * clock:7.0f} ms")
    print(f"all   {1000 * whole[0]:7.0f} ms of the processor {1000 * whole[1]:7.0f} ms")


if __name__ == "__main__":
    main()
