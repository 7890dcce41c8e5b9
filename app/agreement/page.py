"""The agreement page of one round: figures in the form in which they are written and drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.figures import (
    NONE_APPLIES,
    NOT_ENOUGH,
    NOT_OPEN,
    Beside,
    RoundFigures,
    Row,
    Value,
    headline_of,
    round_figures,
)
from app.agreement.plain_words import Sentence, plain_words
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, DimensionEntry
from app.methods.agreement import CodeAgreement, Coefficient
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import coders, frozen_version, rounds_of
from app.studies.models import Membership
from app.studies.viewer import Viewer
from app.web.figures import Whisker
from app.web.wording import coefficient, interval, percent

BAR = 60  # width of the prevalence bar
NO_TEXT = {NOT_ENOUGH: "Not enough information", NONE_APPLIES: "None applies"}


@dataclass(frozen=True)
class Shown:
    """A coefficient as it is written. sentence: why there is no value, else ''."""

    value: str
    interval: str
    n: int
    sentence: str
    method: str

    @classmethod
    def of(cls, measured: Coefficient) -> "Shown":
        if measured.value is None or measured.low is None or measured.high is None:
            return cls("", "", measured.n, measured.undefined or measured.interval_method, "")
        written = coefficient(measured.value), interval(measured.low, measured.high)
        return cls(*written, measured.n, "", measured.interval_method)

    @classmethod
    def of_share(cls, measured: Coefficient) -> "Shown":
        if measured.value is None or measured.low is None or measured.high is None:
            return cls.of(measured)
        ends = f"[{100 * measured.low:.0f}, {100 * measured.high:.0f}]"
        return cls(percent(measured.value), ends, measured.n, "", measured.interval_method)

    @property
    def title(self) -> str:
        return self.sentence or f"95 % interval {self.interval}, n = {self.n}; {self.method}"


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
class CodeRow:
    """One code against the rest. code_id: None for answers that are no code. bar: width of the prevalence bar."""

    name: str
    code_id: int | None
    prevalence: str
    positives: int
    bar: float
    whisker: Whisker | None
    sentence: str


@dataclass(frozen=True)
class PairRow:
    """Cohen's kappa of two coders; places: where they stand among the coders of the round."""

    members: tuple[Membership, Membership]
    places: tuple[int, int]
    kappa: Shown


@dataclass(frozen=True)
class Chosen:
    """The dimension that is looked at closely. row: the one its codes and pairs are of."""

    dimension: DimensionEntry
    row: Row
    beside: Beside
    codes: list[CodeRow]
    pairs: list[PairRow]
    without_not_enough: Shown | None
    sentences: list[Sentence]


@dataclass(frozen=True)
class AgreementPage:
    figures: RoundFigures
    version: str  # of the codebook; '' for the live one
    kappa_name: str
    reliability: list[MeasureRow]
    apart: list[MeasureRow]
    chosen: Chosen | None

    @property
    def coding_round(self) -> Round:
        return self.figures.coding_round


def offered_rounds(session: Session, viewer: Viewer) -> tuple[list[Round], list[Round]]:
    """(rounds whose figures may be asked for, rounds that still run), newest first."""
    rounds = rounds_of(session, viewer.study.id)
    return [r for r in rounds if is_open_to_others(r)], [r for r in rounds if r.phase == "running"]


def asked_round(offered: Sequence[Round], number: int | None) -> Round | None:
    """Without a number the newest reliability round, else the newest. What is not offered is not found (promise 1)."""
    if number is None:
        reliability = [coding_round for coding_round in offered if coding_round.purpose == "reliability"]
        return next(iter([*reliability, *offered]), None)
    for coding_round in offered:
        if coding_round.number == number:
            return coding_round
    raise NotFound


