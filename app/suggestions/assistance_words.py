"""Figures of assistance as they are written: never a value without its interval and n (promise 9)."""

from dataclasses import dataclass
from typing import Literal

from app.methods.agreement.results import Coefficient
from app.web.wording import MINUS, coefficient, interval, percent

Unit = Literal["share", "alpha", "number", "minutes"]


@dataclass(frozen=True)
class Written:
    """sentence: why there is no value, else ''. side: on which side of no difference the whole interval lies: -1 or 1;
    0 where it holds both, or where it is no difference."""

    value: str
    interval: str
    n: int
    sentence: str = ""
    method: str = ""
    side: int = 0


@dataclass(frozen=True)
class WrittenContrast:
    assisted: Written
    blind: Written
    difference: Written


def written(found: Coefficient, unit: Unit) -> Written:
    if found.value is None or found.low is None or found.high is None:
        return Written("", "", found.n, found.undefined or found.interval_method)
    return Written(*_figure(found.value, found.low, found.high, unit), found.n, "", found.interval_method)


def written_difference(found: Coefficient, unit: Unit) -> Written:
    """With its sign; of shares in points of per cent."""
    if found.value is None or found.low is None or found.high is None:
        return Written("", "", found.n, found.undefined or found.interval_method)
    value, between = _figure(abs(found.value), found.low, found.high, unit)
    if unit == "share":
        value = f"{100 * abs(found.value):.0f} points"
    is_nothing = not any(digit in value for digit in "123456789")
    sign = "" if is_nothing else "+" if found.value > 0 else MINUS
    side = 1 if found.low > 0 else -1 if found.high < 0 else 0
    return Written(f"{sign}{value}", between, found.n, "", found.interval_method, side)


def _figure(value: float, low: float, high: float, unit: Unit) -> tuple[str, str]:
    if unit == "alpha":
        return coefficient(value), interval(low, high)
    if unit == "share":
        return percent(value), _between(100 * low, 100 * high, 0)
    if unit == "minutes":
        return f"{value / 60:.1f} min", _between(low / 60, high / 60, 1)
    return f"{value:.2f}", _between(low, high, 2)


def _between(low: float, high: float, digits: int) -> str:
    return f"[{_signed(low, digits)}, {_signed(high, digits)}]"


def _signed(value: float, digits: int) -> str:
    return f"{value + 0.0:.{digits}f}".replace("-", MINUS)
