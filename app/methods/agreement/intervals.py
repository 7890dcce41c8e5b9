"""95 % intervals over units: one way for every coefficient."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from app.methods.agreement.ratios import Statistic
from app.methods.agreement.tables import Floats, Ints

LEVEL = 0.05
JACKKNIFE = "jackknife over units, Fisher's z, t"
EXACT = "Clopper-Pearson over units"
NO_SPREAD = 1e-9
RESAMPLE_CELLS = 4_000_000
_NORMAL = float(special.ndtri(1 - LEVEL / 2))


@dataclass(frozen=True)
class Interval:
    """95 %, on the scale of the coefficient: low <= high <= 1. method: how it came about, in words for the page."""

    low: float
    high: float
    method: str


def jackknife_interval(statistic: Statistic, *, units: int) -> Interval:
    """Leave out one unit at a time; the standard error goes to Fisher's z, with a t quantile.

    units: pairable units. Where the jackknife cannot speak (every unit agrees, the values do not vary, or
    some are undefined because all variety sits in one unit), the interval is `exact_interval`; how many
    were undefined is said. The error is of the coefficient itself, carried over as SE / (1 - value²): a
    value left out may be exactly 1, where atanh fails.
    """
    observed, expected = statistic.disagreement()
    value = 1.0 - observed / expected
    left_out, weights = statistic.left_out(), statistic.weights
    defined = np.isfinite(left_out)
    undefined = int(weights[~defined].sum())
    error = jackknife_error(left_out[defined], weights[defined])
    if undefined or error < NO_SPREAD or abs(value) >= 1.0 - NO_SPREAD:
        return exact_interval(observed, expected, units=units, undefined=undefined)
    spread = _t_quantile(int(weights.sum()) - 1) * error / (1.0 - value**2)
    centre = np.arctanh(value)
    return Interval(float(np.tanh(centre - spread)), float(np.tanh(centre + spread)), JACKKNIFE)


def bootstrap_interval(statistic: Statistic, *, units: int, resamples: int, seed: int) -> Interval:
    """Percentiles over units drawn again with replacement; the seed is part of the method's name."""
    observed, expected = statistic.disagreement()
    drawn = _drawn_values(statistic, resamples, np.random.default_rng(seed))
    defined = drawn[np.isfinite(drawn)]
    undefined = resamples - len(defined)
    if not len(defined) or np.ptp(defined) < NO_SPREAD:
        return exact_interval(observed, expected, units=units, undefined=undefined, out_of=resamples)
    low, high = np.quantile(defined, [LEVEL / 2, 1 - LEVEL / 2])
    method = f"percentile bootstrap over units, {resamples} resamples, seed {seed}"
    return Interval(float(low), float(high), method + _undefined_note(undefined, resamples))


def share_interval(statistic: Statistic, *, units: int) -> Interval:
    """For percent agreement: Clopper-Pearson bounds on the share of agreeing pairs.

    Two raters agree on a unit or not, so n is the units. With more raters the unit shares vary less, and n
    becomes the effective one, p(1-p)/SE² with the t correction, never under the units.
    Source: Korn and Graubard (1998).
    """
    observed, expected = statistic.disagreement()
    error = jackknife_error(statistic.left_out(), statistic.weights)
    effective = float(units)
    if error > NO_SPREAD:
        correction = (_NORMAL / _t_quantile(units - 1)) ** 2
        effective = max(effective, observed * (1.0 - observed) / error**2 * correction)
    interval = exact_interval(observed, expected, units=effective)
    note = f", effective n {effective:.0f}" if effective > units else ""
    return Interval(interval.low, interval.high, interval.method + note)


def exact_interval(
    observed: float, expected: float, *, units: float, undefined: int = 0, out_of: int | None = None
) -> Interval:
    """Clopper-Pearson bounds on the share of disagreement, as if each unit agreed or not, carried over to
    the coefficient with its expected disagreement held. With no disagreement the upper end is 1.
    """
    disagreeing = min(max(observed * units, 0.0), units)
    agreeing = units - disagreeing
    least = special.betaincinv(disagreeing, agreeing + 1, LEVEL / 2) if disagreeing > 0 else 0.0
    most = special.betaincinv(disagreeing + 1, agreeing, 1 - LEVEL / 2) if agreeing > 0 else 1.0
    value = 1.0 - observed / expected
    low = max(1.0 - most / expected, min(-1.0, value))
    method = EXACT if expected == 1.0 else f"{EXACT}, expected disagreement held"
    method += _undefined_note(undefined, units if out_of is None else out_of)
    return Interval(float(low), float(1.0 - least / expected), method)


def jackknife_error(values: Floats, weights: Ints) -> float:
    """Standard error from the coefficient without each unit in turn. weights: units per value; 0 for a single unit."""
    units = weights.sum()
    if units < 2:
        return 0.0
    spread = weights @ (values - weights @ values / units) ** 2
    return float(np.sqrt((units - 1) / units * spread))


def _t_quantile(degrees: int) -> float:
    return float(special.stdtrit(degrees, 1 - LEVEL / 2))


def _drawn_values(statistic: Statistic, resamples: int, rng: np.random.Generator) -> Floats:
    weights = statistic.weights
    units = int(weights.sum())
    step = max(RESAMPLE_CELLS // max(len(weights), 1), 1)
    parts = [np.empty(0)]
    for at in range(0, resamples, step):
        drawn = rng.multinomial(units, weights / units, size=min(step, resamples - at))
        parts.append(statistic.resampled(drawn.astype(float)))
    return np.concatenate(parts)


def _undefined_note(undefined: int, out_of: float) -> str:
    return f"; {undefined} of {out_of:.0f} replicates undefined" if undefined else ""
