"""The figures of a validity page made another way: loops over what was said, numpy, scipy's tests, nltk's alpha.

Nothing of app/methods is in it, so that what agrees with it was worked out twice. `figures` makes all of one dimension;
`told` brings what the app says into the same form, and `apart` tells where the two differ.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from nltk.metrics.agreement import AnnotationTask
from scipy import stats

from app.agreement.figures import NONE_APPLIES
from app.suggestions.validity_figures import DimensionValidity

Ratings = Mapping[str, Mapping[str, Any]]  # rater -> item -> value
Figures = dict[str, float | None]  # the name of a figure -> itself; None: there is none

NORMAL = float(stats.norm.ppf(0.975))
DISCOVERIES = 0.05


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


class Between(NamedTuple):
    value: float | None
    low: float | None
    high: float | None
    n: int


def alpha_with_interval(ratings: Ratings, *, sets: bool) -> Between:
    """Krippendorff (2011) by what is observed and expected between pairs; its jackknife over items on Fisher's z with
    a t quantile, or, where that cannot speak, Clopper and Pearson's bounds on the share of disagreement."""
    given: dict[str, list[Any]] = {}
    for said in ratings.values():
        for item, value in said.items():
            given.setdefault(item, []).append(value)
    rows = [values for values in given.values() if len(values) > 1]
    kinds = list(dict.fromkeys(value for row in rows for value in row))
    if len(kinds) < 2:
        return Between(None, None, None, len(rows))
    far = np.array([[(masi if sets else differ)(one, other) for other in kinds] for one in kinds])
    counts = np.array([[row.count(kind) for kind in kinds] for row in rows], dtype=float)
    size = counts.sum(axis=1)
    inside = np.einsum("ij,jk,ik->i", counts, far, counts) / (size - 1)
    whole, units = counts.sum(axis=0), len(rows)

    def observed_and_expected(within: Any, often: Any) -> tuple[float, float]:
        n = often.sum()
        return float(within / n), float(often @ far @ often / (n * (n - 1)))

    observed, expected = observed_and_expected(inside.sum(), whole)
    value = 1 - observed / expected
    left_out = []
    for at in range(units):
        less, against = observed_and_expected(inside.sum() - inside[at], whole - counts[at])
        left_out.append(1 - less / against if against > 0 else math.nan)
    error = float(np.sqrt((units - 1) / units * np.sum((np.array(left_out) - np.mean(left_out)) ** 2)))
    if math.isnan(error) or error < 1e-9 or abs(value) >= 1 - 1e-9:
        low, high = _clopper_pearson(observed * units, units)
        return Between(value, max(1 - high / expected, min(-1.0, value)), 1 - low / expected, units)
    half = stats.t.ppf(0.975, units - 1) * error / (1 - value**2)
    middle = math.atanh(value)
    return Between(value, math.tanh(middle - half), math.tanh(middle + half), units)


def _clopper_pearson(k: float, n: float) -> tuple[float, float]:
    return (
        float(stats.beta.ppf(0.025, k, n - k + 1)) if k > 0 else 0.0,
        float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0,
    )


def alternative_annotator(people: Ratings, model: Mapping[str, Any], *, epsilon: float, fewest: int = 30) -> Tested:
    """Calderon, Reichart, Dror (2025), as in their paper's algorithm."""
    p_values, advantages = {}, {}
    for person, compared in _compared(people, model).items():
        if len(compared) < fewest:
            continue
        p_values[person] = _p([worse - better for better, worse in compared.values()], epsilon)
        advantages[person] = mean(better for better, _ in compared.values())
    if not p_values:
        return Tested(math.nan, math.nan, {})
    return Tested(len(_fallen(p_values)) / len(p_values), mean(advantages.values()), p_values)


def _fallen(p_values: Mapping[str, float]) -> set[str]:
    """Benjamini and Yekutieli (2001). An undefined test is one that never falls."""
    ordered = sorted(p_values, key=lambda name: math.inf if math.isnan(p_values[name]) else p_values[name])
    m = len(ordered)
    harmonic = sum(1 / k for k in range(1, m + 1))
    under = [k for k, name in enumerate(ordered, 1) if p_values[name] <= k / m * DISCOVERIES / harmonic]
    return set(ordered[: max(under, default=0)])


def _compared(people: Ratings, model: Mapping[str, Any]) -> dict[str, dict[str, tuple[float, float]]]:
    """person -> item -> 1 where the model is at least as near to the others as this person is, and the reverse."""
    rated = Counter(item for said in people.values() for item in said if item in model)
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for person, said in people.items():
        found[person] = {}
        for item in (each for each in said if rated[each] >= 2):
            others = [of[item] for name, of in people.items() if name != person and item in of]
            human = mean(alike(said[item], other) for other in others)
            machine = mean(alike(model[item], other) for other in others)
            tie = math.isclose(human, machine, abs_tol=1e-9)
            found[person][item] = (float(tie or machine > human), float(tie or human > machine))
    return found


