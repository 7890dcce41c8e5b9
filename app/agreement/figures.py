"""Agreement of a round by dimension, each row under its own name. What counts as reliability is decided here.

Source: docs/GLOSSARY.md, "reliability". Only independent first submissions of the first pass, in a reliability
round under its frozen version, make the reliability row; everything else stands apart (promise 9).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.kept import made_once
from app.agreement.lens import PLAIN, Lens
from app.codebook.tree import Codebook, DimensionEntry
from app.methods.agreement import AgreementReport, Coefficient
from app.rounds.models import Round

if TYPE_CHECKING:
    from app.coding.handed_in import Bools, HandedIn

NOT_ENOUGH = "(not enough information)"
NONE_APPLIES = "(none applies)"
NOT_OPEN = "a code that is not open yet"  # coined in another round, which still runs

INCIDENTS_OF_A_SHARE = 30_000  # of a row: about a megabyte

RELIABILITY = "reliability"
POST_HOC = "post_hoc"
ROW_WORDS = {
    "reliability": "Reliability",
    "calibration": "Calibration: not a reliability estimate",
    "single_coding": "Overlap of single coding: not a reliability estimate",
    "recoding": "Recoding: not a reliability estimate",
    "mapped": "Mapped after coding: not a reliability estimate",
    "assisted": "After assistance: not a reliability estimate",
    "imported": "Imported ratings, independence not known: not a reliability estimate",
    "imported_independent": "Imported ratings, said to be independent: not a reliability estimate",
    "with_models": "Imported ratings, model raters among them: not agreement between people",
}

FIRST = "first ones of the first pass, none exposed"
SUBMISSIONS = {
    "assisted": "last ones of the first pass, whatever was seen before",
    "imported": "as the file holds them, models left out",
    "imported_independent": "as the file holds them, models left out",
    "with_models": "as the file holds them, models among them",
}

Value = str | int | frozenset[str | int]
Chosen = tuple["HandedIn", "Bools"]  # what was handed in, and which of the submissions are looked at


@dataclass(frozen=True)
class Row:
    """One figure: kind names what it is; report is None where nothing is shown, and sentence says why.

    incident_ids: the incidents behind it, in the order of its units; differing: those on which not all said the
    same. without_not_enough: the same without the answers *not enough information*, where there were any.
    waiting: how many new codes of the round stand in the way until they are pooled. unresolved: how many answers are
    left out, as missing data, because a code of theirs was split and nobody settled which part they mean, or is not in
    the codebook that is scored under. was: of a figure that is scored post hoc, the kind it is counted like.
    """

    kind: str
    dimension: DimensionEntry
    report: AgreementReport | None
    sentence: str
    incident_ids: tuple[int, ...]
    differing: int
    without_not_enough: AgreementReport | None
    waiting: int = 0
    unresolved: int = 0
    lens: Lens = PLAIN
    was: str = ""

    @property
    def headline(self) -> Coefficient | None:
        """Krippendorff's alpha: nominal, or with MASI distance where the dimension takes many codes."""
        return headline_of(self.report)

    @property
    def words(self) -> str:
        """What the figure is called, with all that sets it apart from others of its round and dimension."""
        look = f" ({self.lens.words})" if self.lens.words else ""
        return f"{self.name}{look}{f'. {self.left_out}' if self.unresolved else ''}"

    @property
    def name(self) -> str:
        if self.kind != POST_HOC:
            return ROW_WORDS[self.kind]
        scored = f"cored under {self.lens.version_name}: post hoc"
        return (
            f"S{scored}, not a reliability estimate" if self.was == RELIABILITY else f"{ROW_WORDS[self.was]}; s{scored}"
        )

    @property
    def submissions(self) -> str:
        """Which were counted, in words."""
        return SUBMISSIONS.get(self.was or self.kind, FIRST)

    @property
    def is_reliability(self) -> bool:
        return self.kind == RELIABILITY

    @property
    def left_out(self) -> str:
        if not self.unresolved:
            return ""
        answers = "1 answer is" if self.unresolved == 1 else f"{self.unresolved} answers are"
        if self.kind == POST_HOC:
            return f"{answers} left out: with a code that is not in that codebook, or was split by then"
        return f"{answers} left out: a code was split since, and its parts are not told apart"


@dataclass(frozen=True)
class Beside:
    """What stands beside the figures of a dimension: counts of answers."""

    dimension: DimensionEntry
    coded: int
    none_applies: int
    not_enough: int
    not_coded: int


@dataclass(frozen=True)
class RoundFigures:
    """rows: under the round's own codebook, and behind them those scored under another one, where it is asked for."""

    coding_round: Round
    lens: Lens
    codebook: Codebook
    rows: list[Row]
    beside: list[Beside]
    incidents: int
    skipped: int
    exposed_first: int
    exposed_last: int
    assignments: int
    not_handed_in: int

    def of(self, kind: str) -> list[Row]:
        return [row for row in self.rows if row.kind == kind]

    @property
    def reliability(self) -> list[Row]:
        return self.of(RELIABILITY)

    @property
    def apart(self) -> list[Row]:
        return [row for row in self.rows if not row.is_reliability]


def headline_of(report: AgreementReport | None) -> Coefficient | None:
    return (report.alpha_masi or report.alpha) if report else None


def round_figures(session: Session, coding_round: Round, lens: Lens = PLAIN) -> RoundFigures:
    """Made once for all who look, until something of it changes. Raises StillBlind while the round runs (promise 1)."""
    from app.agreement.figured_rows import figured, post_hoc_rows  # numpy: not before there is something to count

    planned = queries.planned(session, coding_round, lens.cohorts, lens.arms)

    def weight(rows: Sequence[Row]) -> int:
        return 1 + len(rows) * planned[1] // INCIDENTS_OF_A_SHARE

    own = made_once(
        session,
        coding_round,
        (lens.own, planned),
        lambda: figured(session, coding_round, lens.own, planned),
        weight=lambda made: weight(made.rows),
    )
    rows = own.rows
    if lens.is_post_hoc:
        scored = made_once(
            session, coding_round, (lens, planned), lambda: post_hoc_rows(session, coding_round, lens), weight=weight
        )
        rows = [*rows, *scored]
    return replace(own, coding_round=coding_round, lens=lens, rows=rows)
