"""Agreement of a round by dimension, each row under its own name. What counts as reliability is decided here.

Source: docs/GLOSSARY.md, "reliability". Only independent first submissions of the first pass, in a reliability
round under its frozen version, make the reliability row; everything else stands apart (promise 9).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.agreement import queries
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.submissions import SubmittedReply, SubmittedWork, first_submissions, last_submissions
from app.methods.agreement import AgreementReport, Coefficient
from app.rounds.models import IMPORTED, Round
from app.rounds.queries import coders

NOT_ENOUGH = "(not enough information)"
NONE_APPLIES = "(none applies)"
NOT_OPEN = "a code that is not open yet"  # coined in another round, which still runs

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
Table = list[dict[int, Value]]
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
    """Raises StillBlind while the round runs (promise 1)."""
    firsts = [work for work in first_submissions(session, coding_round) if work.pass_ == 1]
    lasts = [work for work in last_submissions(session, coding_round) if work.pass_ == 1]
    codebook = queries.codebook_of_round(session, coding_round)
    coined = queries.coined_in_private(session, coding_round)
    if coding_round.purpose == IMPORTED:
        rated = {dimension_id for work in firsts for dimension_id in work.answers}
        codebook = replace(codebook, dimensions=tuple(each for each in codebook.dimensions if each.id in rated))
        rows, unexposed, exposed = _imported_rows(session, coding_round, codebook, firsts), firsts, []
    else:
        unexposed = [work for work in firsts if work.submission.independent]
        exposed = [work for work in lasts if not work.submission.independent]
        rows = []
        handed_in = queries.handed_in_codes(session, coding_round)
        for dimension in codebook.dimensions:
            used = {code_id: coined[code_id] for code_id in handed_in.get(dimension.id, ()) if code_id in coined}
            rows.append(_row(coding_round, coding_round.purpose, codebook, dimension, unexposed, used))
            if exposed:
                rows.append(_row(coding_round, "assisted", codebook, dimension, lasts, used))
    assignments, incidents = queries.planned(session, coding_round)
    return RoundFigures(
        coding_round=coding_round,
        codebook=codebook,
        rows=rows,
        beside=[_beside(dimension, firsts) for dimension in codebook.dimensions],
        incidents=incidents,
        skipped=sum(work.submission.kind == "skipped" for work in firsts),
        exposed_first=len(firsts) - len(unexposed),
        exposed_last=len(exposed),
        assignments=assignments,
        not_handed_in=assignments - len(firsts),
    )


def _imported_rows(
    session: Session, coding_round: Round, codebook: Codebook, works: Sequence[SubmittedWork]
) -> list[Row]:
    """People's ratings; and beside them all of the file where models rated too. Codes are compared as imported."""
    models = {member.id for member in coders(session, coding_round) if member.kind == "model"}
    people = [work for work in works if work.submission.member_id not in models]
    kind = "imported_independent" if coding_round.plan.get("said_independent") else "imported"
    rows: list[Row] = []
    for dimension in codebook.dimensions:
        rows.append(_measured(kind, dimension, people, _as_submitted))
        if models:
            rows.append(_measured("with_models", dimension, works, _as_submitted))
    return rows


def _row(
    coding_round: Round,
    kind: str,
    codebook: Codebook,
    dimension: DimensionEntry,
    works: Sequence[SubmittedWork],
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
        return _measured(kind, dimension, works, _as_submitted)
    return _measured("assisted" if kind == "assisted" else "mapped", dimension, works, codebook.living)


def _waits(unpooled: Sequence[CodeEntry]) -> str:
    names = ", ".join(sorted({code.name if code.disclosed == "whole" else NOT_OPEN for code in unpooled}))
    wait = "1 proposed code waits" if len(unpooled) == 1 else f"{len(unpooled)} proposed codes wait"
    return (
        f"No figure yet: {wait} to be pooled ({names}). Coders coined them alone, so two of them may mean the same; "
        "the figure is made once it is settled what each became."
    )


def _measured(kind: str, dimension: DimensionEntry, works: Sequence[SubmittedWork], code_of: CodeOf) -> Row:
    from app.methods.agreement import agreement_of  # numpy and scipy: not before there is something to compute

    table, incident_ids, unresolved = _table(dimension, works, code_of)
    silent = frozenset([NOT_ENOUGH]) if dimension.takes_many else NOT_ENOUGH
    without = [{rater: value for rater, value in unit.items() if value != silent} for unit in table]
    return Row(
        kind=kind,
        dimension=dimension,
        report=agreement_of(table, sets=dimension.takes_many),
        sentence="",
        incident_ids=incident_ids,
        differing=sum(len(set(unit.values())) > 1 for unit in table),
        without_not_enough=agreement_of(without, sets=dimension.takes_many) if without != table else None,
        unresolved=unresolved,
    )


def _table(
    dimension: DimensionEntry, works: Sequence[SubmittedWork], code_of: CodeOf
) -> tuple[Table, tuple[int, ...], int]:
    """One mapping an incident, member id -> value; an answer that was not given is missing data, and so is one whose
    code was split, of which there are so many."""
    units: dict[int, dict[int, Value]] = {}
    unresolved = 0
    for work in works:
        reply = work.answers.get(dimension.id)
        if reply is not None:
            unit = units.setdefault(work.submission.incident_id, {})
            value = _value(dimension, reply, code_of)
            if value is None:
                unresolved += 1
            else:
                unit[work.submission.member_id] = value
    ids = tuple(sorted(units))
    return [units[incident_id] for incident_id in ids], ids, unresolved


def _value(dimension: DimensionEntry, reply: SubmittedReply, code_of: CodeOf) -> Value | None:
    """None where a code of it is not resolved: part of a set is not what was said."""
    codes = [code_of(code.code_id) for code in reply.codes]
    resolved = frozenset(code for code in codes if code is not None)
    if None in codes:
        return None
    if dimension.takes_many:
        return resolved | frozenset([NOT_ENOUGH] if reply.state == "not_enough_information" else [])
    if reply.state == "not_enough_information":
        return NOT_ENOUGH
    return codes[0] if codes and codes[0] is not None else NONE_APPLIES


def _beside(dimension: DimensionEntry, works: Sequence[SubmittedWork]) -> Beside:
    states = Counter(
        work.answers[dimension.id].state if dimension.id in work.answers else "not_coded"
        for work in works
        if work.submission.kind == "submitted"
    )
    return Beside(
        dimension,
        coded=states["coded"],
        none_applies=states["none_applies"],
        not_enough=states["not_enough_information"],
        not_coded=states["not_coded"],
    )


def _as_submitted(code_id: int) -> int:
    return code_id
