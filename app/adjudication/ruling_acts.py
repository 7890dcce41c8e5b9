"""A ruling is taken back: its final code does not stand any more, and the disagreement is open again."""

from sqlalchemy.orm import Session

from app.adjudication import policy, queries
from app.adjudication.final_codes import bring_back_replaced, lock_final_codes, withdraw_answer, write_final_codes
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RulingTakenBack
from app.adjudication.settling import finals_by_itself
from app.adjudication.settling_rules import rules_of
from app.adjudication.veiled_acts import record_act
from app.db.base import now
from app.problems import NotFound
from app.rounds.held_open import hold_open
from app.rounds.models import Round
from app.studies.viewer import Viewer


def take_back_ruling(session: Session, viewer: Viewer, coding_round: Round, ruling_id: int, reason: str) -> Ruling:
    """What settles without a ruling under the rules of the round is final at once; else what an earlier round had
    settled, and the ruling had replaced.

    Raises RuledMeanwhile where another ruling stands.
    """
    hold_open(session, coding_round)
    policy.check_may_rule(viewer, coding_round)
    policy.check_reason(reason)
    lock_final_codes(session, viewer.study.id)
    ruling = session.get(Ruling, ruling_id)
    if ruling is None or (ruling.study_id, ruling.round_id) != (viewer.study.id, coding_round.id):
        raise NotFound
    found = queries.compared_dimension(session, coding_round, ruling.incident_id, ruling.dimension_id)
    if queries.standing_rulings(session, coding_round).get(found.key) != ruling.id:
        raise policy.RuledMeanwhile
    session.add(
        RulingTakenBack(
            study_id=viewer.study.id, ruling_id=ruling.id, member_id=viewer.member.id, reason=reason.strip()
        )
    )
    session.flush()
    withdraw_answer(session, coding_round, found.key, now())
    by_itself = finals_by_itself(session, coding_round, [found], rules_of(session, coding_round))
    write_final_codes(session, coding_round, by_itself, now())
    bring_back_replaced(session, coding_round, found.key, now())
    record_act(
        session,
        viewer,
        coding_round,
        "ruling.taken_back",
        ("ruling", ruling.id),
        incident_id=ruling.incident_id,
        dimension_id=ruling.dimension_id,
    )
    return ruling
