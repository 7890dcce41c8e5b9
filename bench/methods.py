"""How long the pure parts take. `python -m bench.methods` prints medians of five runs."""

import csv
import io
import statistics
import time
from collections.abc import Callable

import numpy as np

from app.incidents.guessing import guess_mapping
from app.incidents.readers import read_table
from app.incidents.reading import apply_mapping
from app.methods.agreement import agreement_of, agreement_of_patterns, count_codes
from app.methods.quotes import locate_quote

RUNS = 5


def ratings() -> Callable[[], object]:
    units = np.random.default_rng(1).choice(list("abcd"), size=(50_000, 4)).tolist()
    table = [dict(enumerate(unit)) for unit in units]
    return lambda: agreement_of(table, sets=False)


def ratings_in_arrays() -> Callable[[], object]:
    codes = np.random.default_rng(1).integers(-1, 20, size=(1_000_000, 3))
    return lambda: agreement_of_patterns(count_codes(codes), sets=False)


def rows() -> Callable[[], object]:
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(["id", "title", "text", "started", "detected"])
    text = "The gateway failed and was rolled back after forty minutes. " * 20
    written.writerows([n, "Slow", f"{text} {n}", "2025-04-03 02:58", "2025-04-03 03:12"] for n in range(10_000))
    content = out.getvalue().encode()

    def read() -> object:
        table = read_table(content, "csv")
        return apply_mapping(table, guess_mapping(table))

    return read


def quotes() -> Callable[[], object]:
    text = " ".join(f"word{n % 97} failed in zone {n}" for n in range(900))
    return lambda: [locate_quote(text, f"word{n} faild in zone {n} and then nothing of this kind") for n in range(10)]


def main() -> None:
    for name, prepare in (
        ("200,000 ratings, every coefficient", ratings),
        ("3,000,000 ratings in an array, every coefficient", ratings_in_arrays),
        ("10,000 rows read, guessed and mapped", rows),
        ("10 quotes that are not in 20,000 characters", quotes),
    ):
        run, seconds = prepare(), []
        for _ in range(RUNS):
            began = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - began)
        print(f"{name:48} {statistics.median(seconds):7.2f} s")


if __name__ == "__main__":
    main()