def _p(differences: Sequence[float], epsilon: float) -> float:
    if len(set(differences)) > 1:
        return float(stats.ttest_1samp(differences, epsilon, alternative="less").pvalue)
    return math.nan if differences[0] == epsilon else 0.0 if differences[0] < epsilon else 1.0


class Corrected(NamedTuple):
    value: float
    low: float
    high: float
    tuning: float


def corrected(
    labels: Sequence[float],
    predictions: Sequence[float],
    unlabelled: Sequence[float],
    weights: Sequence[float] | None = None,
    other_weights: Sequence[float] | None = None,
) -> Corrected:
    """Angelopoulos, Duchi, Zrnic (2023), PPI++ for a mean; ends cut at 0 and 1. Weights are one over the chance: each
    mean is a ratio of sums, and its variance that of the sums' parts (Hajek)."""
    y, f, g = (np.array(one, dtype=float) for one in (labels, predictions, unlabelled))
    w = np.ones(len(y)) if weights is None else np.array(weights, dtype=float)
    v = np.ones(len(g)) if other_weights is None else np.array(other_weights, dtype=float)
    tuning = 0.0
    if len(g) > 1:
        pooled = np.concatenate([w * len(w) / w.sum(), v * len(v) / v.sum()])
        spread = _variance_of_mean(np.concatenate([f, g]), pooled) * len(pooled)
        share = w / w.sum()
        together = len(y) * float(np.sum(share**2 * (y - share @ y) * (f - share @ f)))
        tuning = float(np.clip(together / ((1 + len(y) / len(g)) * spread), 0, 1)) if spread > 1e-12 else 0.0
    rest = y - tuning * f
    value, variance = float(np.average(rest, weights=w)), _variance_of_mean(rest, w)
    if tuning:
        value += tuning * float(np.average(g, weights=v))
        variance += tuning**2 * _variance_of_mean(g, v)
    if variance < 1e-20:
        low, high = wilson(min(max(value, 0.0), 1.0), float(w.sum() ** 2 / np.sum(w**2)))
    else:
        low, high = value - NORMAL * math.sqrt(variance), value + NORMAL * math.sqrt(variance)
    return Corrected(min(max(value, 0.0), 1.0), max(0.0, low), min(1.0, high), tuning)


def _variance_of_mean(values: Any, weights: Any) -> float:
    n = len(values)
    off = weights * (values - np.average(values, weights=weights))
    return float(n / (n - 1) * np.sum(off**2) / weights.sum() ** 2)


def wilson(share: float, n: float) -> tuple[float, float]:
    """The ends at which the distance of share from p is 1.96 errors of p: the roots of a quadratic."""
    low, high = sorted(np.roots([1 + NORMAL**2 / n, -(2 * share + NORMAL**2 / n), share**2]).real)
    return min(max(0.0, float(low)), share), max(min(1.0, float(high)), share)


def figures(
    people: Ratings,
    model: Mapping[str, Any],
    *,
    codes: Collection[str],
    labelled: Collection[str],
    sets: bool,
    epsilon: float,
    weights: Mapping[str, float] | None = None,
) -> Figures:
    """All that the page tells of one dimension. codes: of which a share is told, besides none. labelled: items whose
    people count in the shares. Names are those of `told`."""
    there = {who: {item: value for item, value in said.items() if item in model} for who, said in people.items()}
    found: Figures = dict(_spread("alpha, people", alpha_with_interval(there, sets=sets)))
    for who, said in there.items():
        pair = {who: said, "the model": {item: model[item] for item in said}}
        found |= _spread(f"alpha, {who} and the model", alpha_with_interval(pair, sets=sets))
    found |= _tests(_compared(there, model), epsilon)
    by = weights or dict.fromkeys(model, 1.0)
    for code in (*codes, NONE_APPLIES):
        found |= _shares(code, there, model, [item for item in model if item in labelled], by)
    return found


