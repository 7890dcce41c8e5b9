"""The figures of a ratings file: by dimension, code by code and rolled up, with what must stand beside them."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.agreement.ratings_columns import HowMeasured
from app.agreement.ratings_shapes import Ratings
from app.agreement.ratings_tables import Answers, answers_of, levels_of, patterns_by_dimension, rolled_up, said
from app.methods.agreement import AgreementReport, Coefficient, agreement_of_patterns
from app.methods.agreement.tables import Patterns


@dataclass(frozen=True)
class WithoutNotEnough:
    """Alpha as if those had not rated who said that there is not enough information."""

    left_out: int
    alpha: Coefficient
    alpha_jaccard: Coefficient | None
    alpha_masi: Coefficient | None


@dataclass(frozen=True)
class Figures:
    """Of one dimension. level: None for codes as they stand, else how many steps of their paths are kept.

    pairable_ratings: ratings on units rated twice or more.
    """

    dimension: str
    level: int | None
    report: AgreementReport
    pairable_ratings: int
    without_not_enough: WithoutNotEnough | None

    @property
    def pairable_units(self) -> int:
        return self.report.percent.n


@dataclass(frozen=True)
class FileFigures:
    """repeats: rows that only said again what an earlier one had said."""

    figures: tuple[Figures, ...]
    repeats: int


def figures_of(ratings: Ratings, how: HowMeasured) -> FileFigures:
    """Raises SecondCode, before anything is measured."""
    answers, repeats = answers_of(ratings, sets=how.sets)
    told = said(answers, how.not_enough) if how.not_enough else None
    figures = _at_level(answers, told, how, None)
    deepest = levels_of(ratings, how.levels) if how.levels else 0
    for level in range(1, deepest):
        rolled, _ = answers_of(rolled_up(ratings, how.levels or "", level), sets=how.sets)
        figures += _at_level(rolled, told, how, level)
    place = {name: at for at, name in enumerate(ratings.dimensions)}
    figures.sort(key=lambda one: (place[one.dimension], one.level is not None, -(one.level or 0)))
    return FileFigures(tuple(figures), repeats)


def _at_level(
    answers: Answers, not_enough: NDArray[np.bool_] | None, how: HowMeasured, level: int | None
) -> list[Figures]:
    beside = _without(answers, not_enough, how) if not_enough is not None else {}
    return [
        Figures(name, level, _report(patterns, how), patterns.pairable.ratings, beside.get(name))
        for name, patterns in patterns_by_dimension(answers)
    ]


def _without(answers: Answers, not_enough: NDArray[np.bool_], how: HowMeasured) -> dict[str, WithoutNotEnough]:
    gone = np.bincount(answers.entries.dimension[not_enough], minlength=len(answers.ratings.dimensions))
    left = patterns_by_dimension(replace(answers, entries=answers.entries.at(~not_enough)))
    found = {}
    for (name, patterns), left_out in zip(left, gone.tolist(), strict=True):
        report = _report(patterns, how)
        found[name] = WithoutNotEnough(left_out, report.alpha, report.alpha_jaccard, report.alpha_masi)
    return found


def _report(patterns: Patterns, how: HowMeasured) -> AgreementReport:
    return agreement_of_patterns(patterns, sets=how.sets, resamples=how.resamples, seed=how.seed)
