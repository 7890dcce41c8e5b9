"""How often what people handed in is what the run offered: by arm, beside those who never saw it (anchoring)."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.agreement.lens import CodeOf
from app.methods.agreement.results import Coefficient
from app.methods.assistance import clustered_share, contrast_of
from app.rounds.models import ARMS
from app.suggestions.assistance_effect import Asked
from app.suggestions.assistance_source import BLIND, Answers, Codes, Offered, Share, Work, codes_said

Reads = Callable[[Share], Answers | None]


@dataclass(frozen=True)
class Equal:
    """before_seeing: of what they handed in before anything was shown. difference: from the blind share; None of the
    blind share itself, and where there is none."""

    arm: str
    before_seeing: bool
    share: Coefficient
    incidents: int
    difference: Coefficient | None


def equal_to_offered(work: Work, asked: Sequence[Asked], became: Mapping[tuple[int, int], int]) -> list[Equal]:
    """The share of answers that are the offered codes, no more and no less, where the run offered any.

    One line an arm; of the arm `after` one of what was handed in before seeing it, too. Over the randomised share where
    it has blind incidents, else over all. became: (assignment, suggestion) -> the code that an accepted new one became.
    """
    shares = work.randomised if any(share.arm == BLIND for share in work.randomised) else work.shares
    groups: defaultdict[str, list[Share]] = defaultdict(list)
    for share in shares:
        groups[share.arm].append(share)
    offered = {one.dimension.id: one for one in asked}

    def line(arm: str, reads: Reads) -> tuple[Coefficient, int]:
        hits: defaultdict[int, list[bool]] = defaultdict(list)
        for share in groups[arm]:
            hits[share.incident_id] += _hits(share, reads(share), work, offered, became)
        met = [each for each in hits.values() if each]
        return clustered_share([sum(each) for each in met], [len(each) for each in met]), len(met)

    blind = line(BLIND, lambda share: share.last)
    found = []
    for arm in ARMS:
        ways: list[tuple[bool, Reads]] = [(False, lambda share: share.last)]
        if arm == "after":
            ways.insert(0, (True, lambda share: share.own))
        for before_seeing, reads in ways if groups[arm] else ():
            figure, incidents = line(arm, reads)
            has_base = arm != BLIND and blind[0].value is not None
            difference = contrast_of(figure, blind[0]).difference if has_base else None
            found.append(Equal(arm, before_seeing, figure, incidents, difference))
    return found


def _hits(
    share: Share,
    answers: Answers | None,
    work: Work,
    asked: Mapping[int, Asked],
    became: Mapping[tuple[int, int], int],
) -> list[bool]:
    found = []
    for dimension_id, said in (answers or {}).items():
        offered = work.offered.get((share.incident_id, dimension_id))
        if offered and dimension_id in asked:
            living = asked[dimension_id].living
            codes = codes_said(said, living)
            if codes is not None:
                found.append(codes == suggested_codes(offered, share.assignment_id, living, became))
    return found


def suggested_codes(
    offered: Sequence[Offered],
    assignment_id: int,
    living: CodeOf,
    became: Mapping[tuple[int, int], int],
) -> Codes:
    """A new code is the one that it became for this coder, where they took it over; else it is like no other."""
    found: set[int | str] = set()
    for one in offered:
        code_id = one.code_id if one.code_id is not None else became.get((assignment_id, one.id))
        code = None if code_id is None else living(code_id)
        found.add(f"suggestion {one.id}" if code is None else code)
    return frozenset(found)