def _tests(compared: Mapping[str, Mapping[str, tuple[float, float]]], epsilon: float) -> Figures:
    found: Figures = {}
    tested = {who: rows for who, rows in compared.items() if len(rows) >= 30}
    p_values = {who: _p([worse - better for better, worse in rows.values()], epsilon) for who, rows in tested.items()}
    fallen = _fallen(p_values)
    for who, rows in compared.items():
        n = len(rows)
        found[f"test, {who}: n"] = n
        differences = [worse - better for better, worse in rows.values()]
        found[f"test, {who}: difference"] = mean(differences) if n else None
        has_spread = len(set(differences)) > 1
        ends = stats.ttest_1samp(differences, 0).confidence_interval(0.95) if has_spread else (None, None)
        ends = [each if each is None else min(max(each, -1.0), 1.0) for each in ends]
        found |= zip((f"test, {who}: difference, low", f"test, {who}: difference, high"), ends, strict=True)
        p = p_values.get(who, math.nan)
        found[f"test, {who}: p"] = None if math.isnan(p) else p
        found[f"test, {who}: falls"] = float(who in fallen)
        for side, name in enumerate(("model as good", "coder as good")):
            times = int(sum(row[side] for row in rows.values()))
            low, high = stats.binomtest(times, n).proportion_ci(method="wilson") if n else (None, None)
            found |= _spread(f"test, {who}, {name}", Between(times / n if n else None, low, high, n))
    found["test: winning rate"] = len(fallen) / len(tested) if tested else None
    if not tested:
        return found | {"test, advantage: value": None, "test, advantage: low": None, "test, advantage: high": None}
    mine = {who: mean(better for better, _ in rows.values()) for who, rows in tested.items()}
    rho, items = mean(mine.values()), sorted({item for rows in tested.values() for item in rows})
    parts = [
        sum((rows[item][0] - mine[who]) / len(rows) for who, rows in tested.items() if item in rows) / len(tested)
        for item in items
    ]
    error = math.sqrt(len(items) / (len(items) - 1) * sum(part**2 for part in parts))
    low, high = (max(0.0, rho - NORMAL * error), min(1.0, rho + NORMAL * error)) if error else wilson(rho, len(items))
    named = {"value": rho, "low": low, "high": high}
    return found | {f"test, advantage: {name}": each for name, each in named.items()}


def _shares(
    code: str, people: Ratings, model: Mapping[str, Any], of: Sequence[str], by: Mapping[str, float]
) -> Figures:
    rest = [item for item in model if item not in set(of)]
    labels = [mean(_has(said[item], code) for said in people.values() if item in said) for item in of]
    own, others = [_has(model[item], code) for item in of], [_has(model[item], code) for item in rest]
    w, v = [by[item] for item in of], [by[item] for item in rest]
    found: Figures = {}
    for name, values, weights in (("model", [*own, *others], [*w, *v]), ("people", labels, w)):
        if not values:
            found |= _spread(f"share of {code}, {name}", Between(None, None, None, 0))
            continue
        value = float(np.average(values, weights=weights))
        effective = sum(weights) ** 2 / sum(each**2 for each in weights)
        found |= _spread(f"share of {code}, {name}", Between(value, *wilson(value, effective), len(values)))
    if len(labels) < 2:
        return found | _spread(f"share of {code}, corrected", Between(None, None, None, len(labels)))
    made = corrected(labels, own, others, w, v)
    found |= _spread(f"share of {code}, corrected", Between(made.value, made.low, made.high, len(labels)))
    return found | {f"share of {code}, corrected: lambda": made.tuning}


def _has(value: Any, code: str) -> float:
    """No code of a set, or the word for it: none applies."""
    if isinstance(value, frozenset):
        return float(code in value or (code == NONE_APPLIES and not value))
    return float(value == code)


def _spread(name: str, one: Between) -> Figures:
    return {f"{name}: {part}": each for part, each in one._asdict().items()}


def told(one: DimensionValidity, *, rater: Callable[[int], str], code: Callable[[int], str]) -> Figures:
    """What the app says of a dimension. rater, code: by which names, of the ids."""
    assert one.people is not None and one.test is not None, one.sentence
    found: Figures = dict(_of_app("alpha, people", one.people))
    for beside in one.with_people:
        found |= _of_app(f"alpha, {rater(beside.member_id)} and the model", beside.alpha)
    for human in one.test.humans:
        who = rater(int(human.rater))
        found |= {f"test, {who}: n": human.items, f"test, {who}: difference": human.difference}
        ends = {"low": human.difference_low, "high": human.difference_high}
        found |= {f"test, {who}: difference, {name}": each for name, each in ends.items()}
        found |= {f"test, {who}: p": human.p, f"test, {who}: falls": float(human.loses)}
        found |= _of_app(f"test, {who}, model as good", human.advantage)
        found |= _of_app(f"test, {who}, coder as good", human.human_advantage)
    found["test: winning rate"] = one.test.winning_rate
    ends = {name: getattr(one.test.advantage, name) for name in ("value", "low", "high")}
    found |= {f"test, advantage: {name}": each for name, each in ends.items()}
    for shares in one.shares:
        name = code(shares.code) if isinstance(shares.code, int) else shares.code
        for which in ("model", "people", "corrected"):
            found |= _of_app(f"share of {name}, {which}", getattr(shares, which))
        if shares.corrected.tuning is not None:
            found[f"share of {name}, corrected: lambda"] = shares.corrected.tuning
    return found


def _of_app(name: str, one: Any) -> Figures:
    return _spread(name, Between(one.value, one.low, one.high, one.n))


def apart(mine: Figures, theirs: Figures, *, by: float = 1e-9) -> Iterator[str]:
    """Where two makings of the same figures differ: one has what the other has not, or they lie farther apart."""
    for name in sorted({*mine, *theirs}):
        one, other = mine.get(name, "no such figure"), theirs.get(name, "no such figure")
        if isinstance(one, int | float) and isinstance(other, int | float):
            if not abs(one - other) <= by:
                yield f"{name}: {one!r} and {other!r}"
        elif one != other:
            yield f"{name}: {one!r} and {other!r}"
