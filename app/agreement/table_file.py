"""The figures of a round as a CSV table: aggregates only, one line a coefficient."""

import csv
from collections.abc import Iterator
from io import StringIO

from app.agreement.figures import RoundFigures, Row
from app.agreement.page import code_name
from app.codebook.tree import Codebook
from app.methods.agreement import AgreementReport, Coefficient

COLUMNS = (
    "round", "purpose", "codebook_version", "row", "dimension", "measure", "of",
    "value", "low", "high", "n", "prevalence", "undefined", "interval_method",
)  # fmt: skip
MEASURES = (
    ("percent", "percent"),
    ("alpha", "alpha"),
    ("alpha_masi", "alpha, MASI distance (Passonneau 2006)"),
    ("alpha_jaccard", "alpha, Jaccard distance"),
    ("ac1", "AC1"),
    ("light", "Light's kappa"),
    ("scott", "Scott's pi"),
    ("fleiss", "Fleiss' kappa"),
    ("conger", "Conger's kappa"),
    ("brennan_prediger", "Brennan-Prediger"),
)


def table_csv(figures: RoundFigures, version: str, codebook: Codebook, names: dict[int, str]) -> str:
    """codebook: as the reader may see it. names: coders by member id."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    head = (figures.coding_round.number, figures.coding_round.purpose, version or "live")
    for row in figures.rows:
        for line in _lines(row, codebook, names):
            writer.writerow([_plain(cell) for cell in (*head, row.words, row.dimension.name, *line)])
    return written.getvalue()


def _lines(row: Row, codebook: Codebook, names: dict[int, str]) -> Iterator[tuple[object, ...]]:
    if row.report is None:
        yield ("alpha", "", None, None, None, None, None, row.sentence, "")
        return
    yield from _measures(row.report)
    for (first, second), measured in row.report.cohen.items():
        pair = " | ".join(names.get(rater, "") for rater in (first, second) if isinstance(rater, int))
        yield ("Cohen's kappa", pair, *_numbers(measured), None, *_why(measured))
    for code in row.report.codes:
        of = code_name(code.code, codebook)
        for measure, measured in (("alpha", code.alpha), ("kappa", code.kappa), ("AC1", code.ac1)):
            yield (f"{measure} of the code", of, *_numbers(measured), code.prevalence, *_why(measured))
    if row.without_not_enough is not None:
        for words, *rest in _measures(row.without_not_enough):
            yield (f"{words}, without not enough information", *rest)


def _measures(report: AgreementReport) -> Iterator[tuple[object, ...]]:
    for name, words in MEASURES:
        measured: Coefficient | None = getattr(report, name)
        if measured is not None:
            yield (words, "", *_numbers(measured), None, *_why(measured))


def _numbers(measured: Coefficient) -> tuple[float | None, float | None, float | None, int]:
    """A coefficient never goes out without its interval (promise 9)."""
    if measured.low is None or measured.high is None:
        return None, None, None, measured.n
    return measured.value, measured.low, measured.high, measured.n


def _why(measured: Coefficient) -> tuple[str, str]:
    """(why there is no value, how the interval was made)"""
    if measured.undefined is not None or measured.low is None:
        return measured.undefined or measured.interval_method, ""
    return "", measured.interval_method


def _plain(cell: object) -> object:
    """Spreadsheets take text that begins like this for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t") else cell
