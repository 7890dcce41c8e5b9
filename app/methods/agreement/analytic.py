"""Standard errors by formula, for Cohen's kappa and Gwet's AC1: a check on the jackknife.

Neither is used for an interval; both hold for many units only.
"""

import numpy as np

from app.methods.agreement.ratios import value_counts
from app.methods.agreement.tables import Patterns


def cohen_error(pair: Patterns) -> float:
    """Of Cohen's kappa of two raters on units both rated. NaN where kappa is undefined.

    Source: Fleiss, Cohen and Everitt (1969), equation 13.
    """
    values = len(pair.values)
    shares = np.zeros((values, values))
    shares[pair.cells[:, 0], pair.cells[:, 1]] = pair.weights / max(pair.units, 1)
    first, second, agreed = shares.sum(axis=1), shares.sum(axis=0), shares.diagonal()
    chance = first @ second
    if not pair.units or chance >= 1.0:
        return float("nan")
    kappa = (agreed.sum() - chance) / (1.0 - chance)
    crossed = second[:, None] + first[None, :]  # of a cell (i, j): the second rater's share of i and the first's of j
    on = agreed @ (1.0 - (first + second) * (1.0 - kappa)) ** 2
    off = (1.0 - kappa) ** 2 * ((shares * crossed**2).sum() - agreed @ crossed.diagonal() ** 2)
    variance = on + off - (kappa - chance * (1.0 - kappa)) ** 2
    return float(np.sqrt(variance / pair.units) / (1.0 - chance))


def gwet_error(patterns: Patterns) -> float:
    """Of Gwet's AC1, any number of raters, missing ratings too. NaN where AC1 is undefined.

    Units with one rating count for the shares of values, as in the coefficient. How many units are pairable is taken as
    fixed, so that with missing ratings it comes out larger than the spread is. Source: Gwet (2014), section 5.3.
    """
    ratings, weights, units = patterns.ratings_per_unit, patterns.weights, patterns.units
    paired = ratings >= 2
    others = len(patterns.values) - 1
    if units < 2 or others < 1 or not paired.any():
        return float("nan")
    counts = value_counts(patterns.cells, len(patterns.values)).toarray()
    agreeing = (counts * (counts - 1)).sum(axis=1) / np.maximum(ratings * (ratings - 1), 1)
    shares = weights @ (counts / ratings[:, None]) / units
    chance = shares @ (1.0 - shares) / others
    own_chance = (counts @ (1.0 - shares)) / ratings / others
    observed = weights @ agreeing / (weights @ paired)
    whole = (observed - chance) / (1.0 - chance)
    own = np.where(paired, (agreeing - chance) / (1.0 - chance), 0.0) * units / (weights @ paired)
    linear = own - 2.0 * (1.0 - whole) * (own_chance - chance) / (1.0 - chance)
    return float(np.sqrt(weights @ (linear - whole) ** 2 / (units * (units - 1))))
