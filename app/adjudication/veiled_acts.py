"""The events of settling a round, veiled by it."""

from sqlalchemy.orm import Session

from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer


def record_act(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    kind: str,
    subject: tuple[str, int],
    **details: object,
) -> None:
    """Veiled by the round: when it is reopened, others do not read in the history what was ruled in it."""
    record(
        session,
        viewer.study.id,
        viewer.member,
        kind,
        subject=subject,
        veiled_by_round_id=coding_round.id,
        **details,
    )
