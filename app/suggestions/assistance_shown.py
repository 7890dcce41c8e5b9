"""The figures of assistance, ready for the page. Loads numpy, as what it shows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.methods.assistance import Contrast, share
from app.methods.assistance_switching import Switches
from app.rounds.models import ARM_WORDS
from app.suggestions.assistance_anchoring import Equal
from app.suggestions.assistance_decisions import Case, Tally, reasons
from app.suggestions.assistance_effect import Counts, Effect, Effects
from app.suggestions.assistance_switches import Switching
from app.suggestions.assistance_words import Unit, Written, WrittenContrast, written, written_difference

Named = Callable[[int], str]
MOST_REASONS = 12
RATES = ("accepted", "changed", "rejected")


@dataclass(frozen=True)
class RateLine:
    """One code, dimension or coder. taken_away, undecided: counts; they are part of n."""

    name: str
    n: int
    accepted: Written
    changed: Written
    rejected: Written
    taken_away: int
    undecided: int


@dataclass(frozen=True)
class NewCodes:
    """New codes that the run proposed and somebody opened. to_known, to_other: changed to a code that there was, or to
    another new name."""

    n: int
    accepted: Written
    to_known: Written
    to_other: Written
    rejected: Written
    undecided: int


@dataclass(frozen=True)
class DecisionsShown:
    """reasons: (reason, how often), '' where none was given; more_reasons: how many rejections have another one."""

    whole: RateLine
    by_dimension: Sequence[RateLine]
    by_code: Sequence[tuple[str, Sequence[RateLine]]]
    by_coder: Sequence[RateLine]
    new_codes: NewCodes | None
    reasons: Sequence[tuple[str, int]]
    more_reasons: int


def decisions_shown(
    cases: Sequence[Case], code: Named, member: Named, dimension: Named, known: Collection[int]
) -> DecisionsShown | None:
    """None where nobody opened anything. known: codes that there were when the run was asked."""
    if not cases:
        return None
    of_code = [case for case in cases if case.offered.code_id is not None]
    by_dimension = _grouped(cases, lambda case: dimension(case.offered.dimension_id))
    tallied = reasons(cases)
    return DecisionsShown(
        whole=_rates("All", cases),
        by_dimension=[_rates(name, of) for name, of in by_dimension],
        by_code=[
            (name, [_rates(each, its) for each, its in _grouped(of, lambda case: code(case.offered.code_id or 0))])
            for name, of in _grouped(of_code, lambda case: dimension(case.offered.dimension_id))
        ],
        by_coder=[_rates(name, of) for name, of in _grouped(cases, lambda case: member(case.member_id))],
        new_codes=_new_codes([case for case in cases if case.offered.code_id is None], known),
        reasons=tallied[:MOST_REASONS],
        more_reasons=sum(times for _, times in tallied[MOST_REASONS:]),
    )


def _grouped(cases: Sequence[Case], key: Callable[[Case], str]) -> list[tuple[str, list[Case]]]:
    """By how many there are, then by name."""
    found: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        found[key(case)].append(case)
    return sorted(found.items(), key=lambda each: (-len(each[1]), each[0]))


def _rates(name: str, cases: Sequence[Case]) -> RateLine:
    tally = Tally.of(cases)
    accepted, changed, rejected = (written(share(tally.number(each), tally.n), "share") for each in RATES)
    return RateLine(name, tally.n, accepted, changed, rejected, tally.number("taken_away"), tally.number("undecided"))


def _new_codes(cases: Sequence[Case], known: Collection[int]) -> NewCodes | None:
    if not cases:
        return None
    tally = Tally.of(cases)
    changed = [case for case in cases if case.outcome == "changed"]
    to_known = sum(case.became in known for case in changed)

    def of_all(hits: int) -> Written:
        return written(share(hits, tally.n), "share")

    return NewCodes(
        n=tally.n,
        accepted=of_all(tally.number("accepted")),
        to_known=of_all(to_known),
        to_other=of_all(len(changed) - to_known),
        rejected=of_all(tally.number("rejected")),
        undecided=tally.number("undecided") + tally.number("taken_away"),
    )


@dataclass(frozen=True)
class MeasureLine:
    """name: a dimension, or all of them. sentence: why there is no figure of it."""

    name: str
    contrast: WrittenContrast | None
    sentence: str = ""


@dataclass(frozen=True)
class Measure:
    name: str
    hint: str
    lines: Sequence[MeasureLine]


@dataclass(frozen=True)
class ArmShown:
    arm: str
    name: str
    here: Counts
    pressed: Written
    sentence: str
    measures: Sequence[Measure]
    timed: tuple[int, int]


@dataclass(frozen=True)
class EffectsShown:
    blind: Counts
    arms: Sequence[ArmShown]
    sentence: str


def effects_shown(found: Effects) -> EffectsShown:
    arms = [
        ArmShown(
            arm=effect.arm,
            name=ARM_WORDS[effect.arm],
            here=effect.here,
            pressed=written(effect.pressed, "share"),
            sentence=effect.sentence,
            measures=[] if effect.sentence else _measures(effect),
            timed=effect.timed,
        )
        for effect in found.arms
    ]
    return EffectsShown(found.blind, arms, found.sentence)


def _measures(effect: Effect) -> list[Measure]:
    agreement, distinct, effective, codes = [], [], [], []
    for one in effect.dimensions:
        name, waits = one.asked.dimension.name, one.asked.waits
        agreement.append(MeasureLine(name, _contrast(one.agreement, "alpha"), waits))
        if one.diversity is None:
            distinct.append(MeasureLine(name, None, waits))
            effective.append(MeasureLine(name, None, waits))
        else:
            label = f"{name}, in {one.diversity.drawn} incidents"
            distinct.append(MeasureLine(label, _contrast(one.diversity.distinct, "number")))
            effective.append(MeasureLine(label, _contrast(one.diversity.effective, "number")))
        if one.codes is not None:
            codes.append(MeasureLine(name, _contrast(one.codes, "number")))
    codes.append(MeasureLine("All dimensions together", _contrast(effect.codes, "number")))
    time = [MeasureLine("The whole incident", _contrast(effect.seconds, "minutes"))]
    return [
        Measure("Agreement between coders", "Krippendorff’s α", agreement),
        Measure("Codes of one coder on one incident", "mean", codes),
        Measure("Different codes", "as many as the same number of incidents shows on average", distinct),
        Measure("Effective number of codes", "exp of Shannon’s entropy, in as many incidents", effective),
        Measure("Active time on one incident", "mean of its coders", time),
    ]


def _contrast(found: Contrast | None, unit: Unit) -> WrittenContrast | None:
    if found is None:
        return None
    return WrittenContrast(
        written(found.assisted, unit), written(found.blind, unit), written_difference(found.difference, unit)
    )


@dataclass(frozen=True)
class EqualShown:
    name: str
    is_blind: bool
    share: Written
    incidents: int
    difference: Written | None


def equal_shown(found: Sequence[Equal]) -> list[EqualShown]:
    return [
        EqualShown(
            name=_equal_name(one),
            is_blind=one.arm == "blind",
            share=written(one.share, "share"),
            incidents=one.incidents,
            difference=written_difference(one.difference, "share") if one.difference else None,
        )
        for one in found
    ]


def _equal_name(one: Equal) -> str:
    if one.arm == "blind":
        return "Never (blind)"
    words = ARM_WORDS[one.arm].capitalize()
    if one.arm == "after":
        return f"{words}: {'before seeing it' if one.before_seeing else 'in the end'}"
    return words


@dataclass(frozen=True)
class SwitchLine:
    name: str
    switched: Written
    toward: Written
    away: Written
    wrong: Written
    right: Written


@dataclass(frozen=True)
class SwitchingShown:
    whole: SwitchLine
    by_coder: Sequence[SwitchLine]
    cases: int
    not_judged: int
    exposed_before: int


def switching_shown(found: Switching | None, member: Named) -> SwitchingShown | None:
    if found is None:
        return None
    return SwitchingShown(
        whole=_switches("All coders", found.whole),
        by_coder=[_switches(member(coder), each) for coder, each in found.by_coder.items()],
        cases=found.cases,
        not_judged=found.not_judged,
        exposed_before=found.exposed_before,
    )


def _switches(name: str, of: Switches) -> SwitchLine:
    every = (of.switched, of.toward, of.away, of.wrong, of.right)
    return SwitchLine(name, *(written(each, "share") for each in every))
