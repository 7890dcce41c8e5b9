"""How times, spans of time, counts and coefficients are written on a page. Pure; the filters of the templates."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from markupsafe import Markup, escape

MINUS = "\N{MINUS SIGN}"
ABSENT = "\N{EN DASH}"
KEY_NAMES = {
    "ctrl": "Ctrl", "shift": "Shift", "enter": "↵", "arrowup": "↑", "arrowdown": "↓",
    "arrowleft": "←", "arrowright": "→", "escape": "Esc", "delete": "Del",
}  # fmt: skip


def moment(at: datetime | None) -> Markup | str:
    """`12 Mar 2025, 08:36 UTC`, readable by machines as well."""
    if at is None:
        return ABSENT
    at = at.astimezone(UTC)
    return _time(at, f"{at.day} {at:%b %Y, %H:%M} UTC")


def day(at: datetime | date | None) -> Markup | str:
    """`12 Mar 2025`; of a datetime the day in UTC."""
    if at is None:
        return ABSENT
    if isinstance(at, datetime):
        at = at.astimezone(UTC)
    return _time(at, f"{at.day} {at:%b %Y}")


def clock(at: datetime | None) -> Markup | str:
    """`08:36`, UTC; the page's script adds the local time as a title."""
    if at is None:
        return ABSENT
    return _time(at.astimezone(UTC), f"{at.astimezone(UTC):%H:%M}")


def _time(at: datetime | date, words: str) -> Markup:
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}" if isinstance(at, datetime) else at.isoformat()
    return Markup('<time datetime="{}">{}</time>').format(stamp, words)


def duration(span: timedelta | float | None) -> str:
    """`3 h 27 min`: the two largest units. A number is seconds."""
    if span is None:
        return ABSENT
    seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
    sign, seconds = (MINUS if seconds < 0 else ""), abs(seconds)
    if seconds < 60:
        return f"{sign}{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{sign}{minutes} min"
    if minutes < 24 * 60:
        return sign + _two(minutes, 60, "h", "min")
    return sign + _two(round(minutes / 60), 24, "d", "h")


def _two(amount: int, in_large: int, large: str, small: str) -> str:
    whole, rest = divmod(amount, in_large)
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"


def coefficient(value: float | None, digits: int = 2) -> str:
    """`.66`, `−.05`, `1.00`: no zero before the point, a true minus sign."""
    if value is None or math.isnan(value):
        return ABSENT
    written = f"{abs(value):.{digits}f}"
    minus = MINUS if value < 0 and float(written) > 0 else ""
    return minus + written.removeprefix("0")


def interval(low: float | None, high: float | None) -> str:
    """`[.56, .74]`."""
    return f"[{coefficient(low)}, {coefficient(high)}]"


def percent(share: float | None, digits: int = 0) -> str:
    """`91 %` of a share between 0 and 1."""
    if share is None or math.isnan(share):
        return ABSENT
    return f"{100 * share:.{digits}f} %".replace("-", MINUS)


def count(number: int) -> str:
    """`1,240`."""
    return f"{number:,}".replace("-", MINUS)


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 incident`, `12 incidents`; `{{ n|plural("category", "categories") }}`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


@cache  # of a few dozen keys, asked for each chip of each answer
def key_label(key: str) -> str:
    """What a keyboard shows: `ctrl+enter` is `Ctrl ↵`."""
    return " ".join(KEY_NAMES.get(part, part.upper() if "+" in key else part) for part in key.split("+"))


def attributes(named: Mapping[str, object]) -> Markup:
    """Attributes of an element: `hx_post` is hx-post, True stands alone, None and False are left out."""
    written = [
        f" {escape(name.rstrip('_').replace('_', '-'))}" + ("" if value is True else f'="{escape(value)}"')
        for name, value in named.items()
        if value is not None and value is not False
    ]
    return Markup("".join(written))


def dollars(amount: Decimal | None) -> str:
    """`$12.50`; with more digits where cents do not tell it, as of one call: `$0.0004`."""
    if amount is None:
        return ABSENT
    cents = f"{amount:,.2f}"
    return f"${cents if Decimal(cents.replace(',', '')) == amount else f'{amount:,.8f}'.rstrip('0')}"


def cost(amount: Decimal | None) -> str:
    """What calls came to, in the same digits below one another: `$0.0123`."""
    return ABSENT if amount is None else f"${amount:,.4f}"


FILTERS = {
    "moment": moment,
    "day": day,
    "clock": clock,
    "duration": duration,
    "coefficient": coefficient,
    "percent": percent,
    "thousands": count,
    "cost": cost,
    "dollars": dollars,
    "plural": plural,
    "key_label": key_label,
    "attributes": attributes,
}
