"""The figures of rounds as a table, CSV or JSON: aggregates only, one line a coefficient."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from app.agreement.figures import RoundFigures, Row
from app.agreement.ratings_beside import MISSING
from app.agreement.rests_on import arm_of
from app.agreement.shown import code_name
from app.codebook.tree import Codebook
from app.methods.agreement import AgreementReport, Coefficient
from app.methods.inert import inert

COLUMNS = (
    "round", "purpose", "codebook_version", "row", "dimension", "measure", "of",
    "value", "low", "high", "n", "prevalence", "undefined", "interval_method",
    "incidents", "raters", "ratings", "pairable_ratings", "missing",
    "level", "scored_under", "cohort", "arm", "submissions",
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


@dataclass(frozen=True)
class TableOfRound:
    """version: the name of its frozen one, "" for the live codebook. codebook: as the reader may see it.

    names: coders by member id.
    """

    figures: RoundFigures
    version: str
    codebook: Codebook
    names: dict[int, str]


def table_rows(table: TableOfRound) -> Iterator[tuple[object, ...]]:
    """One row a coefficient, in the order of COLUMNS."""
    coding_round = table.figures.coding_round
    head = (coding_round.number, coding_round.purpose, table.version or "live")
    for row in table.figures.rows:
        beside = (*_beside(row.report), *_look(table, row))
        for line in _lines(row, table.codebook, table.names):
            yield (*head, row.words, row.dimension.name, *line, *beside)


def table_csv(tables: Iterable[TableOfRound]) -> str:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in tables:
        writer.writerows([inert(cell) if isinstance(cell, str) else cell for cell in row] for row in table_rows(table))
    return written.getvalue()


def table_json(tables: Iterable[TableOfRound]) -> str:
    """{"figures": [...]}: an object a coefficient, with the names of COLUMNS; what is not there is null."""
    rows = [dict(zip(COLUMNS, row, strict=True)) for table in tables for row in table_rows(table)]
    document = {"figures": [{name: None if value == "" else value for name, value in row.items()} for row in rows]}
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _beside(report: AgreementReport | None) -> tuple[object, ...]:
    if report is None:
        return None, None, None, None, ""
    return report.units, report.raters, report.ratings, report.pairable, MISSING


def _look(table: TableOfRound, row: Row) -> tuple[object, ...]:
    own = table.version or "live"
    scored_under = f"{row.lens.version_name}, post hoc" if row.lens.is_post_hoc else own
    return (
        row.lens.level,
        scored_under,
        "; ".join(row.lens.cohorts) or "all",
        arm_of(table.figures, row.lens),
        row.submissions,
    )


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
