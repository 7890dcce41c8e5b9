"""What is told of a ratings file: what its columns hold (long, wide, or marks), and how it is taken and measured.

Long: a row is one code by one rater on one unit. Wide: a row is a unit, a column a rater. Marks: a row is what one
rater says of one unit, a column a code, and an x stands where it applies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

ONE_DIMENSION = "all"


@dataclass(frozen=True)
class RatingColumns:
    """The names of the columns that hold each part of a rating. No dimension: the whole file is one."""

    unit: str
    rater: str
    value: str
    dimension: str | None = None


@dataclass(frozen=True)
class WideColumns:
    """Each rater has a column with the codes given."""

    unit: str
    raters: tuple[str, ...]
    dimension: str | None = None


@dataclass(frozen=True)
class MarkColumns:
    """Each code has a column with marks."""

    unit: str
    rater: str
    codes: tuple[str, ...]
    dimension: str | None = None


Shape = RatingColumns | WideColumns | MarkColumns


@dataclass(frozen=True)
class Taking:
    """How cells are taken.

    blank_is_a_rating: a blank cell says that no code applies; else that its rater did not rate. none_applies,
    not_rated: words that say so. between: what parts several codes of one cell. ignore_case: codes are told apart by
    letters alone, and bear the name that comes first. where: rows are left out unless their
    cell under the name is one of these.
    """

    blank_is_a_rating: bool
    none_applies: frozenset[str] = frozenset()
    not_rated: frozenset[str] = frozenset()
    between: str | None = None
    ignore_case: bool = False
    where: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file is written; None: as it looks."""

    delimiter: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class HowMeasured:
    """sets: a rater may give a unit several codes. not_enough: the answer that says so. levels: the sign between the
    steps of codes that are paths. resamples: bootstrap in place of the jackknife."""

    sets: bool = False
    not_enough: str | None = None
    levels: str | None = None
    resamples: int | None = None
    seed: int = 0
