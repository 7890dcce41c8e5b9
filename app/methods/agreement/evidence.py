"""Whether raters who gave a unit the same code rest it on the same words."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.methods.agreement.intervals import share_interval
from app.methods.agreement.ratios import Ratio
from app.methods.agreement.results import Coefficient, Rater
from app.methods.spans import Span, overlap

Unit = Hashable
Code = Hashable
Given = Mapping[Rater, Mapping[Code, Sequence[Span]]]

NO_CODE_SHARED = "No two raters gave the same code to the same unit."
NO_EVIDENCE_SHARED = "Wherever two raters gave the same code, one of them or both marked no evidence for it."


@dataclass(frozen=True)
class CodeEvidence:
    """One code of one unit that two or more raters gave. overlap: characters in both over characters in either, the
    mean over their pairs in which both marked evidence, 0 to 1; None when there is no such pair."""

    unit: Unit
    code: Code
    raters: int
    pairs: int
    pairs_without: int
    overlap: float | None


@dataclass(frozen=True)
class EvidenceAgreement:
    """share: the mean of the units' overlaps, a unit's being the mean of its codes'; n: units with an overlap.

    per_code: one for each code of each unit that two raters gave, least overlap first, those without one last.
    """

    share: Coefficient
    per_code: tuple[CodeEvidence, ...]


def evidence_agreement(units: Mapping[Unit, Given]) -> EvidenceAgreement:
    """Character overlap of the evidence behind codes on which raters agree.

    units: unit -> rater -> code -> spans of that unit's text; a code without spans was given without evidence. A pair
    in which one marked none is counted, not compared: nothing says that the words would have been others.
    The interval is made over units, like that of percent agreement.
    """
    found = [evidence for unit, given in units.items() for evidence in _of_unit(unit, given)]
    found.sort(key=lambda one: (one.overlap is None, one.overlap or 0.0))
    return EvidenceAgreement(_share(found), tuple(found))


def _of_unit(unit: Unit, given: Given) -> list[CodeEvidence]:
    spans_of: dict[Code, list[Sequence[Span]]] = {}
    for codes in given.values():
        for code, spans in codes.items():
            spans_of.setdefault(code, []).append(spans)
    return [_of_code(unit, code, spans) for code, spans in spans_of.items() if len(spans) > 1]


def _of_code(unit: Unit, code: Code, spans: Sequence[Sequence[Span]]) -> CodeEvidence:
    pairs = list(combinations(spans, 2))
    compared = [overlap(first, second) or 0.0 for first, second in pairs if first and second]
    mean = sum(compared) / len(compared) if compared else None
    return CodeEvidence(unit, code, len(spans), len(compared), len(pairs) - len(compared), mean)


def _share(found: Sequence[CodeEvidence]) -> Coefficient:
    by_unit: dict[Unit, list[float]] = {}
    for one in found:
        if one.overlap is not None:
            by_unit.setdefault(one.unit, []).append(one.overlap)
    if not by_unit:
        reason = NO_EVIDENCE_SHARED if found else NO_CODE_SHARED
        return Coefficient(None, None, None, 0, reason, "none")
    means = np.array([sum(overlaps) / len(overlaps) for overlaps in by_unit.values()])
    units = len(means)
    ones = np.ones(units)
    statistic = Ratio(
        ones.astype(np.int64),
        np.column_stack([ones, means]),
        lambda sums, _: (1 - sums[:, 1] / sums[:, 0], np.ones(len(sums))),
    )
    interval = share_interval(statistic, units=units)
    return Coefficient(float(means.mean()), interval.low, interval.high, units, None, interval.method)
