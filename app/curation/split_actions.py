"""Working through what a split left unresolved: opening it, and settling which part is meant on one incident."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.coding.exposures import expose
from app.curation import recoding_policy as policy
from app.curation.quotes import Wanted
from app.curation.recoding import MoveWords, hold_open_rounds, move_quotes, open_quotes
from app.curation.recoding_models import Recoding
from app.curation.split_page import split_code_of
from app.curation.split_work import split_work
from app.studies.events import record
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Settling:
    """evidence_ids: quotes that go along. keeps: another part applies as well, so that the incident stays on the list.

    seen_final_ids: the rows of the final answer as the choice was made.
    """

    incident_id: int
    to_id: int | None
    evidence_ids: Sequence[int]
    reason: str
    keeps: bool = False
    seen_final_ids: Sequence[int] = ()


def open_split(session: Session, viewer: Viewer, code_id: int) -> None:
    """Recorded before it is rendered (promise 3): quotes, what is final, and what was settled already."""
    policy.check_may_recode(viewer)
    codebook, code = split_code_of(session, viewer, code_id)
    hold_open_rounds(session, viewer)
    work = split_work(session, viewer, codebook, code)
    finals = {(each.incident_id, "final_code", row.id) for each in work.cases.values() for row in each.final}
    recodings = {(incident_id, "recoding", key) for incident_id, key in work.told_of}
    expose(session, viewer.study.id, viewer.member.id, sorted(finals | recodings))
    record(
        session, viewer.study.id, viewer.member, "split.opened", subject=("code", code_id),
        incidents=len({incident_id for incident_id, _, _ in finals | recodings}),
    )  # fmt: skip
    open_quotes(session, viewer, [code_id], Wanted())


def settle_split(session: Session, viewer: Viewer, code_id: int, words: Settling) -> Recoding:
    """Its quotes and its final answer stand under the part from now on. What was submitted stays (promise 8)."""
    split_code_of(session, viewer, code_id)
    return move_quotes(
        session,
        viewer,
        code_id,
        MoveWords(
            evidence_ids=words.evidence_ids,
            reason=words.reason,
            to_id=words.to_id,
            keeps_on=[words.incident_id] if words.keeps else [],
            seen_final_ids=words.seen_final_ids,
            incident_ids=[words.incident_id],
        ),
    )
