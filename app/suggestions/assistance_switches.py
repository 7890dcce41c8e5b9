"""In the arm `after`: who changed an answer of their own once they had opened what was offered, and which way."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.methods.assistance_switching import Case, Switches, switches
from app.suggestions.assistance_anchoring import suggested_codes
from app.suggestions.assistance_effect import Asked
from app.suggestions.assistance_source import Codes, Share, Work, codes_said

NO_ANSWER: Codes = frozenset({"(no answer)"})
Finals = Mapping[tuple[int, int], Codes]  # (incident, dimension) -> its final codes, where these judge the coders


@dataclass(frozen=True)
class Switching:
    """by_coder: member -> their figures. not_judged: answers whose final codes are not there, or say nothing of them.
    exposed_before: answers left out, as something had been shown before any was handed in."""

    whole: Switches
    by_coder: Mapping[int, Switches]
    cases: int
    not_judged: int
    exposed_before: int


def switching_of(
    work: Work, asked: Sequence[Asked], finals: Finals, became: Mapping[tuple[int, int], int]
) -> Switching | None:
    """None where nobody opened anything in the arm `after`."""
    dimensions = {one.dimension.id: one for one in asked}
    cases: list[Case] = []
    exposed_before = 0
    for share in work.shares:
        opened = [dimensions[key] for key in share.opened if key in dimensions] if share.arm == "after" else []
        if share.own is None:
            exposed_before += 0 if share.is_skipped else len(opened)
            continue
        cases += [case for one in opened if (case := _case(share, one, work, finals, became)) is not None]
    if not cases and not exposed_before:
        return None
    by_coder: defaultdict[int, list[Case]] = defaultdict(list)
    for case in cases:
        by_coder[case.coder].append(case)
    return Switching(
        whole=switches(cases),
        by_coder={coder: switches(by_coder[coder]) for coder in sorted(by_coder)},
        cases=len(cases),
        not_judged=sum(case.final is None for case in cases),
        exposed_before=exposed_before,
    )


def _case(share: Share, asked: Asked, work: Work, finals: Finals, became: Mapping[tuple[int, int], int]) -> Case | None:
    """None where the coder had not answered the dimension before, or a code of theirs is not settled."""
    key = share.incident_id, asked.dimension.id
    said = (share.own or {}).get(asked.dimension.id)
    offered = work.offered.get(key)
    if said is None or offered is None or share.last is None:
        return None
    first = codes_said(said, asked.living)
    again = share.last.get(asked.dimension.id)
    last = NO_ANSWER if again is None else codes_said(again, asked.living)
    if first is None or last is None:
        return None
    suggested = suggested_codes(offered, share.assignment_id, asked.living, became)
    return Case(share.member_id, first, last, suggested, finals.get(key))
