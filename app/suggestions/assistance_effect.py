"""Assisted minus blind: what suggestions changed in what people handed in, by when they appear.

Only over incidents that were dealt to two coders or more, since chance alone said which of them are blind. Each arm
counts as it was dealt, whether or not its coders opened anything (intention to treat). Loads numpy.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.agreement.lens import CodeOf
from app.codebook.tree import DimensionEntry
from app.methods.agreement import alpha_of, count_patterns, count_set_patterns, measures_of
from app.methods.agreement.results import Coefficient
from app.methods.assistance import (
    FEWEST,
    Contrast,
    clustered_share,
    contrast_of,
    contrast_of_means,
)
from app.methods.assistance_diversity import Diversity, contrast_of_diversity
from app.rounds.models import ARMS
from app.suggestions.assistance_source import BLIND, Codes, Said, Share, Work, codes_said

ASSISTED = tuple(arm for arm in ARMS if arm != BLIND)


@dataclass(frozen=True)
class Asked:
    """code_of: how the codes of coders are compared with one another, as on the page of agreement. living: how they are
    compared with suggestions and final codes, which may stand under a later codebook: as what each has become. waits:
    why nothing that rests on comparing coders is told, '' where it is."""

    dimension: DimensionEntry
    code_of: CodeOf
    living: CodeOf
    waits: str = ""


@dataclass(frozen=True)
class Counts:
    """Of one arm: incidents and assignments of the randomised share, and of these what is not counted, and why."""

    incidents: int
    assignments: int
    skipped: int
    exposed: int
    not_handed_in: int


@dataclass(frozen=True)
class OfDimension:
    """codes: how many in one coder's answer; None where the dimension takes one."""

    asked: Asked
    agreement: Contrast | None
    diversity: Diversity | None
    codes: Contrast | None


@dataclass(frozen=True)
class Effect:
    """One arm against the blind share. pressed: on how many of its assignments anything was opened. sentence: why there
    is no figure, '' where there are some. timed: (assisted, blind) assignments whose time is known, of those counted.
    """

    arm: str
    here: Counts
    pressed: Coefficient
    sentence: str = ""
    dimensions: Sequence[OfDimension] = ()
    codes: Contrast | None = None
    seconds: Contrast | None = None
    timed: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Effects:
    """sentence: why there is no effect to tell of at all."""

    blind: Counts
    arms: Sequence[Effect] = ()
    sentence: str = ""


def effects_of(work: Work, asked: Sequence[Asked]) -> Effects:
    groups: defaultdict[str, list[Share]] = defaultdict(list)
    for share in work.randomised:
        groups[share.arm].append(share)
    blind = _Group(groups[BLIND], asked)
    arms = [arm for arm in ASSISTED if groups[arm]]
    if not arms:
        return Effects(blind.counts, sentence=_nothing_assisted(work))
    why = _too_few_blind(work, blind)
    return Effects(blind.counts, [_effect(arm, _Group(groups[arm], asked), blind, why) for arm in arms], why)


def _nothing_assisted(work: Work) -> str:
    if any(share.arm != BLIND for share in work.shares):
        return (
            "No effect can be told: no incident with several coders was dealt to an arm with suggestions. Those that "
            "were have one coder, and the blind share is set aside among incidents with several."
        )
    return "No effect can be told: suggestions appear nowhere in this round, all its incidents are blind."


def _too_few_blind(work: Work, blind: "_Group") -> str:
    if not blind.shares:
        return (
            "No effect can be told: none of the incidents with several coders that this run was asked about was kept "
            "blind, so nobody shows what these coders would have said without suggestions. Plan the next round with a "
            "blind share; 30 % is usual."
        )
    if blind.answered < FEWEST:
        return (
            f"No effect can be told: only {blind.answered} of the incidents kept blind were handed in by coders who "
            f"had been shown nothing, and under {FEWEST} an interval says next to nothing. Plan a larger blind share."
        )
    return ""