def agreement_page(
    session: Session, viewer: Viewer, coding_round: Round, dimension_id: int | None = None
) -> AgreementPage:
    figures = round_figures(session, coding_round)
    dimension = _asked_dimension(figures, dimension_id)
    rows = [_measure_row(row, row.dimension == dimension) for row in figures.rows]
    version = frozen_version(session, coding_round)
    most_raters = max((row.report.raters for row in figures.rows if row.report), default=0)
    return AgreementPage(
        figures=figures,
        version=version.name if version else "",
        kappa_name="Light’s κ" if most_raters > 2 else "Cohen’s κ",
        reliability=[shown for shown in rows if shown.row.is_reliability],
        apart=sorted(
            (s for s in rows if not s.row.is_reliability),
            key=lambda shown: shown.row.kind in ("assisted", "with_models"),
        ),
        chosen=_chosen(session, viewer, figures, dimension) if dimension else None,
    )


def _asked_dimension(figures: RoundFigures, dimension_id: int | None) -> DimensionEntry | None:
    dimensions = figures.codebook.dimensions
    if dimension_id is None:
        return dimensions[0] if dimensions else None
    for dimension in dimensions:
        if dimension.id == dimension_id:
            return dimension
    raise NotFound


def whisker_of(measured: Coefficient | None, *, width: int = 260, apart: bool = False) -> Whisker | None:
    if measured is None or measured.value is None or measured.low is None or measured.high is None:
        return None
    return Whisker(measured.value, measured.low, measured.high, measured.n, width=width, apart=apart)


def _measure_row(row: Row, is_chosen: bool) -> MeasureRow:
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


def _chosen(session: Session, viewer: Viewer, figures: RoundFigures, dimension: DimensionEntry) -> Chosen:
    rows = [row for row in figures.rows if row.dimension == dimension]
    row = next((row for row in rows if row.report), rows[0])
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    without = headline_of(row.without_not_enough)
    return Chosen(
        dimension=dimension,
        row=row,
        beside=next(beside for beside in figures.beside if beside.dimension == dimension),
        codes=_code_rows(row, codebook),
        pairs=_pair_rows(row, coders(session, figures.coding_round)),
        without_not_enough=Shown.of(without) if without else None,
        sentences=plain_words(figures, row),
    )


def _code_rows(row: Row, codebook: Codebook) -> list[CodeRow]:
    """The most frequent first."""
    found = sorted(row.report.codes if row.report else (), key=lambda code: (-code.positives, str(code.code)))
    most = max((code.prevalence or 0 for code in found), default=0)
    return [_code_row(code, codebook, most, apart=not row.is_reliability) for code in found]


def _code_row(code: CodeAgreement, codebook: Codebook, most: float, *, apart: bool) -> CodeRow:
    entry = codebook.codes.get(code.code) if isinstance(code.code, int) else None
    shown = Shown.of(code.alpha)
    return CodeRow(
        name=code_name(code.code, codebook),
        code_id=entry.id if entry else None,
        prevalence=percent(code.prevalence),
        positives=code.positives,
        bar=round(BAR * (code.prevalence or 0) / most, 1) if most else 0,
        whisker=whisker_of(code.alpha, width=120, apart=apart),
        sentence=shown.sentence[:1].upper() + shown.sentence[1:],
    )


def code_name(value: Value, codebook: Codebook) -> str:
    """A code that the reader may not see, as one coined in another round that still runs, is not named."""
    if isinstance(value, int):
        entry = codebook.codes.get(value)
        return entry.name if entry else NOT_OPEN
    return NO_TEXT.get(str(value), str(value))


def _pair_rows(row: Row, members: Sequence[Membership]) -> list[PairRow]:
    places = {member.id: place for place, member in enumerate(members)}
    return [
        PairRow(
            members=(members[places[first]], members[places[second]]),
            places=(places[first], places[second]),
            kappa=Shown.of(measured),
        )
        for (first, second), measured in (row.report.cohen.items() if row.report else ())
        if isinstance(first, int) and isinstance(second, int)
    ]
