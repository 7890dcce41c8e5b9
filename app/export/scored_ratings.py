"""Ratings as the page of agreement compares them: by code or category, under a codebook version, first or last ones.

`tandem agreement` makes the very figures of the page out of the file. Loads numpy: import it where it is used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.figured_rows import Look
from app.agreement.lens import LIVE, Lens, lens_of
from app.codebook.queries import versions
from app.export.dataset import RATINGS, rating_rows
from app.export.queries import StudyData
from app.export.writing import ExportFile, csv_bytes
from app.problems import Invalid, NotFound
from app.rounds.models import Round

LEVELS = ("code", "category")


class NoSuchLevel(Invalid):
    """Ratings are by code or by category."""


@dataclass(frozen=True)
class Scoring:
    """version: the name of a codebook version, LIVE, or "" for the one that the round was coded under. last: what was
    handed in last instead of first."""

    level: str = "code"
    version: str = ""
    last: bool = False


def scored_ratings_file(session: Session, data: StudyData, scoring: Scoring) -> ExportFile:
    """In the form of the ratings file. A rating whose code is not there, or was split, is left out. Raises NoSuchLevel,
    and NotFound for a version that is not there."""
    if scoring.level not in LEVELS:
        raise NoSuchLevel
    content = csv_bytes(RATINGS, _rows(session, data, scoring))
    return ExportFile(f"{data.study.slug}-ratings.csv", "text/csv; charset=utf-8", content)


def _rows(session: Session, data: StudyData, scoring: Scoring) -> Iterator[Sequence[object]]:
    for found in data.rounds:
        look = Look.at(session, found.coding_round, _lens(session, found.coding_round, scoring))
        there = {each.id for each in look.under.dimensions}
        asked = [
            (dimension, look.code_of(dimension))
            for dimension in look.codebook.dimensions
            if not look.lens.is_post_hoc or dimension.id in there
        ]
        yield from rating_rows(data, found, found.work if scoring.last else found.first, asked)


def _lens(session: Session, coding_round: Round, scoring: Scoring) -> Lens:
    asked = scoring.version
    if asked not in ("", LIVE):
        named = {each.name: each.id for each in versions(session, coding_round.study_id)}
        if asked not in named:
            raise NotFound(f"There is no codebook version “{asked}” in this study.")
        asked = str(named[asked])
    return lens_of(session, coding_round, level=scoring.level, asked_version=asked)