def _effect(arm: str, assisted: "_Group", blind: "_Group", why: str) -> Effect:
    pressed = clustered_share(*assisted.pressed)
    if not why and assisted.answered < FEWEST:
        why = f"No effect can be told: {assisted.answered} incidents of this arm were handed in, of {FEWEST} needed."
    if why:
        return Effect(arm, assisted.counts, pressed, why)
    timed = assisted.seconds, blind.seconds
    return Effect(
        arm=arm,
        here=assisted.counts,
        pressed=pressed,
        dimensions=[_of_dimension(one, assisted, blind) for one in assisted.asked],
        codes=contrast_of_means(assisted.code_counts(), blind.code_counts()),
        seconds=contrast_of_means(*(list(side.values()) for side in timed)),
        timed=(assisted.timed, blind.timed),
    )


def _of_dimension(asked: Asked, assisted: "_Group", blind: "_Group") -> OfDimension:
    many = asked.dimension.takes_many
    codes = contrast_of_means(assisted.code_counts(asked), blind.code_counts(asked)) if many else None
    if asked.waits:
        return OfDimension(asked, None, None, codes)
    return OfDimension(
        asked=asked,
        agreement=contrast_of(assisted.alpha(asked), blind.alpha(asked)),
        diversity=contrast_of_diversity(assisted.codes_shown(asked), blind.codes_shown(asked)),
        codes=codes,
    )


@dataclass
class _Group:
    """The shares of one arm. known: dimension -> its answers, once they were asked for."""

    shares: Sequence[Share]
    asked: Sequence[Asked]
    counted: list[Share] = field(init=False)
    known: dict[int, dict[int, dict[int, Codes]]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.counted = [share for share in self.shares if share.last is not None]

    @property
    def counts(self) -> Counts:
        skipped = sum(share.is_skipped for share in self.shares)
        exposed = sum(share.is_exposed for share in self.shares)
        return Counts(
            incidents=len({share.incident_id for share in self.shares}),
            assignments=len(self.shares),
            skipped=skipped,
            exposed=exposed,
            not_handed_in=len(self.shares) - len(self.counted) - skipped - exposed,
        )

    @cached_property
    def answered(self) -> int:
        return len({share.incident_id for share in self.counted})

    @property
    def pressed(self) -> tuple[list[int], list[int]]:
        """Of each incident: on how many assignments something was opened, and how many there are."""
        found: defaultdict[int, list[bool]] = defaultdict(list)
        for share in self.shares:
            found[share.incident_id].append(share.pressed)
        return [sum(each) for each in found.values()], [len(each) for each in found.values()]

    def answers(self, asked: Asked) -> dict[int, dict[int, Codes]]:
        """incident -> coder -> what they said."""
        if asked.dimension.id not in self.known:
            found: defaultdict[int, dict[int, Codes]] = defaultdict(dict)
            read: dict[Said, Codes | None] = {}  # many say the same
            for share in self.counted:
                said = (share.last or {}).get(asked.dimension.id)
                if said is None:
                    continue
                if said not in read:
                    read[said] = codes_said(said, asked.code_of)
                codes = read[said]
                if codes is not None:
                    found[share.incident_id][share.member_id] = codes
            self.known[asked.dimension.id] = dict(found)
        return self.known[asked.dimension.id]

    def alpha(self, asked: Asked) -> Coefficient:
        table = list(self.answers(asked).values())
        if not asked.dimension.takes_many:
            return alpha_of(count_patterns(table))
        return measures_of(count_set_patterns(table), sets=True).alpha

    def codes_shown(self, asked: Asked) -> list[frozenset[int]]:
        """Of each incident that two or more answered, all codes that any of them gave."""
        return [
            frozenset(code for codes in said.values() for code in codes if isinstance(code, int))
            for said in self.answers(asked).values()
            if len(said) >= 2
        ]

    def code_counts(self, asked: Asked | None = None) -> list[float]:
        """Of each incident the mean number of codes that one coder gave: in one dimension, or in all together."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        ids = {one.dimension.id for one in self.asked} if asked is None else {asked.dimension.id}
        for share in self.counted:
            said = [len(codes) for key, (_, codes) in (share.last or {}).items() if key in ids]
            if said:
                found[share.incident_id].append(sum(said))
        return [sum(each) / len(each) for each in found.values()]

    @cached_property
    def seconds(self) -> dict[int, float]:
        """incident -> the mean active time of one coder, where it is known."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for share in self.counted:
            if share.seconds > 0:
                found[share.incident_id].append(share.seconds)
        return {key: sum(each) / len(each) for key, each in found.items()}

    @property
    def timed(self) -> int:
        return sum(share.seconds > 0 for share in self.counted)
