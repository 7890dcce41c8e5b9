"""The evidence of everything that was handed in on one dimension of a round, by column. Loads numpy, as handed_in."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.handed_in import columns_of
from app.coding.models import SubmittedCode, SubmittedEvidence
from app.methods.spans import Span
from app.rounds.models import Round
from app.rounds.policy import check_open_to_others


def evidence_spans(
    session: Session, coding_round: Round, dimension_id: int
) -> Mapping[tuple[int, int], Sequence[Span]]:
    """(submission, code) -> its spans; a code without evidence is not there. Raises StillBlind while the round runs."""
    check_open_to_others(coding_round)
    code, evidence = SubmittedCode, SubmittedEvidence
    of_code = (evidence.study_id == code.study_id) & (evidence.submitted_code_id == code.id)
    columns = columns_of(
        session,
        (code.submission_id, code.code_id, evidence.start, evidence.end),
        select(evidence).join(code, of_code),
        code.study_id == coding_round.study_id,
        code.round_id == coding_round.id,
        code.dimension_id == dimension_id,
    )
    found: dict[tuple[int, int], list[Span]] = defaultdict(list)
    for submission_id, code_id, start, end in zip(*(column.tolist() for column in columns), strict=True):
        found[submission_id, code_id].append(Span(start, end))
    return found
