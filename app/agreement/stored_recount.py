"""Figures out of stored inputs alone, without a database: what was given out at a closing can be made again anywhere.

Loads numpy and scipy: import it where it is used.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.agreement.ratings import Ratings, rated, without_not_enough
from app.agreement.ratings_report import COEFFICIENTS
from app.agreement.stored_form import LEVELS, Figure, Inputs
from app.methods.agreement import AgreementReport, Coefficient, agreement_of_patterns, differing


@dataclass(frozen=True)
class _Asked:
    takes_many: bool


def recounted(inputs: Inputs) -> list[Figure]:
    """A figure for each row and level; that of categories only where any of its codes stands under one."""
    return [
        _figure(row, level)
        for row in inputs["rows"]
        for level in LEVELS
        if level == "code" or row["category"] != row["code"]
    ]


def _figure(row: dict[str, Any], level: str) -> Figure:
    sets = row["takes"] == "many"
    found = ratings_of(row, level)
    report = agreement_of_patterns(found.patterns, sets=sets)
    return {
        "kind": row["kind"],
        "dimension": row["dimension"],
        "takes": row["takes"],
        "level": level,
        "raters": list(found.patterns.raters),
        "units": report.units,
        "ratings": report.ratings,
        "differing": differing(found.patterns),
        "left_out": found.unresolved,
        "measures": _measures(report),
        "without_not_enough": _without(found, sets=sets),
        "pairs": [{"raters": list(pair), "kappa": asdict(measured)} for pair, measured in report.cohen.items()],
        "codes": [asdict(code) for code in report.codes],
    }


def ratings_of(row: dict[str, Any], level: str) -> Ratings:
    """The ratings of a row, as they are compared at a level."""
    units, raters = (np.array([each[at] for each in row["ratings"]], dtype=np.int64) for at in (0, 1))
    numbers: dict[tuple[str, tuple[int, ...]], int] = {}
    said_at = [numbers.setdefault((state, tuple(codes)), len(numbers)) for _, _, state, codes in row["ratings"]]
    become = dict(row[level])
    asked = _Asked(row["takes"] == "many")
    return rated(asked, units, raters, np.array(said_at, dtype=np.int64), tuple(numbers), become.__getitem__)


def _measures(report: AgreementReport) -> dict[str, Any]:
    measured = {name: getattr(report, name) for name, _, _ in COEFFICIENTS}
    return {name: asdict(found) for name, found in measured.items() if found is not None}


def _without(found: Ratings, *, sets: bool) -> dict[str, Any] | None:
    """The alphas without the answers *not enough information*, where there were any."""
    rest = without_not_enough(found, sets=sets)
    if rest is None:
        return None
    report = agreement_of_patterns(rest, sets=sets)
    alphas: dict[str, Coefficient | None] = {
        name: getattr(report, name) for name in ("alpha", "alpha_jaccard", "alpha_masi")
    }
    return {name: asdict(alpha) for name, alpha in alphas.items() if alpha is not None}
