"""What a round still leaves open, listed before it is closed: each of it is settled, or accepted open with a reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.flags import FLAG, raised_flags
from app.adjudication.models import FinalCode
from app.adjudication.queries import Queue
from app.agreement.queries import coined_in_private, handed_in_codes
from app.codebook.queries import whole_codebook
from app.coding.models import Exposure
from app.coding.queries import progress_by_coder
from app.problems import Invalid
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer

KINDS = ("not_handed_in", "disagreements", "without_final", "audits", "flags", "not_pooled")
LONGEST_REASON = 2_000


class StillOpen(Invalid):
    """Something of this round is still open. Settle it first, or say why it stays open."""


@dataclass(frozen=True)
class LeftOpen:
    """kind: one of KINDS. by_member: of assignments, how many each coder did not hand in."""

    kind: str
    count: int
    by_member: Mapping[int, int] | None = None
    reason: str = ""


def left_open(session: Session, viewer: Viewer, coding_round: Round) -> list[LeftOpen]:
    """In the order of KINDS; what is settled is not in it. Raises StillBlind while the round runs."""
    queue = queries.queue(session, coding_round)
    by_member = dict(_not_handed_in(session, coding_round))
    found = [
        LeftOpen("not_handed_in", sum(by_member.values()), by_member),
        LeftOpen("disagreements", len(queue.open)),
        LeftOpen("without_final", _without_final(session, coding_round, queue)),
        LeftOpen("audits", sum(each.audit == "waits" for each in queue.audited)),
        LeftOpen("flags", _flags_not_seen(session, viewer, coding_round)),
        LeftOpen("not_pooled", _not_pooled(session, coding_round)),
    ]
    return [each for each in found if each.count]


def accepted(found: list[LeftOpen], reason: str, reasons: Mapping[str, str]) -> list[LeftOpen]:
    """With the reason that was given for each, or the one for all. Raises StillOpen where one has none."""
    with_reason = [replace(each, reason=(reasons.get(each.kind) or reason).strip()) for each in found]
    if not all(each.reason for each in with_reason):
        raise StillOpen
    if any(len(each.reason) > LONGEST_REASON for each in with_reason):
        raise StillOpen(f"A reason has at most {LONGEST_REASON:,} characters.")
    return with_reason


def record_accepted(session: Session, viewer: Viewer, coding_round: Round, left: list[LeftOpen]) -> None:
    for each in left:
        record(
            session,
            viewer.study.id,
            viewer.member,
            "round.left_open",
            subject=("round", coding_round.id),
            veiled_by_round_id=coding_round.id,
            what=each.kind,
            count=each.count,
            reason=each.reason,
        )


def _not_handed_in(session: Session, coding_round: Round) -> Iterator[tuple[int, int]]:
    for member_id, progress in sorted(progress_by_coder(session, coding_round).items()):
        if progress.pending + progress.draft:
            yield member_id, progress.pending + progress.draft


def _without_final(session: Session, coding_round: Round, queue: Queue) -> int:
    """Answers that have none, beside those that wait for a ruling."""
    waiting = {each.key for each in queue.open}
    final = session.execute(
        select(FinalCode.incident_id, FinalCode.dimension_id).where(
            FinalCode.study_id == coding_round.study_id, FinalCode.superseded_at.is_(None)
        )
    )
    settled = {(incident_id, dimension_id) for incident_id, dimension_id in final}
    codebook = whole_codebook(session, coding_round.study_id)
    asked = {each.id for each in codebook.dimensions}
    answered = {each.key for each in queries.compared(session, coding_round) if each.dimension_id in asked}
    return len(answered - settled - waiting)


def _flags_not_seen(session: Session, viewer: Viewer, coding_round: Round) -> int:
    """Flags that nobody but who raised them has opened. One's own, one has seen."""
    raised = [each for each in raised_flags(session, coding_round) if each.member_id != viewer.member.id]
    seen = set(
        session.scalars(
            select(Exposure.subject_id).where(
                Exposure.study_id == coding_round.study_id,
                Exposure.kind == FLAG,
                Exposure.subject_id.in_([each.id for each in raised]),
            )
        )
    )
    return sum(each.id not in seen for each in raised)


def _not_pooled(session: Session, coding_round: Round) -> int:
    """Codes that coders coined alone in this round, that stand in what was handed in, and that nobody settled since."""
    codes = whole_codebook(session, coding_round.study_id).codes
    coined = coined_in_private(session, coding_round)
    used = {code_id for found in handed_in_codes(session, coding_round).values() for code_id in found}
    return sum(
        not is_pooled and code_id in used and codes[code_id].created_in_round == coding_round.id
        for code_id, is_pooled in coined.items()
    )
