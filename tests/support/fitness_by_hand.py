"""The figures of a validity page made another way: loops over what was said, scipy's t-test, nltk's alpha.

Nothing of app/methods is in it, so that what agrees with it was worked out twice.
"""

import math
from collections import Counter
from collections.abc import Hashable, Mapping
from statistics import mean, variance
from typing import Any, NamedTuple

from nltk.metrics.agreement import AnnotationTask
from scipy.stats import ttest_1samp

Ratings = Mapping[str, Mapping[str, Any]]  # rater -> item -> value


class Tested(NamedTuple):
    winning_rate: float
    advantage: float
    p_values: dict[str, float]


def alike(one: Any, other: Any) -> float:
    if not isinstance(one, frozenset):
        return float(one == other)
    return len(one & other) / len(one | other) if one | other else 1.0


def differ(one: Hashable, other: Hashable) -> float:
    return float(one != other)


def masi(one: frozenset[Any], other: frozenset[Any]) -> float:
    if one == other:
        return 0.0
    part = 2 / 3 if one <= other or other <= one else 1 / 3 if one & other else 0.0
    return 1.0 - alike(one, other) * part


def alpha(ratings: Ratings, *, sets: bool) -> float:
    """Of items with two ratings or more; nltk would count lone ones in."""
    often = Counter(item for said in ratings.values() for item in said)
    rows = [(rater, item, value) for rater, said in ratings.items() for item, value in said.items() if often[item] > 1]
    task = AnnotationTask(distance=masi if sets else differ)
    task.load_array(rows)
    return float(task.alpha())


def alternative_annotator(people: Ratings, model: Mapping[str, Any], *, epsilon: float, fewest: int = 30) -> Tested:
    """Calderon, Reichart, Dror (2025), as in their paper's algorithm."""
    rated = Counter(item for said in people.values() for item in said if item in model)
    p_values, advantages = {}, {}
    for person, said in people.items():
        items = [item for item in said if rated.get(item, 0) >= 2]
        if len(items) < fewest:
            continue
        differences, wins = [], []
        for item in items:
            others = [of[item] for name, of in people.items() if name != person and item in of]
            human = mean(alike(said[item], other) for other in others)
            machine = mean(alike(model[item], other) for other in others)
            tie = math.isclose(human, machine, abs_tol=1e-9)
            differences.append(0 if tie else 1 if human > machine else -1)
            wins.append(float(tie or machine > human))
        p_values[person], advantages[person] = _p(differences, epsilon), mean(wins)
    ordered = sorted(p_values.values(), key=lambda p: math.inf if math.isnan(p) else p)
    m = len(ordered)
    harmonic = sum(1 / k for k in range(1, m + 1))
    fallen = max((k for k, p in enumerate(ordered, start=1) if p <= k / m * 0.05 / harmonic), default=0)
    return Tested(fallen / m, mean(advantages.values()), p_values)


def _p(differences: list[int], epsilon: float) -> float:
    if len(set(differences)) > 1:
        return float(ttest_1samp(differences, epsilon, alternative="less").pvalue)
    return math.nan if differences[0] == epsilon else 0.0 if differences[0] < epsilon else 1.0


class Corrected(NamedTuple):
    value: float
    low: float
    high: float
    tuning: float


def corrected(labels: list[float], predictions: list[float], unlabelled: list[float]) -> Corrected:
    """Angelopoulos, Duchi, Zrnic (2023), PPI++ for a mean, without weights; ends cut at 0 and 1. Not for constants."""
    n, predicted = len(labels), len(unlabelled)
    tuning = 0.0
    if predicted > 1 and len({*predictions, *unlabelled}) > 1:
        covariance = mean(y * f for y, f in zip(labels, predictions, strict=True)) - mean(labels) * mean(predictions)
        tuning = covariance / ((1 + n / predicted) * variance([*predictions, *unlabelled]))
        tuning = min(max(tuning, 0.0), 1.0)
    rest = [y - tuning * f for y, f in zip(labels, predictions, strict=True)]
    value, spread = mean(rest), variance(rest) / n
    if tuning:
        value += tuning * mean(unlabelled)
        spread += tuning**2 * variance(unlabelled) / predicted
    half = 1.959963984540054 * math.sqrt(spread)
    return Corrected(value, max(0.0, value - half), min(1.0, value + half), tuning)
