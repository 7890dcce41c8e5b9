"""Shares of a whole out of a sample that people labelled and predictions of all of it: prediction-powered inference.

Source: Angelopoulos, Duchi and Zrnic (2023), PPI++: Efficient Prediction-Powered Inference, for means. Loads numpy:
import it where it is used.
"""

import numpy as np

from app.methods.agreement.tables import Floats
from app.methods.fitness import Share
from app.methods.wilson import NORMAL, wilson

NOBODY = "No item was labelled by a human, so there is nothing to correct the predictions by."
ONE = "One item was labelled: one alone has no spread, so there is no interval and no figure."
ALL_LABELLED = "Of all items at most one was not labelled, so none is predicted: it is the share that the humans gave."
SAYS_THE_SAME = "The prediction is the same for every item, so it takes no part: it is the share that the humans gave."
SAYS_NOTHING = "The predictions do not go with the labels, so they take no part: it is the share that the humans gave."
NO_SPREAD = "All labelled items are alike in this, so the interval is Wilson's of the labelled items."
METHOD = "PPI++, normal"
# What sums of weights leave over in their last digits, where there is no variance of a mean, and of values, at all.
LEAST, NOISE = 1e-20, 1e-12


def corrected_shares(
    labels: Floats,
    predictions: Floats,
    unlabelled: Floats,
    *,
    weights: Floats | None = None,
    unlabelled_weights: Floats | None = None,
) -> list[Share]:
    """One share a column, of all items, labelled or not.

    labels, predictions: labelled items × columns, 0 to 1; unlabelled: the predictions of the other items × the same
    columns. No missing data. The labelled items are a random sample of all; where their chances differ, the weights are
    one over the chance, of either side (Hajek: only their ratio counts). Raises ValueError for shapes that differ.

    value = mean(Y) + lambda (mean(F unlabelled) - mean(F labelled)), with lambda = cov(Y, F) / ((1 + n/N) var(F)),
    clipped to 0 to 1: cov over the n labelled items, var over all n + N. Its variance is lambda^2 var(F unlabelled) / N
    + var(Y - lambda F) / n, these over n - 1 and N - 1; ends are cut at 0 and 1.
    """
    if labels.shape != predictions.shape or labels.shape[1:] != unlabelled.shape[1:]:
        raise ValueError("labels, predictions and unlabelled have the same columns; the first two the same items")
    mine = _in_mean_one(weights, len(labels))
    others = _in_mean_one(unlabelled_weights, len(unlabelled))
    return [
        _corrected(labels[:, column], predictions[:, column], unlabelled[:, column], mine, others)
        for column in range(labels.shape[1])
    ]


def _corrected(y: Floats, f: Floats, others: Floats, weights: Floats, other_weights: Floats) -> Share:
    n, predicted = len(y), len(others)
    if n < 2:
        return Share(None, None, None, n, ONE if n else NOBODY, "none", predicted=predicted)
    tuning = tuning_of(y, f, others, weights, other_weights)
    rest = y - tuning * f
    value = float(np.mean(weights * rest))
    variance = float(_spread(rest, weights) / n)
    if tuning:
        value += tuning * float(np.mean(other_weights * others))
        variance += tuning**2 * float(_spread(others, other_weights)) / predicted
    note = _note(y, f, others, tuning)
    if variance < LEAST:
        note = f"{note} {NO_SPREAD}".strip()
        value = min(max(value, 0.0), 1.0)  # sums of weights come out a last digit above 1
        low, high = wilson(value, float(weights.sum() ** 2 / (weights @ weights)))
        return Share(value, low, high, n, None, "Wilson", tuning, predicted, note)
    half = NORMAL * float(np.sqrt(variance))
    low, high = max(0.0, value - half), min(1.0, value + half)
    return Share(min(max(value, 0.0), 1.0), low, high, n, None, METHOD, tuning, predicted, note)


def tuning_of(y: Floats, f: Floats, others: Floats, weights: Floats, other_weights: Floats) -> float:
    """Lambda, 0 to 1; 0 where the predictions tell nothing, or fewer than two items are left to predict."""
    n, predicted = len(y), len(others)
    if predicted < 2:
        return 0.0
    together = float(np.mean(weights**2 * _centred(y, weights) * _centred(f, weights)))
    of_all = np.concatenate([weights, other_weights])
    own = float(_spread(np.concatenate([f, others]), of_all))
    if own < NOISE or abs(together) < NOISE:
        return 0.0
    return float(np.clip(together / ((1 + n / predicted) * own), 0.0, 1.0))


def _note(y: Floats, f: Floats, others: Floats, tuning: float) -> str:
    if tuning:
        return ""
    if len(others) < 2:
        return ALL_LABELLED
    every = np.concatenate([f, others])
    return SAYS_THE_SAME if every.min() == every.max() else SAYS_NOTHING


def _in_mean_one(weights: Floats | None, n: int) -> Floats:
    if weights is None:
        return np.ones(n)
    if len(weights) != n or (n and weights.min() <= 0):
        raise ValueError("one weight above 0 for each item")
    return weights * n / weights.sum() if n else weights


def _centred(values: Floats, weights: Floats) -> Floats:
    return values - np.mean(weights * values)


def _spread(values: Floats, weights: Floats) -> float:
    """Of a weighted mean, times the number of values: without weights the variance over n - 1."""
    n = len(values)
    return float(np.sum((weights * _centred(values, weights)) ** 2) / (n - 1)) if n > 1 else 0.0
