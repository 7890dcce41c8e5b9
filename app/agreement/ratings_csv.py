"""Agreement of a ratings file as CSV: a row a coefficient, with all that must stand beside it."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from app.agreement.ratings_beside import INDEPENDENCE, MASI, Beside
from app.agreement.ratings_figures import Figures
from app.agreement.ratings_report import NO_CODE, measures
from app.methods.agreement import Coefficient
from app.methods.inert import inert

COLUMNS = (
    "dimension", "level", "measure", "of", "value", "low", "high", "n", "undefined", "interval_method",
    "positives", "prevalence", "units", "raters", "ratings", "pairable_ratings", "definition", "missing",
    "independence", "file", "sha256",
)  # fmt: skip
Line = tuple[str, str, Coefficient, int | None, float | None]


def ratings_csv(figures: Sequence[Figures], beside: Beside) -> str:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in figures:
        for row in _rows(one, beside):
            writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue()


def _rows(one: Figures, beside: Beside) -> Iterator[tuple[object, ...]]:
    report = one.report
    level = "codes" if one.level is None else one.level
    counts = (report.units, report.raters, report.ratings, one.pairable_ratings)
    for measure, of, figure, positives, prevalence in _lines(one):
        numbers = (figure.value, figure.low, figure.high, figure.n)
        why = (figure.undefined or "", "" if figure.undefined else figure.interval_method)
        said = (MASI if "MASI" in measure else "", beside.missing, INDEPENDENCE, beside.file, beside.sha256)
        yield (one.dimension, level, measure, of, *numbers, *why, positives, prevalence, *counts, *said)


def _lines(one: Figures) -> Iterator[Line]:
    for measure, of, figure in measures(one):
        yield measure, of, figure, None, None
    for code in one.report.codes:
        name = str(code.code) or NO_CODE
        for measure, figure in (("alpha", code.alpha), ("kappa", code.kappa), ("AC1", code.ac1)):
            yield f"{measure} of the code", name, figure, code.positives, code.prevalence
