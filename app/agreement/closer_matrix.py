"""Heat maps: coders by coders, and codes by codes. Each cell has its number, its words, and how dark it is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.agreement.closer_words import FEWEST_SHOWN, Cell, Place, token_of
from app.agreement.figures import Value
from app.agreement.shown import Shown
from app.studies.models import Membership

if TYPE_CHECKING:
    from app.methods.agreement.matrices import Confusion, PairAgreement

MOST_CODES = 12  # beside one another on a page
KAPPA_STEPS = (0.0, 0.2, 0.4, 0.6, 0.8)
STILL_CODED = "fewer than 3 incidents: not told while you still code some of them elsewhere"


@dataclass(frozen=True)
class HeatCell:
    """number: '' where there is none, and words say why. heat: 1 to 6; 0 for the diagonal. query: '' leads nowhere."""

    number: str
    words: str
    heat: int
    query: str = ""
    interval: str = ""


@dataclass(frozen=True)
class HeatRow:
    name: str
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True)
class Matrix:
    """A lower triangle: the columns are the rows again. left_out: how many rows had no room."""

    rows: tuple[HeatRow, ...]
    left_out: int = 0

    @property
    def columns(self) -> list[str]:
        return [row.name for row in self.rows]


@dataclass(frozen=True)
class PairLine:
    """Two coders. places: where they stand among the coders of the round. kappa is hidden where percent is: `hidden`
    says why."""

    members: tuple[Membership, Membership]
    places: tuple[int, int]
    kappa: Shown
    percent: Shown
    query: str
    hidden: str = ""


@dataclass(frozen=True)
class ConfusedLine:
    """Two codes that were taken for each other. times: pairs of ratings; share: of all pairs that differ."""

    first: str
    second: str
    times: int
    share: float
    query: str


def pair_lines(
    pairs: Sequence["PairAgreement"], members: Sequence[Membership], place: Place, *, veiled: bool
) -> list[PairLine]:
    at = {member.id: number for number, member in enumerate(members)}
    return [
        PairLine(
            members=(members[at[pair.first]], members[at[pair.second]]),
            places=(at[pair.first], at[pair.second]),
            kappa=Shown.of(pair.kappa),
            percent=Shown.of_share(pair.percent),
            query=place.query(Cell("pair", (pair.first, pair.second))),
            hidden=STILL_CODED if veiled and 0 < pair.percent.n < FEWEST_SHOWN else "",
        )
        for pair in pairs
    ]


def pair_matrix(pairs: Sequence["PairAgreement"], lines: Sequence[PairLine]) -> Matrix | None:
    """None where two coders make one cell, which a list says as well."""
    by_pair = {line.places: _pair_cell(pair, line) for pair, line in zip(pairs, lines, strict=True)}
    names = {place: member.name for line in lines for place, member in zip(line.places, line.members, strict=True)}
    if len(names) < 3:
        return None
    places = sorted(names)
    nobody = HeatCell("", "No incident was coded by both.", 1)
    return Matrix(
        tuple(
            HeatRow(names[row], (*(by_pair.get((column, row), nobody) for column in places[:at]), _ITSELF))
            for at, row in enumerate(places)
        )
    )


def confusion_matrix(
    found: "Confusion", name_of: Callable[[Value | None], str], place: Place, *, veiled: bool
) -> Matrix | None:
    """The most frequent codes first. None where fewer than two were met with."""
    met = [sum(row) for row in found.rows]
    order = sorted((at for at, times in enumerate(met) if times), key=lambda at: (-met[at], str(found.values[at])))
    if len(order) < 2:
        return None
    shown = order[:MOST_CODES]
    most = max((found.rows[a][b] for a in shown for b in shown if a != b), default=0)

    def cell(row: int, column: int) -> HeatCell:
        times = found.rows[row][column]
        names = " and ".join(name_of(found.values[at]) for at in dict.fromkeys((row, column)))
        if veiled and times < FEWEST_SHOWN:
            return HeatCell(f"<{FEWEST_SHOWN}", f"{names}: {STILL_CODED}", 1 if row != column else 0)
        if not times:
            return HeatCell("·", f"{names}: none", 1 if row != column else 0)
        query = place.query(Cell("codes", (), (token_of(found.values[row]), token_of(found.values[column]))))
        heat = 1 + math.ceil(5 * times / most) if row != column else 0
        return HeatCell(f"{times:,}", f"{names}: {_pairs(times)}", heat, query)

    rows = (
        HeatRow(name_of(found.values[row]), tuple(cell(row, c) for c in shown[: at + 1]))
        for at, row in enumerate(shown)
    )
    return Matrix(tuple(rows), left_out=len(order) - len(shown))


def confused_lines(
    found: "Confusion", name_of: Callable[[Value | None], str], place: Place, *, veiled: bool
) -> list[ConfusedLine]:
    """Most often first."""
    return [
        ConfusedLine(
            first=name_of(each.first),
            second=name_of(each.second),
            times=each.times,
            share=each.share,
            query=place.query(Cell("codes", (), (token_of(each.first), token_of(each.second)))),
        )
        for each in found.confused
        if not veiled or each.times >= FEWEST_SHOWN
    ]


_ITSELF = HeatCell("", "", 0)


def _pair_cell(pair: "PairAgreement", line: PairLine) -> HeatCell:
    names = " and ".join(member.name for member in line.members)
    if line.hidden:
        return HeatCell("–", f"{names}: {line.hidden}", 1)
    if not line.kappa.value or pair.kappa.value is None:
        return HeatCell("–", f"{names}: {line.kappa.sentence}", 1, line.query if pair.kappa.n else "")
    agreed = f"{line.percent.value} {line.percent.interval}" if line.percent.value else ""
    words = f"{names}: n = {pair.kappa.n}{', the same answer in ' + agreed if agreed else ''}"
    heat = 1 + sum(pair.kappa.value > step for step in KAPPA_STEPS)
    return HeatCell(line.kappa.value, words, heat, line.query, line.kappa.interval)


def _pairs(times: int) -> str:
    return "1 pair of ratings" if times == 1 else f"{times:,} pairs of ratings"
