"""Which answers coders agree on by now only because they saw one another's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.adjudication.queries import Compared, comparison_of
from app.coding.exposures import first_shown
from app.coding.submissions import SubmittedWork, first_submissions
from app.rounds.models import Round


def agreed_after_comparing(session: Session, coding_round: Round, agreed: Sequence[Compared]) -> set[tuple[int, int]]:
    """(incident, dimension) of those where the first submissions differed, and a coder was shown a colleague's answer
    before their last one."""
    asked = [each for each in agreed if any(not work.submission.independent for work in each.works)]
    coders = {coder for each in asked for coder in each.coder_ids}
    shown = first_shown(session, coding_round.study_id, coders) if asked else {}
    seen = [each for each in asked if any(_saw(work, shown) for work in each.works)]
    if not seen:
        return set()
    firsts: defaultdict[int, list[SubmittedWork]] = defaultdict(list)
    for work in first_submissions(session, coding_round):
        if work.pass_ == 1:
            firsts[work.submission.incident_id].append(work)
    return {each.key for each in seen if comparison_of(firsts[each.incident_id], each.dimension_id).is_disagreement}


def _saw(work: SubmittedWork, shown: Mapping[tuple[int, int], datetime]) -> bool:
    at = shown.get((work.submission.member_id, work.submission.incident_id))
    return not work.submission.independent and at is not None and at <= work.submission.at
