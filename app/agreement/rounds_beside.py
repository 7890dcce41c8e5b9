"""Rounds beside each other, dimension by dimension: each figure under its own name, and none pooled."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.asked import Asked
from app.agreement.figures import RELIABILITY, RoundFigures, Row, round_figures
from app.agreement.shown import whisker_of
from app.agreement.trend import Trend, TrendPoint, trend
from app.codebook.tree import DimensionEntry
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import frozen_version
from app.web.figures import Whisker

WIDTH = 120  # of a drawing in a cell


@dataclass(frozen=True)
class BesideCell:
    """whisker: None where sentence says why there is no figure."""

    row: Row
    number: int
    whisker: Whisker | None
    sentence: str


@dataclass(frozen=True)
class BesideGroup:
    """Rows under one name. lines: (dimension, a cell for each round, None where it has no such figure)."""

    name: str
    is_reliability: bool
    lines: list[tuple[DimensionEntry, list[BesideCell | None]]]


@dataclass(frozen=True)
class RoundsBeside:
    """rounds: (round, the name of its version, '' for the live codebook), the oldest first."""

    rounds: list[tuple[Round, str]]
    groups: list[BesideGroup]
    trend: Trend | None


def rounds_beside(
    session: Session, offered: Sequence[Round], asked: Asked, figures: RoundFigures, dimension: DimensionEntry | None
) -> RoundsBeside | None:
    """None where no other round is asked for. What is not offered is not found (promise 1)."""
    others = [number for number in asked.beside if number != figures.coding_round.number]
    by_number = {each.number: each for each in offered}
    if any(number not in by_number for number in others):
        raise NotFound
    if not others:
        return None
    rounds = sorted([figures.coding_round, *(by_number[number] for number in others)], key=lambda each: each.number)
    found = [
        figures if each.id == figures.coding_round.id else round_figures(session, each, asked.lens(session, each))
        for each in rounds
    ]
    named = [(each, version.name if (version := frozen_version(session, each)) else "") for each in rounds]
    return RoundsBeside(named, _groups(found), _trend(found, dimension) if dimension else None)


def _groups(found: Sequence[RoundFigures]) -> list[BesideGroup]:
    """Reliability first, then as they first appear. A dimension is named as its newest round has it."""
    dimensions = {each.id: each for figures in found for each in figures.codebook.dimensions}
    names = dict.fromkeys(row.name for figures in found for row in figures.rows)
    cells = {
        (row.name, row.dimension.id, place): _cell(figures, row)
        for place, figures in enumerate(found)
        for row in figures.rows
    }
    reliability = {row.name for figures in found for row in figures.reliability}
    groups = []
    for name in sorted(names, key=lambda each: each not in reliability):
        lines = [
            (dimension, [cells.get((name, dimension.id, place)) for place in range(len(found))])
            for dimension in dimensions.values()
        ]
        groups.append(BesideGroup(name, name in reliability, [line for line in lines if any(line[1])]))
    return groups


def _cell(figures: RoundFigures, row: Row) -> BesideCell:
    headline = row.headline
    whisker = whisker_of(headline, width=WIDTH, apart=not row.is_reliability)
    return BesideCell(row, figures.coding_round.number, whisker, why_none(row) if whisker is None else "")


def why_none(row: Row) -> str:
    headline = row.headline
    return row.sentence or (headline.undefined or headline.interval_method if headline else "")


def _trend(found: Sequence[RoundFigures], dimension: DimensionEntry) -> Trend:
    points = [
        _point(figures.coding_round, row)
        for figures in found
        for row in figures.rows
        if row.dimension.id == dimension.id
    ]
    return trend(dimension.name, [each.coding_round.number for each in found], points)


def _point(coding_round: Round, row: Row) -> TrendPoint:
    found = row.headline
    has_interval = found is not None and found.value is not None and found.low is not None and found.high is not None
    return TrendPoint(
        number=coding_round.number,
        round_name=coding_round.name,
        name=row.name,
        is_reliability=row.kind == RELIABILITY,
        n=found.n if found else 0,
        value=found.value if found and has_interval else None,
        low=found.low if found and has_interval else None,
        high=found.high if found and has_interval else None,
        sentence="" if has_interval else why_none(row),
    )
