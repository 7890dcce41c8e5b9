"""Whether a model may stand in for human raters: the alternative annotator test.

Source: Calderon, Reichart and Dror (2025), The Alternative Annotator Test for LLM-as-a-Judge, ACL 2025. Loads numpy:
import it where it is used.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from app.methods.agreement.results import Rater, Value
from app.methods.agreement.sets import JACCARD, SetDistances
from app.methods.agreement.tables import ABSENT, Floats, Ints, order_of
from app.methods.fitness import FALSE_DISCOVERIES, FEWEST_ITEMS, AlternativeAnnotator, HumanTested, Share
from app.methods.shares import share_of
from app.methods.wilson import NORMAL, wilson

Bools = NDArray[np.bool_]
Alike = Callable[[Ints, Ints], Floats]  # how alike two values are, pair by pair: 1 the same, 0 nothing in common

DIGITS = 9  # means of the same parts in another order differ in the last digits: that is a tie

NO_ITEMS = "No item was rated by two humans and the model, so there is nobody to stand in for, and no test is made."
NOBODY_ENOUGH = "No human rated {fewest} items or more that another human and the model rated too, so no test is made."
TOO_FEW = "Left out: {items} that another human and the model rated too; the test takes at least {fewest}."
ALL_ALIKE = "Every item came out the same, so there is no spread to test by; "
UNDEFINED = ALL_ALIKE + "the difference is just ε, and that is no rejection."
NO_DOUBT = ALL_ALIKE + "the difference is {side} ε without doubt."


def alternative_annotator_of(
    humans: Sequence[Mapping[Rater, Value]], model: Sequence[Value | None], *, sets: bool, epsilon: float
) -> AlternativeAnnotator:
    """The test on a table.

    humans: one mapping per item, rater -> value; an absent rater is missing data. model: its value of each item, None
    where it is missing. With `sets` every value is a set of codes, an empty one meaning that none applies; sets are
    alike by one less Jaccard's distance. Raises ValueError for epsilon outside 0 to 1 or sides of unequal length.
    """
    if len(humans) != len(model):
        raise ValueError("one value of the model for each item, None where it has none")
    given = [value for row in humans for value in row.values() if value is not None]
    values = sorted({*given, *(value for value in model if value is not None)}, key=order_of)
    place = {value: at for at, value in enumerate(values)}
    raters = sorted({rater for row in humans for rater in row}, key=order_of)
    cells = np.array(
        [[place.get(row.get(rater), ABSENT) for rater in raters] for row in humans], dtype=np.int64
    ).reshape(len(humans), len(raters))
    said = np.array([ABSENT if value is None else place[value] for value in model], dtype=np.int64)
    return alternative_annotator(cells, said, raters, alike=alike_by(values, sets=sets), epsilon=epsilon)


def alike_by(values: Sequence[Value], *, sets: bool) -> Alike:
    """values: what the places in cells stand for. Two empty sets are alike."""
    if not sets:
        return lambda one, other: (one == other).astype(float)
    distances = SetDistances(values)
    return lambda one, other: 1.0 - distances.between(one, other)[JACCARD]


def alternative_annotator(
    cells: Ints,
    model: Ints,
    raters: Sequence[Rater],
    *,
    alike: Alike,
    epsilon: float,
    fewest: int = FEWEST_ITEMS,
) -> AlternativeAnnotator:
    """The test on places in a list of values.

    cells: items × humans, ABSENT where the human gave none; model: one place an item, or ABSENT. An item counts that
    two humans or more and the model rated. A human with fewer than `fewest` of them is not tested, but still one of
    the others. epsilon: 0 to 1, how much better the human must be to be worth it.

    For each human: S(a) = mean over the other humans' values r of alike(a, r); an item gives d = [S(human) >= S(model)]
    - [S(model) >= S(human)]; the null hypothesis that mean(d) >= epsilon is tested by one-sided t with n - 1 degrees.
    Over humans Benjamini and Yekutieli (2001) at .05.
    """
    if not 0 <= epsilon <= 1:
        raise ValueError("epsilon lies between 0 and 1")
    counts = ((cells != ABSENT).sum(axis=1) >= 2) & (model != ABSENT)
    cells, model = cells[counts], model[counts]
    better, worse = _stands_for_others(cells, model, alike)
    tested = [_tested(rater, better[:, at], worse[:, at], epsilon, fewest) for at, rater in enumerate(raters)]
    lost = rejected([one.p if one.is_tested else None for one in tested])
    made = np.array([one.is_tested for one in tested], dtype=bool)
    humans = tuple(
        HumanTested(
            rater=one.rater,
            items=one.items,
            difference=one.difference,
            advantage=one.advantage,
            human_advantage=one.human_advantage,
            p=one.p,
            loses=bool(loses),
            is_tested=one.is_tested,
            sentence=one.sentence,
            difference_low=one.difference_low,
            difference_high=one.difference_high,
        )
        for one, loses in zip(tested, lost, strict=True)
    )
    undefined = NO_ITEMS if not len(cells) else None if made.any() else NOBODY_ENOUGH.format(fewest=fewest)
    return AlternativeAnnotator(
        epsilon=epsilon,
        items=len(cells),
        humans=humans,
        winning_rate=None if undefined else float(lost[made].mean()),
        advantage=_mean_advantage(better[:, made], undefined),
        undefined=undefined,
    )


def rejected(p_values: Sequence[float | None]) -> Bools:
    """Which hypotheses fall, at a false discovery rate of .05 under any dependence.

    None: no test, which is not counted; nan: an undefined one, which is counted and never falls. With m tests the k
    smallest fall, k being the highest rank whose p is at most k/m * .05 / (1 + 1/2 + ... + 1/m).
    Source: Benjamini and Yekutieli (2001).
    """
    p = np.array([np.inf if one is None else one for one in p_values], dtype=float)
    m = int(np.sum(p != np.inf))
    p[np.isnan(p)] = np.inf
    if not m:
        return np.zeros(len(p), dtype=bool)
    order = np.argsort(p, kind="stable")[:m]
    ranks = np.arange(1, m + 1)
    bounds = ranks / m * FALSE_DISCOVERIES / (1.0 / ranks).sum()
    under = np.flatnonzero(p[order] <= bounds)
    found = np.zeros(len(p), dtype=bool)
    if len(under):
        found[order[: under[-1] + 1]] = True
    return found


def p_value(differences: Floats, epsilon: float) -> float:
    """One-sided t-test of mean < epsilon; nan where all differences are just epsilon, or there are fewer than two.

    Without spread: 0 where the mean is below epsilon, 1 above.
    """
    n = len(differences)
    if n < 2:
        return float("nan")
    away = float(differences.mean()) - epsilon
    if differences.min() == differences.max():
        return float("nan") if round(away, DIGITS) == 0 else 0.0 if away < 0 else 1.0
    return float(special.stdtr(n - 1, away / (differences.std(ddof=1) / np.sqrt(n))))


def ends_of_mean(differences: Floats) -> tuple[float | None, float | None]:
    """Of a t interval at 95 %, cut at -1 and 1: no wider than what the mean can be. None without spread."""
    n = len(differences)
    if n < 2 or differences.min() == differences.max():
        return None, None
    half = float(special.stdtrit(n - 1, 0.975) * differences.std(ddof=1) / np.sqrt(n))
    mean = float(differences.mean())
    return max(-1.0, mean - half), min(1.0, mean + half)


def _stands_for_others(cells: Ints, model: Ints, alike: Alike) -> tuple[Floats, Floats]:
    """Items × humans: 1 where the model is at least as good for the others as this human; and the other way round.

    nan where this human did not rate the item, or nobody else did.
    """
    items, raters = cells.shape
    by_model, by_human = np.zeros((items, raters)), np.zeros((items, raters))
    others = np.zeros((items, raters))
    for human in range(raters):
        for other in range(raters):
            both = np.flatnonzero((cells[:, human] != ABSENT) & (cells[:, other] != ABSENT))
            if other == human or not len(both):
                continue
            by_human[both, human] += alike(cells[both, human], cells[both, other])
            by_model[both, human] += alike(model[both], cells[both, other])
            others[both, human] += 1
    with np.errstate(invalid="ignore"):
        gap = np.round((by_model - by_human) / others, DIGITS)
    unknown = np.isnan(gap)
    return np.where(unknown, np.nan, gap >= 0), np.where(unknown, np.nan, gap <= 0)


def _tested(rater: Rater, better: Floats, worse: Floats, epsilon: float, fewest: int) -> HumanTested:
    """Without what the other tests say."""
    rated = ~np.isnan(better)
    better, worse = better[rated], worse[rated]
    n = len(better)
    advantage, human_advantage = share_of(better, none=NO_ITEMS), share_of(worse, none=NO_ITEMS)
    if n < fewest:
        sentence = TOO_FEW.format(items="1 item" if n == 1 else f"{n} items", fewest=fewest)
        mean = float((worse - better).mean()) if n else None
        ends = ends_of_mean(worse - better)
        return HumanTested(rater, n, mean, advantage, human_advantage, None, False, False, sentence, *ends)
    differences = worse - better
    low, high = ends_of_mean(differences)
    p = p_value(differences, epsilon)
    return HumanTested(
        rater=rater,
        items=n,
        difference=float(differences.mean()),
        advantage=advantage,
        human_advantage=human_advantage,
        p=None if np.isnan(p) else p,
        loses=False,
        is_tested=True,
        sentence=_about(differences, epsilon, p),
        difference_low=low,
        difference_high=high,
    )


def _about(differences: Floats, epsilon: float, p: float) -> str:
    if np.isnan(p):
        return UNDEFINED
    if differences.min() < differences.max():
        return ""
    return NO_DOUBT.format(side="below" if differences.mean() < epsilon else "above")


def _mean_advantage(better: Floats, undefined: str | None) -> Share:
    """The mean of the humans' own means. Items are drawn, so each counts once however many humans it came to: the
    error is that of the items' parts in the mean. Without spread Wilson's, of the items."""
    if undefined is not None:
        return Share(None, None, None, 0, undefined, "none")
    rated = ~np.isnan(better)
    n = int(rated.any(axis=1).sum())
    each = np.nanmean(better, axis=0)
    value = float(each.mean())
    parts = np.where(rated, (better - each) / rated.sum(axis=0), 0.0).mean(axis=1)[rated.any(axis=1)]
    error = float(np.sqrt(n / (n - 1) * (parts @ parts)))
    if error == 0:
        return Share(value, *wilson(value, n), n, None, "Wilson")
    low, high = max(0.0, value - NORMAL * error), min(1.0, value + NORMAL * error)
    return Share(value, low, high, n, None, "linearised over items")
