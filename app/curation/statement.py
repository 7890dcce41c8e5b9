"""Which figures are the reliability of a version of the codebook, and which are not.

Only what a reliability round measured that was coded under the very version, and is closed, is its reliability
(promise 9). Nothing is told of rounds that are not closed, nor that there are any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement.figures import Row, round_figures
from app.agreement.stored_figures import stored_sets
from app.codebook.models import CodebookVersion
from app.codebook.rows import newest_state
from app.curation.figure_lines import FigureLine, RoundFigureLines
from app.curation.post_hoc_statement import WAITS, post_hoc_lines
from app.db.shared import shared_by_sessions
from app.rounds.models import Round, RoundPhaseChange

BESIDE = ("mapped",)  # what such a round also measured, under its own name


@dataclass(frozen=True)
class Statement:
    """beside: figures of the same rounds that are not its reliability. post_hoc: of rounds that were coded under
    another codebook, scored under this one. n and interval stand with each."""

    reliability: tuple[RoundFigureLines, ...]
    beside: tuple[RoundFigureLines, ...]
    post_hoc: tuple[RoundFigureLines, ...]


def statement(session: Session, version: CodebookVersion) -> Statement:
    rounds = session.scalars(
        select(Round)
        .where(
            Round.study_id == version.study_id,
            Round.codebook_version_id == version.id,
            Round.purpose == "reliability",
            Round.phase == "closed",
        )
        .order_by(Round.number)
    ).all()
    both = [_lines(session, coding_round) for coding_round in rounds]
    return Statement(
        reliability=tuple(reliability for reliability, _ in both),
        beside=tuple(beside for _, beside in both if beside.lines),
        post_hoc=post_hoc_lines(session, version),
    )


def _lines(session: Session, coding_round: Round) -> tuple[RoundFigureLines, RoundFigureLines]:
    """Read once for all who look, as long as nothing changes: anybody may ask, and figures take long to make."""
    changes, closed_at = session.execute(
        select(func.count(), func.max(RoundPhaseChange.at)).where(
            RoundPhaseChange.study_id == coding_round.study_id, RoundPhaseChange.round_id == coding_round.id
        )
    ).one()
    shared = shared_by_sessions(session)
    key = "statement", coding_round.study_id, coding_round.id
    state = changes, newest_state(session, coding_round.study_id)
    kept = shared.find(key) if shared else None
    if kept is not None and kept[0] == state:
        found: tuple[RoundFigureLines, RoundFigureLines] = kept[1]
        return found
    figures = round_figures(session, coding_round)
    stored = next((each.inputs_sha256 for each in stored_sets(session, coding_round)), "")
    bare = RoundFigureLines(coding_round.name, closed_at, figures.incidents, (), stored=stored)
    made = (
        replace(bare, lines=_told(figures.reliability)),
        replace(bare, lines=_told([row for row in figures.apart if row.kind in BESIDE])),
    )
    if shared:
        shared.keep(key, (state, made))
    return made


def _told(rows: Sequence[Row]) -> tuple[FigureLine, ...]:
    return tuple(_line(row) for row in rows)


def _line(row: Row) -> FigureLine:
    """Codes that wait to be pooled are neither named nor counted: some may be of a round that still runs."""
    if row.report is None:
        return FigureLine.without_figure(row.dimension, row.words, WAITS)
    apart = not row.is_reliability
    return FigureLine.of(row.dimension, row.headline, row.report.raters, words=row.words, apart=apart)
