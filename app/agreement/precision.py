"""How many more double-coded incidents bring the interval of a figure to a wanted width, in sentences."""

from dataclasses import dataclass
from math import ceil, log10

from app.agreement.asked import USUAL_WIDTH, WIDTHS
from app.agreement.figures import Row
from app.methods.agreement import Coefficient
from app.web.wording import coefficient, count, interval, plural

MOST_TOLD = 1_000_000  # nobody codes more, so that a number above it tells nothing


@dataclass(frozen=True)
class Precision:
    """number: the answer, '' where sentence says it all. before: words above the number."""

    options: list[tuple[str, str]]
    width: str
    number: str
    unit: str
    sentence: str


def precision(row: Row, width: str) -> Precision:
    width = width or USUAL_WIDTH
    options = [(each, f"{coefficient(size)} wide, ±{coefficient(size / 2)}") for each, size in WIDTHS.items()]
    return Precision(options, width, *_answer(row, row.headline, WIDTHS[width]))


def _answer(row: Row, found: Coefficient | None, width: float) -> tuple[str, str, str]:
    """(number, what it counts, sentence)"""
    from app.methods.agreement import more_units  # numpy and scipy: not before there is something to count

    if found is None:
        return "", "", "There is no figure yet, so there is no interval to narrow."
    more = more_units(found, width)
    if more is None:
        return "", "", f"There is no interval to narrow: {_why_none(found)}"
    now = _now(found)
    if more == 0:
        return "", "", f"The interval is no wider than {coefficient(width)} already: {now}."
    if found.n + more > MOST_TOLD:
        return "", "", f"No number of incidents that could be coded brings it to {coefficient(width)}: it is {now}."
    if row.is_reliability:
        about = _about(more)
        return about, "more double-coded", _told_more(about, width, now)
    sentence = (
        f"{_cannot_count(row)} A reliability round that agrees as these ratings do needs about that many for an "
        f"interval of {coefficient(width)}."
    )
    return _about(found.n + more), "fresh, double-coded", sentence


def _told_more(about: str, width: float, now: str) -> str:
    incidents = "incident" if about == "1" else "incidents"
    return (
        f"About {about} more double-coded {incidents} would bring the interval to a width of {coefficient(width)}. "
        f"It is {now}. Supposed: they are coded under the same version, and agree as those did."
    )


def _now(found: Coefficient) -> str:
    if found.low is None or found.high is None:
        return ""
    wide = coefficient(found.high - found.low)
    return f"{interval(found.low, found.high)} now, {wide} wide, from {plural(found.n, 'incident')}"


def _why_none(found: Coefficient) -> str:
    if found.undefined:
        return found.undefined
    return f"{found.interval_method[:1].upper()}{found.interval_method[1:]}."


def _cannot_count(row: Row) -> str:
    if row.lens.is_post_hoc:
        return f"These ratings cannot count: they were not coded under {row.lens.version_name}."
    return "These ratings cannot count: they are no reliability estimate."


def _about(number: int) -> str:
    """Two figures are as sharp as such a number is; rounded up."""
    step = 10 ** max(int(log10(number)) - 1, 0)
    return count(ceil(number / step) * step)
