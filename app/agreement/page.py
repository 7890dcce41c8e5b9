"""The agreement page of one round: figures in the form in which they are written and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.agreement.asked import Asked
from app.agreement.by_cohort import arms_of, cohorts_of
from app.agreement.chosen_dimension import Chosen, chosen_dimension
from app.agreement.figures import POST_HOC, RELIABILITY, RoundFigures, Row, round_figures
from app.agreement.lens import LIVE, Lens
from app.agreement.queries import is_rated
from app.agreement.rests_on import AS_SPELT
from app.agreement.rounds_beside import RoundsBeside, rounds_beside
from app.agreement.shown import Shown, kappa_name, whisker_of
from app.agreement.stored_figures import has_stored
from app.codebook.queries import versions, whole_codebook
from app.codebook.tree import DimensionEntry
from app.problems import NotFound
from app.rounds.models import ARM_WORDS, IMPORTED, Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import frozen_version, rounds_of
from app.studies.viewer import Viewer
from app.web.figures import Whisker


@dataclass(frozen=True)
class MeasureRow:
    """One line of the table of measures; whisker is None where sentence says why there is no figure."""

    row: Row
    whisker: Whisker | None
    sentence: str
    jaccard: Shown | None
    percent: Shown | None
    ac1: Shown | None
    kappa: Shown | None
    n: int
    is_chosen: bool

    @property
    def aside(self) -> str:
        return "sets, MASI" if self.row.dimension.takes_many else ""


@dataclass(frozen=True)
class AgreementPage:
    asked: Asked
    figures: RoundFigures
    version: str  # of the codebook; '' for the live one
    kappa_name: str
    has_stored: bool  # figures, when it was closed
    reliability: list[MeasureRow]
    apart: list[MeasureRow]
    chosen: Chosen | None
    beside: RoundsBeside | None
    versions: list[tuple[str, str]]  # to score under
    cohorts: list[tuple[str, str]]  # of incidents of the round
    arms: list[tuple[str, str]]  # of incidents of the round: when suggestions appear

    @property
    def apart_by_name(self) -> list[tuple[str, list[MeasureRow]]]:
        """(what its figures are called, the lines), in the order in which these first appear."""
        found: dict[str, list[MeasureRow]] = {}
        for shown in self.apart:
            found.setdefault(shown.row.name, []).append(shown)
        return list(found.items())

    @property
    def coding_round(self) -> Round:
        return self.figures.coding_round

    @property
    def lens(self) -> Lens:
        return self.figures.lens


def offered_rounds(session: Session, viewer: Viewer) -> tuple[list[Round], list[Round]]:
    """(rounds whose figures may be asked for, rounds that still run), newest first."""
    rounds = rounds_of(session, viewer.study.id)
    return [r for r in rounds if is_open_to_others(r)], [r for r in rounds if r.phase == "running"]


def asked_round(session: Session, offered: Sequence[Round], number: int | None) -> Round | None:
    """Without a number the newest reliability round in which something was rated, else the newest such round, else the
    newest. What is not offered is not found (promise 1)."""
    if number is None:
        by_purpose = sorted(offered, key=lambda coding_round: coding_round.purpose != RELIABILITY)
        rated = (coding_round for coding_round in by_purpose if is_rated(session, coding_round))
        return next(rated, next(iter(offered), None))
    return offered_round(offered, number)


def offered_round(offered: Sequence[Round], number: int) -> Round:
    for coding_round in offered:
        if coding_round.number == number:
            return coding_round
    raise NotFound


def agreement_page(
    session: Session, viewer: Viewer, coding_round: Round, asked: Asked | None = None, offered: Sequence[Round] = ()
) -> AgreementPage:
    """offered: the rounds that may stand beside it."""
    asked = replace(asked or Asked(), round=coding_round.number)
    asked.check_cohort(session, viewer.study.id)
    figures = round_figures(session, coding_round, asked.lens(session, coding_round))
    dimension = _asked_dimension(session, figures, asked.dimension)
    rows = [measure_row(row, row.dimension == dimension) for row in figures.rows]
    version = frozen_version(session, coding_round)
    name = version.name if version else ""
    return AgreementPage(
        asked=asked,
        figures=figures,
        version=name,
        kappa_name=kappa_name(s.row.report.raters for s in rows if s.row.report and s.kappa),
        has_stored=has_stored(session, coding_round),
        reliability=[shown for shown in rows if shown.row.is_reliability],
        apart=sorted(
            (s for s in rows if not s.row.is_reliability),
            key=lambda shown: shown.row.kind in ("assisted", "with_models", POST_HOC),
        ),
        chosen=chosen_dimension(session, viewer, asked, figures, dimension, name) if dimension else None,
        beside=rounds_beside(session, offered, asked, figures, dimension),
        versions=_versions(session, coding_round, name),
        cohorts=[("", "all"), *((each, each) for each, _ in cohorts_of(session, coding_round) if each)],
        arms=[("", "all"), *((each, ARM_WORDS[each]) for each, _ in arms_of(session, coding_round))],
    )


def _versions(session: Session, coding_round: Round, own: str) -> list[tuple[str, str]]:
    """The round's own first; then the live one, and the versions from the newest."""
    is_imported = coding_round.purpose == IMPORTED
    own_words = AS_SPELT if is_imported else f"{own}, its own" if own else "live, its own"
    live = [(LIVE, "live, post hoc")] if own or is_imported else []
    named = [
        (str(each.id), f"{each.name}, post hoc")
        for each in versions(session, coding_round.study_id)
        if each.id != coding_round.codebook_version_id
    ]
    return [("", own_words), *live, *named]


def _asked_dimension(session: Session, figures: RoundFigures, dimension_id: int | None) -> DimensionEntry | None:
    """One of the study that is not of this round gives way to the first, so that a look goes on to another round."""
    dimensions = figures.codebook.dimensions
    first = dimensions[0] if dimensions else None
    if dimension_id is None:
        return first
    for dimension in dimensions:
        if dimension.id == dimension_id:
            return dimension
    if whole_codebook(session, figures.coding_round.study_id).dimension(dimension_id) is None:
        raise NotFound
    return first


def measure_row(row: Row, is_chosen: bool = False) -> MeasureRow:
    report, headline = row.report, row.headline
    return MeasureRow(
        row=row,
        whisker=whisker_of(headline, apart=not row.is_reliability),
        sentence=row.sentence or (headline.undefined if headline else "") or "",
        jaccard=Shown.of(report.alpha_jaccard) if report and report.alpha_jaccard else None,
        percent=Shown.of_share(report.percent) if report else None,
        # Of whole sets these would count near misses as misses; alpha by distance is what sets are compared by.
        ac1=Shown.of(report.ac1) if report and not row.dimension.takes_many else None,
        kappa=Shown.of(report.light) if report and not row.dimension.takes_many else None,
        n=headline.n if headline else 0,
        is_chosen=is_chosen,
    )
