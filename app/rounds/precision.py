"""How many incidents a wanted precision takes, and what precision a plan would bring.

Source: docs/AGREEMENT.md, "planning". The codes are thought of as two: the rarest one, and all the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.rounds.forms import PlanForm
from app.rounds.preview import Preview
from app.web.wording import coefficient

WITHOUT_KNOWLEDGE = 100  # double-coded incidents, where nothing is known
TOLD_FROM = (0.667, 0.8)  # Krippendorff's
MOST_CODERS = 4  # beside one another
FEWEST = 2


@dataclass(frozen=True)
class Needed:
    """Incidents that all of these coders code. width: for the wanted width; told_from: in the order of TOLD_FROM."""

    coders: int
    width: int
    told_from: tuple[int, ...]
    is_planned: bool


@dataclass(frozen=True)
class PlannedPrecision:
    """What the plan brings: incidents with two coders or more, and the width of their interval, None where too few.

    needed: by number of coders; empty where the share of the rarest code is not known.
    """

    alpha: str
    rarest: int | None
    wanted: str
    several: int | None
    width: str
    lacking: int
    needed: tuple[Needed, ...]


def planned_precision(form: PlanForm, preview: Preview | None) -> PlannedPrecision | None:
    """None where what is wished for cannot be read; the field says why."""
    wished = form.wished
    if wished.problem:
        return None
    coders = max(form.plan.coders_per_incident if form.plan else FEWEST, FEWEST)
    several = preview.several if preview else None
    rarest = wished.rarest_percent
    needed = _needed(wished.alpha, wished.width, rarest / 100, coders) if rarest else ()
    aim = next((each.width for each in needed if each.is_planned), WITHOUT_KNOWLEDGE)
    return PlannedPrecision(
        alpha=coefficient(wished.alpha),
        rarest=rarest,
        wanted=coefficient(wished.width),
        several=several,
        width=_width(several, coders, wished.alpha, rarest),
        lacking=max(aim - several, 0) if several is not None else 0,
        needed=needed,
    )


def _needed(alpha: float, width: float, share: float, planned: int) -> tuple[Needed, ...]:
    from app.methods.agreement import incidents_needed, units_for_width  # numpy: not before somebody plans

    return tuple(
        Needed(
            coders=coders,
            width=units_for_width(width, coders, alpha, _shares(share)),
            told_from=tuple(incidents_needed(least, share, coders) for least in TOLD_FROM),
            is_planned=coders == planned,
        )
        for coders in sorted({*range(FEWEST, MOST_CODERS + 1), planned})
    )


def _width(several: int | None, coders: int, alpha: float, rarest: int | None) -> str:
    if several is None or several < FEWEST or rarest is None:
        return ""
    from app.methods.agreement import expected_width  # numpy, as above

    return coefficient(expected_width(several, coders, alpha, _shares(rarest / 100)))


def _shares(share: float) -> Sequence[float]:
    return share, 1 - share
