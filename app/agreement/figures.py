"""Agreement of a round by dimension, each row under its own name. What counts as reliability is decided here.

Source: docs/GLOSSARY.md, "reliability". Only independent first submissions of the first pass, in a reliability
round under its frozen version, make the reliability row; everything else stands apart (promise 9).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.agreement import queries
from app.codebook.rows import newest_state
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.db.shared import shared_by_sessions
from app.methods.agreement import AgreementReport, Coefficient
from app.rounds.models import IMPORTED, Round
from app.rounds.queries import coders

if TYPE_CHECKING:
    from app.coding.handed_in import Bools, HandedIn

NOT_ENOUGH = "(not enough information)"
NONE_APPLIES = "(none applies)"
NOT_OPEN = "a code that is not open yet"  # coined in another round, which still runs

INCIDENTS_OF_A_SHARE = 30_000  # of a row: about a megabyte

RELIABILITY = "reliability"
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

Value = str | int | frozenset[str | int]
Chosen = tuple["HandedIn", "Bools"]  # what was handed in, and which of the submissions are looked at
CodeOf = Callable[[int], int | None]  # a code as it is compared; None where it is not resolved


@dataclass(frozen=True)
class Row:
    """One figure: kind names what it is; report is None where nothing is shown, and sentence says why.

    incident_ids: the incidents behind it, in the order of its units; differing: those on which not all said the
    same. without_not_enough: the same without the answers *not enough information*, where there were any.
    waiting: how many new codes of the round stand in the way until they are pooled. unresolved: how many answers are
    left out, as missing data, because a code of theirs was split since and nobody settled which part they mean.
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

    @property
    def headline(self) -> Coefficient | None:
        """Krippendorff's alpha: nominal, or with MASI distance where the dimension takes many codes."""
        return headline_of(self.report)

    @property
    def words(self) -> str:
        if not self.unresolved:
            return ROW_WORDS[self.kind]
        left_out = "1 answer is" if self.unresolved == 1 else f"{self.unresolved} answers are"
        return f"{ROW_WORDS[self.kind]}. {left_out} left out: a code was split since, and its parts are not told apart"

    @property
    def is_reliability(self) -> bool:
        return self.kind == RELIABILITY


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
    coding_round: Round
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


