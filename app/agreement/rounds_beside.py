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
SHORT = {
    "reliability": "Reliability",
    "calibration": "Calibration",
    "single_coding": "Overlap of single coding",
    "recoding": "Recoding",
    "mapped": "Mapped after coding",
    "assisted": "After assistance",
    "imported": "Imported, independence not known",
    "imported_independent": "Imported, said to be independent",
    "with_models": "Imported, model raters among them",
}


@dataclass(frozen=True)
class BesideFigure:
    """name: short, under a heading that says which are no reliability estimates. whisker: None where sentence says why
    there is no figure."""

    row: Row
    name: str
    whisker: Whisker | None
    sentence: str


@dataclass(frozen=True)
class RoundsBeside:
    """rounds: (round, the name of its version, '' for the live codebook), the oldest first. lines: of each dimension
    the figures of each round."""

    rounds: list[tuple[Round, str]]
    lines: list[tuple[DimensionEntry, list[list[BesideFigure]]]]
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
    return RoundsBeside(named, _lines(found), _trend(found, dimension) if dimension else None)


def _lines(found: Sequence[RoundFigures]) -> list[tuple[DimensionEntry, list[list[BesideFigure]]]]:
    """A dimension is named as its newest round has it."""
    dimensions = {each.id: each for figures in found for each in figures.codebook.dimensions}
    return [
        (dimension, [[_figure(row) for row in figures.rows if row.dimension.id == dimension.id] for figures in found])
        for dimension in dimensions.values()
    ]


def _figure(row: Row) -> BesideFigure:
    whisker = whisker_of(row.headline, width=WIDTH, apart=not row.is_reliability)
    return BesideFigure(row, short_name(row), whisker, why_none(row) if whisker is None else "")


def short_name(row: Row) -> str:
    """What is scored post hoc of a reliability round is no reliability, and not called one (promise 9)."""
    if not row.lens.is_post_hoc:
        return SHORT[row.kind]
    was = "" if row.was == RELIABILITY else f"{SHORT[row.was]}, "
    words = f"{was}post hoc under {row.lens.version_name}"
    return words[:1].upper() + words[1:]


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
        is_reliability=row.is_reliability,
        n=found.n if found else 0,
        value=found.value if found and has_interval else None,
        low=found.low if found and has_interval else None,
        high=found.high if found and has_interval else None,
        sentence="" if has_interval else why_none(row),
    )
