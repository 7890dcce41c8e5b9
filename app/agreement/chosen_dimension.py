"""One dimension of a round, looked at closely: its codes and cohorts, and what its figure means and rests on."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.asked import Asked
from app.agreement.by_cohort import OfArm, OfCohort, alpha_by_arm, alpha_by_cohort
from app.agreement.closer_words import token_of
from app.agreement.figures import POST_HOC, Beside, RoundFigures, Row, headline_of
from app.agreement.plain_words import Sentence, plain_words
from app.agreement.precision import Precision, precision
from app.agreement.rests_on import RestsOn, rests_on
from app.agreement.shown import Shown, code_name, whisker_of
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, DimensionEntry
from app.methods.agreement import CodeAgreement
from app.studies.viewer import Viewer
from app.web.figures import Whisker
from app.web.wording import percent

BAR = 60  # width of the prevalence bar
FURTHER = (
    ("alpha_jaccard", "Alpha, Jaccard distance"),
    ("alpha", "Alpha, nominal"),
    ("light", "Light’s κ, mean of the pairs"),
    ("fleiss", "Fleiss’ κ"),
    ("conger", "Conger’s κ"),
    ("scott", "Scott’s π"),
    ("brennan_prediger", "Brennan-Prediger"),
    ("ac1", "Gwet’s AC1"),
)
IN_THE_TABLE = ("alpha", "ac1", "light")  # of a dimension that takes one code


@dataclass(frozen=True)
class CodeRow:
    """One code against the rest. code_id: None for answers that are no code. token: how it is named in the address of
    its incidents, '' for a code that is not open. bar: width of the prevalence bar."""

    name: str
    code_id: int | None
    token: str
    prevalence: str
    positives: int
    bar: float
    whisker: Whisker | None
    sentence: str


@dataclass(frozen=True)
class PartRow:
    """Alpha of the dimension among the incidents of one cohort or arm. whisker: None where sentence says why."""

    of: OfCohort | OfArm
    whisker: Whisker | None
    sentence: str
    is_chosen: bool


@dataclass(frozen=True)
class Chosen:
    """The dimension that is looked at closely. row: the one its codes are of. further: (measure, figure)."""

    dimension: DimensionEntry
    row: Row
    beside: Beside
    codes: list[CodeRow]
    without_not_enough: Shown | None
    sentences: list[Sentence]
    further: list[tuple[str, Shown | None]]
    cohorts: list[PartRow]
    arms: list[PartRow]
    precision: Precision
    rests_on: RestsOn


def chosen_dimension(
    session: Session, viewer: Viewer, asked: Asked, figures: RoundFigures, dimension: DimensionEntry, version: str
) -> Chosen:
    rows = [row for row in figures.rows if row.dimension == dimension]
    if figures.lens.is_post_hoc:
        rows.sort(key=lambda row: row.kind != POST_HOC)
    row = next((row for row in rows if row.report), rows[0])
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id, seq=row.lens.seq)
    without = headline_of(row.without_not_enough)
    codes = _code_rows(row, codebook)
    return Chosen(
        dimension=dimension,
        row=row,
        beside=next(beside for beside in figures.beside if beside.dimension == dimension),
        codes=codes,
        without_not_enough=Shown.of(without) if without else None,
        sentences=plain_words(figures, row),
        further=_further(row),
        cohorts=[
            _part_row(each, row, row.lens.cohorts == (each.cohort,)) for each in alpha_by_cohort(session, figures, row)
        ],
        arms=[_part_row(each, row, row.lens.arms == (each.arm,)) for each in alpha_by_arm(session, figures, row)],
        precision=precision(row, asked.width),
        rests_on=rests_on(figures, row, version, codes[0].name if codes else ""),
    )


def _further(row: Row) -> list[tuple[str, Shown | None]]:
    """The measures that the table does not show. Of sets, the nominal ones compare whole sets."""
    if row.report is None:
        return []
    of_two = row.report.raters == 2
    measured = [
        ("Cohen’s κ" if of_two and name == "light" else words, getattr(row.report, name))
        for name, words in FURTHER
        if row.dimension.takes_many or name not in ("alpha_jaccard", *IN_THE_TABLE)
    ]
    return [(words, Shown.of(each) if each is not None else None) for words, each in measured]


def _part_row(of: OfCohort | OfArm, row: Row, is_chosen: bool) -> PartRow:
    whisker = whisker_of(of.alpha, apart=not row.is_reliability)
    why = "" if whisker else of.alpha.undefined or of.alpha.interval_method
    return PartRow(of, whisker, why[:1].upper() + why[1:], is_chosen)


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
        token=token_of(code.code) if entry or not isinstance(code.code, int) else "",
        prevalence=percent(code.prevalence),
        positives=code.positives,
        bar=round(BAR * (code.prevalence or 0) / most, 1) if most else 0,
        whisker=whisker_of(code.alpha, width=120, apart=apart),
        sentence=shown.sentence[:1].upper() + shown.sentence[1:],
    )