def round_figures(session: Session, coding_round: Round) -> RoundFigures:
    """Made once for all who look, until something of it changes. Raises StillBlind while the round runs (promise 1)."""
    from app.coding.handed_in import handed_in  # numpy: not before there is something to count

    work = handed_in(session, coding_round)
    planned = queries.planned(session, coding_round)
    shared = shared_by_sessions(session)
    if shared is None:
        return _figured(session, coding_round, work, planned)
    key = "figures", coding_round.study_id, coding_round.id
    state = work.state, newest_state(session, coding_round.study_id), planned, repr(coding_round.plan)
    kept: tuple[object, RoundFigures] | None = shared.find(key)
    if kept is not None and kept[0] == state:
        return replace(kept[1], coding_round=coding_round)
    made = _figured(session, coding_round, work, planned)
    shared.keep(key, (state, made), weight=1 + len(made.rows) * made.incidents // INCIDENTS_OF_A_SHARE)
    return made


def _figured(session: Session, coding_round: Round, work: "HandedIn", planned: tuple[int, int]) -> RoundFigures:
    first, last = work.submissions.is_first, work.submissions.is_last
    independent = work.submissions.independent
    codebook = queries.codebook_of_round(session, coding_round)
    if coding_round.purpose == IMPORTED:
        rated = {dimension.id for dimension in codebook.dimensions if len(work.answers(first, dimension.id))}
        codebook = replace(codebook, dimensions=tuple(each for each in codebook.dimensions if each.id in rated))
        rows = _imported_rows(session, coding_round, codebook, work)
        exposed_first = exposed_last = 0
    else:
        rows = _rows(session, coding_round, codebook, work)
        exposed_first = int((first & ~independent).sum())
        exposed_last = int((last & ~independent).sum())
    assignments, incidents = planned
    return RoundFigures(
        coding_round=coding_round,
        codebook=codebook,
        rows=rows,
        beside=[_beside(dimension, work) for dimension in codebook.dimensions],
        incidents=incidents,
        skipped=int((first & work.submissions.skipped).sum()),
        exposed_first=exposed_first,
        exposed_last=exposed_last,
        assignments=assignments,
        not_handed_in=assignments - int(first.sum()),
    )


def _rows(session: Session, coding_round: Round, codebook: Codebook, work: "HandedIn") -> list[Row]:
    coined = queries.coined_in_private(session, coding_round)
    submissions = work.submissions
    unexposed = submissions.is_first & submissions.independent
    is_any_exposed = bool((submissions.is_last & ~submissions.independent).any())
    rows = []
    for dimension in codebook.dimensions:
        used = {code_id: coined[code_id] for code_id in work.codes_of(dimension.id) if code_id in coined}
        rows.append(_row(coding_round, coding_round.purpose, codebook, dimension, (work, unexposed), used))
        if is_any_exposed:
            rows.append(_row(coding_round, "assisted", codebook, dimension, (work, submissions.is_last), used))
    return rows


def _imported_rows(session: Session, coding_round: Round, codebook: Codebook, work: "HandedIn") -> list[Row]:
    """People's ratings; and beside them all of the file where models rated too. Codes are compared as imported."""
    models = [member.id for member in coders(session, coding_round) if member.kind == "model"]
    first = work.submissions.is_first
    kind = "imported_independent" if coding_round.plan.get("said_independent") else "imported"
    rows: list[Row] = []
    for dimension in codebook.dimensions:
        rows.append(_measured(kind, dimension, (work, first & ~work.submissions.by(models)), _as_submitted))
        if models:
            rows.append(_measured("with_models", dimension, (work, first), _as_submitted))
    return rows


def _row(
    coding_round: Round,
    kind: str,
    codebook: Codebook,
    dimension: DimensionEntry,
    chosen: Chosen,
    coined: Mapping[int, bool],
) -> Row:
    """coined: private new codes in what was handed in here -> whether they were pooled since.

    They are compared only once all of them are pooled, and then the figure of the dimension is named for it.
    """
    unpooled = [codebook.codes[code_id] for code_id, is_pooled in coined.items() if not is_pooled]
    if unpooled:
        here = sum(code.created_in_round == coding_round.id for code in unpooled)
        return Row(kind, dimension, None, _waits(unpooled), (), 0, None, waiting=here)
    if not coined:
        return _measured(kind, dimension, chosen, _as_submitted)
    return _measured("assisted" if kind == "assisted" else "mapped", dimension, chosen, codebook.living)


def _waits(unpooled: Sequence[CodeEntry]) -> str:
    names = ", ".join(sorted({code.name if code.disclosed == "whole" else NOT_OPEN for code in unpooled}))
    wait = "1 proposed code waits" if len(unpooled) == 1 else f"{len(unpooled)} proposed codes wait"
    return (
        f"No figure yet: {wait} to be pooled ({names}). Coders coined them alone, so two of them may mean the same; "
        "the figure is made once it is settled what each became."
    )


def _measured(kind: str, dimension: DimensionEntry, chosen: Chosen, code_of: CodeOf) -> Row:
    from app.agreement.ratings import NOT_ENOUGH_ALONE, ratings  # numpy and scipy, as above
    from app.methods.agreement import agreement_of_patterns, differing, mapped

    rated = ratings(dimension, *chosen, code_of)
    silent = NOT_ENOUGH_ALONE[dimension.takes_many]
    without = mapped(rated.patterns, lambda value: None if value == silent else value)
    is_silent = silent in rated.patterns.values
    return Row(
        kind=kind,
        dimension=dimension,
        report=agreement_of_patterns(rated.patterns, sets=dimension.takes_many),
        sentence="",
        incident_ids=rated.incident_ids,
        differing=differing(rated.patterns),
        without_not_enough=agreement_of_patterns(without, sets=dimension.takes_many) if is_silent else None,
        unresolved=rated.unresolved,
    )


def _beside(dimension: DimensionEntry, work: "HandedIn") -> Beside:
    first = work.submissions.is_first & ~work.submissions.skipped
    states = Counter(work.said[at][0] for at in work.said_at[work.answers(first, dimension.id)].tolist())
    return Beside(
        dimension,
        coded=states["coded"],
        none_applies=states["none_applies"],
        not_enough=states["not_enough_information"],
        not_coded=int(first.sum()) - states.total(),
    )


def _as_submitted(code_id: int) -> int:
    return code_id
