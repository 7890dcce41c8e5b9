"""What public libraries take for one alpha. Run by `bench.agreement_speed` with a Python that has them; imports no app.

`python agreement_others.py cells.npy NAME…` prints for each name one line: the name and JSON with processor and clock
seconds, and alpha. Each is given the table in the form that it asks for, made before the time runs.
"""

import json
import sys
import time
from collections.abc import Callable

import numpy as np


def nltk_alpha(cells: np.ndarray) -> Callable[[], float]:
    from nltk.metrics.agreement import AnnotationTask

    paired = (cells >= 0).sum(axis=1) >= 2  # lone ratings would be counted into its margins
    rows, raters = np.nonzero((cells >= 0) & paired[:, None])
    triples = list(zip(raters.tolist(), rows.tolist(), cells[rows, raters].tolist(), strict=True))
    return lambda: AnnotationTask(triples).alpha()


def irrcac_alpha(cells: np.ndarray) -> Callable[[], float]:
    import pandas as pd
    from irrCAC.raw import CAC

    table = pd.DataFrame(np.where(cells >= 0, cells, np.nan))
    return lambda: CAC(table, digits=12).krippendorff()["est"]["coefficient_value"]


def krippendorff_alpha(cells: np.ndarray) -> Callable[[], float]:
    import krippendorff

    by_rater = np.where(cells >= 0, cells, np.nan).T
    return lambda: float(krippendorff.alpha(reliability_data=by_rater, level_of_measurement="nominal"))


PREPARE = {"nltk": nltk_alpha, "irrCAC": irrcac_alpha, "krippendorff": krippendorff_alpha}
RUNS = {"nltk": 1, "irrCAC": 2, "krippendorff": 3}


def main() -> None:
    cells = np.load(sys.argv[1])
    for name in sys.argv[2:]:
        run = PREPARE[name](cells)
        took = []
        for _ in range(RUNS[name]):
            clock, processor = time.perf_counter(), time.process_time()
            alpha = run()
            took.append((time.process_time() - processor, time.perf_counter() - clock))
        least = {"processor": min(each[0] for each in took), "clock": min(each[1] for each in took)}
        print(name, json.dumps({**least, "alpha": float(alpha)}), flush=True)


if __name__ == "__main__":
    main()
