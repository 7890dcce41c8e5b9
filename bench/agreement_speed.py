"""How long agreement takes, in one run beside the public libraries.

krippendorff and irrCAC are no part of this project. Put them into an environment to be thrown away, and name its
Python:

    python -m venv /tmp/others && /tmp/others/bin/pip install krippendorff irrCAC nltk
    .venv/bin/python -m bench.agreement_speed --others /tmp/others/bin/python

Seconds are of the processor, which others on the machine lengthen little, and by the clock; the least of several runs.
Ours is measured again after theirs. Without --others only nltk, which is in the lock, stands beside it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.methods.agreement import alpha_of, count_codes
from app.methods.agreement.coefficients import nominal_alpha
from app.methods.agreement.tables import ABSENT, Ints
from bench import agreement_others

RUNS = 7


class Took(NamedTuple):
    processor: float
    clock: float

    def __str__(self) -> str:
        return f"{1000 * self.processor:9.1f} ms {1000 * self.clock:9.1f} ms"


def drawn(units: int, raters: int = 3, codes: int = 20, missing: float = 0.2) -> Ints:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, codes, size=(units, 1))
    given = np.where(rng.random((units, raters)) < 0.7, truth, rng.integers(0, codes, size=(units, raters)))
    return np.where(rng.random((units, raters)) < missing, ABSENT, given)


def least(run: Callable[[], object]) -> Took:
    found = []
    for _ in range(RUNS):
        clock, processor = time.perf_counter(), time.process_time()
        run()
        found.append(Took(time.process_time() - processor, time.perf_counter() - clock))
    return Took(min(each.processor for each in found), min(each.clock for each in found))


def alpha_alone(cells: Ints) -> float:
    observed, expected = nominal_alpha(count_codes(cells)).disagreement()
    return 1.0 - observed / expected


def others(python: str, cells: Ints, names: list[str]) -> dict[str, dict[str, float]]:
    """What each library takes, by a process of its own in the other environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.npy"
        np.save(path, cells)
        command = [python, agreement_others.__file__, str(path), *names]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {name: json.loads(figures) for name, figures in (line.split(" ", 1) for line in done.stdout.splitlines())}


def compare(cells: Ints, python: str | None) -> None:
    ours, whole = least(lambda: alpha_alone(cells)), least(lambda: alpha_of(count_codes(cells)))
    value = alpha_alone(cells)
    names = ["krippendorff", "irrCAC", "nltk"] if python else ["nltk"]
    found = others(python or sys.executable, cells, names)
    again = least(lambda: alpha_alone(cells))
    patterns = count_codes(cells)
    drawn_again = least(lambda: alpha_of(patterns, resamples=1000))
    print(f"{'100,000 units × 3 raters × 20 codes, 20 % missing':52} {'processor':>12} {'clock':>12}")
    for name, took in (
        ("ours, alpha alone", ours),
        ("ours, alpha alone, after the others", again),
        ("ours, with its interval (jackknife)", whole),
        ("ours, 1,000 bootstrap resamples", drawn_again),
    ):
        print(f"{name:52} {took}")
    for name, one in found.items():
        took = Took(one["processor"], one["clock"])
        off = abs(one["alpha"] - value)
        ratios = f"{took.processor / ours.processor:7.0f}× ours, {took.processor / whole.processor:.0f}× with interval"
        resampled = f"1,000 resamples {1000 * took.processor:.0f} s"
        print(f"{name + ', alpha alone':52} {took}  {ratios}; {resampled}; alpha differs by {off:.0e}")


def million() -> None:
    cells = drawn(1_000_000)
    took = least(lambda: alpha_of(count_codes(cells)))
    traced = traced_memory(lambda: alpha_of(count_codes(cells)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cells.npy"
        np.save(path, cells)
        command = [sys.executable, "-m", "bench.agreement_speed", "--resident", str(path)]
        resident = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"\n{'1,000,000 units × 3 raters × 20 codes, with interval':52} {took}")
    print(f"{'memory beyond the data, traced':52} {traced:9.1f} MB")
    print(f"{'memory beyond the data, resident':52} {resident:9.1f} MB")


def traced_memory(run: Callable[[], object]) -> float:
    """The most MB at once beyond what was there before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    run()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (most - before) / 1e6


def resident_memory(path: str) -> float:
    """The same as Linux sees it, in a process that holds no more than the data before."""
    cells = np.load(path)
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak of the imports
    before = _peak_kb()
    alpha_of(count_codes(cells))
    return (_peak_kb() - before) / 1000


def _peak_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--others", help="the Python that has krippendorff, irrCAC and nltk")
    asked.add_argument("--resident", help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.resident:
        print(resident_memory(given.resident))
        return
    compare(drawn(100_000), given.others)
    million()


if __name__ == "__main__":
    main()
