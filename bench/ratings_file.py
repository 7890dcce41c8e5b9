"""How long `tandem agreement` takes for a million ratings, and what memory: `python -m bench.ratings_file`."""

import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

UNITS, CODES, DISAGREEING = 333_334, 20, 0.3
RATERS = ("Ada", "Ben", "Cem")
SHAPES = {
    "long": ("--rater", "rater", "--value", "code"),
    "wide": ("--rater-columns", ",".join(RATERS)),
    "long, as sets": ("--rater", "rater", "--value", "code", "--sets"),
}


def write(folder: Path) -> None:
    drawn = np.random.default_rng(1)
    truth = drawn.integers(0, CODES, UNITS)[:, None]
    differs = drawn.random((UNITS, len(RATERS))) < DISAGREEING
    codes = np.where(differs, drawn.integers(0, CODES, (UNITS, len(RATERS))), truth).tolist()
    with (folder / "long.csv").open("w", newline="") as long, (folder / "wide.csv").open("w", newline="") as wide:
        csv.writer(long).writerow(("unit", "rater", "code"))
        csv.writer(wide).writerow(("unit", *RATERS))
        for number, row in enumerate(codes):
            csv.writer(wide).writerow((f"incident-{number}", *(f"code {code}" for code in row)))
            csv.writer(long).writerows(
                (f"incident-{number}", rater, f"code {code}") for rater, code in zip(RATERS, row, strict=True)
            )


def main() -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder)
        for name, options in SHAPES.items():
            file = folder / f"{name.split(',')[0]}.csv"
            command = [sys.executable, "-m", "app.cli", "agreement", str(file), "--unit", "unit", *options, "--json"]
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
            busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"{name:16} {UNITS * len(RATERS):,} ratings: {seconds:5.1f} s, of them {busy:4.1f} s at work; "
                  f"at most {after.ru_maxrss / 1024:.0f} MB so far")  # fmt: skip


if __name__ == "__main__":
    main()
