"""An audited answer is confirmed: somebody who may rule has looked at it and leaves it as it is."""

from sqlalchemy.orm import Session

from app.adjudication import policy
from app.adjudication.audits import audit_of, is_confirmed
from app.adjudication.compared import compared_dimension
from app.adjudication.final_codes import lock_final_codes
from app.adjudication.openings import ANSWER, of_others
from app.adjudication.queue_list import queue
from app.adjudication.settling_models import AuditConfirmation
from app.adjudication.veiled_acts import record_act
from app.coding.exposures import exposed_subjects
from app.problems import Conflict, NotAllowed
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.studies.viewer import Viewer


class AuditedMeanwhile(Conflict):
    """Somebody confirmed this or ruled on it in the meantime. Reload to see what they said."""


class NotDrawn(Conflict):
    """This is not drawn for an audit any more: the answer, the share or the seed has changed."""


class OwnAnswer(NotAllowed):
    """You coded this alone, so somebody else has to audit it. If it should be another code, rule so with them."""


def confirm(session: Session, viewer: Viewer, coding_round: Round, incident_id: int, dimension_id: int) -> None:
    """Raises NotDrawn, OwnAnswer, NotOpened and AuditedMeanwhile."""
    hold_open(session, coding_round)
    policy.check_may_rule(viewer, coding_round)
    lock_final_codes(session, viewer.study.id)
    compared_dimension(session, coding_round, incident_id, dimension_id)
    audit = audit_of(session, coding_round, incident_id, dimension_id)
    listed = queue(session, coding_round).find((incident_id, dimension_id))
    if audit is None or listed is None:
        raise NotDrawn
    if listed.coder_ids == (viewer.member.id,):
        raise OwnAnswer
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, ANSWER, incident_id)
    if not seen.issuperset(of_others(viewer, listed)):
        raise policy.NotOpened
    if listed.is_ruled or is_confirmed(session, audit):
        raise AuditedMeanwhile
    session.add(AuditConfirmation(study_id=viewer.study.id, audit_id=audit.id, member_id=viewer.member.id))
    session.flush()
    record_act(
        session,
        viewer,
        coding_round,
        "audit.confirmed",
        ("incident", incident_id),
        round_id=coding_round.id,
        dimension_id=dimension_id,
    )
