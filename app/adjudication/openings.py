"""Which of a queue a member was shown all answers of, and the act that opens all of a list at once (promise 3)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.adjudication.differences import Key
from app.adjudication.queue_list import Disagreement, Queue
from app.adjudication.veiled_acts import record_act
from app.coding.exposures import expose, exposed_subjects
from app.coding.open_incidents import still_coded
from app.rounds.models import Round
from app.studies.viewer import Viewer

ANSWER = "colleague_code"


def opened_keys(session: Session, viewer: Viewer, queue: Queue) -> frozenset[Key]:
    """Those of whose answers every one is the viewer's own or was shown to them."""
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, ANSWER)
    return frozenset(each.key for each in queue.listed if seen.issuperset(of_others(viewer, each)))


def open_listed(session: Session, viewer: Viewer, coding_round: Round, listed: Sequence[Disagreement]) -> None:
    """The member is about to be shown what was answered to all of these: recorded before it is rendered.

    Incidents that they still code elsewhere are left out: each of those is opened by itself, on its page.
    """
    still = set(session.scalars(still_coded(viewer)))
    wanted = [each for each in listed if each.incident.id not in still]
    shown = {(each.incident.id, ANSWER, key) for each in wanted for key in of_others(viewer, each)}
    expose(session, viewer.study.id, viewer.member.id, sorted(shown))
    record_act(
        session,
        viewer,
        coding_round,
        "answers.opened_together",
        ("round", coding_round.id),
        disagreements=len(wanted),
        incidents=len({each.incident.id for each in wanted}),
    )


def of_others(viewer: Viewer, each: Disagreement) -> list[int]:
    """Submissions."""
    own = viewer.member.id
    return [key for member_id, key in zip(each.coder_ids, each.submission_ids, strict=True) if member_id != own]
