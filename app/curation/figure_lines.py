"""Figures as the statement of a version holds them: one line each, with n, interval and raters."""

from dataclasses import dataclass
from datetime import datetime

from app.agreement.shown import whisker_of
from app.codebook.tree import DimensionEntry
from app.methods.agreement import Coefficient
from app.web.figures import Whisker

WIDTH = 180


@dataclass(frozen=True)
class FigureLine:
    """whisker: None where there is no figure, and sentence says why. words: what the figure is called. left_out: what
    of the ratings is not in it, and of which codes, in words."""

    dimension: str
    measure: str
    words: str
    whisker: Whisker | None
    sentence: str
    raters: int
    left_out: str = ""

    @classmethod
    def of(
        cls, dimension: DimensionEntry, headline: Coefficient | None, raters: int, *, words: str, apart: bool
    ) -> "FigureLine":
        whisker = whisker_of(headline, width=WIDTH, apart=apart)
        why = (headline.undefined or headline.interval_method) if headline and whisker is None else ""
        return cls(dimension.name, measure_of(dimension), words, whisker, why, raters)

    @classmethod
    def without_figure(cls, dimension: DimensionEntry, words: str, sentence: str) -> "FigureLine":
        return cls(dimension.name, measure_of(dimension), words, None, sentence, 0)


@dataclass(frozen=True)
class RoundFigureLines:
    """under: what it was coded under, in words, where that is another codebook. stored: SHA-256 of the inputs of the
    figures that were stored when the round was closed, '' where none were."""

    name: str
    closed_at: datetime
    incidents: int
    lines: tuple[FigureLine, ...]
    under: str = ""
    stored: str = ""

    @property
    def groups(self) -> list[tuple[str, list[FigureLine]]]:
        """(what its figures are called, the lines), in the order in which these first appear."""
        found: dict[str, list[FigureLine]] = {}
        for line in self.lines:
            found.setdefault(line.words, []).append(line)
        return list(found.items())


def measure_of(dimension: DimensionEntry) -> str:
    return "alpha, MASI distance" if dimension.takes_many else "alpha, nominal"
