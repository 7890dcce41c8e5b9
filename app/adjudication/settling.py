"""What becomes final without a ruling, as the rules of the round say; and a change of the rules while it settles."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.adjudication import compared, policy
from app.adjudication.audits import draw_audits
from app.adjudication.compared import Compared
from app.adjudication.final_codes import (
    Final,
    lock_final_codes,
    settled_keys,
    withdraw_final_codes,
    write_final_codes,
)
from app.adjudication.settling_rules import SettlingRules, write_choice
from app.adjudication.unanimity import agreed_after_comparing
from app.adjudication.veiled_acts import record_act
from app.coding.submissions import SubmittedReply
from app.db.base import now
from app.rounds.models import Round
from app.studies.viewer import Viewer

MAJORITY, SINGLE_CODER = "majority", "single_coder"


def finals_by_itself(
    session: Session, coding_round: Round, found: Sequence[Compared], rules: SettlingRules
) -> list[Final]:
    """Unanimous answers; single coders' unless these are reviewed; and majorities where these are enough."""
    agreed = [each for each in found if not each.comparison.is_disagreement]
    after_comparing = agreed_after_comparing(session, coding_round, agreed)
    finals = [
        _final(each, each.replies[0], policy.basis_by_itself(each, each.key in after_comparing))
        for each in agreed
        if rules.single == "final" or each.comparison.kind != "single"
    ]
    if rules.by_majority:
        apart = (each for each in found if each.comparison.is_disagreement)
        finals += [_final(each, reply, MAJORITY) for each in apart if (reply := each.majority)]
    return finals


def choose_rules(session: Session, viewer: Viewer, coding_round: Round, rules: SettlingRules) -> None:
    """While the round settles they take effect at once: what they do not settle any more is open again, what they
    settle now becomes final, and the audits are drawn anew. A ruling stays. Raises SettledForGood and LeadOnly."""
    if write_choice(session, viewer, coding_round, rules) and coding_round.phase == "settling":
        lock_final_codes(session, coding_round.study_id)
        _withdraw(session, viewer, coding_round, rules)
        _settle(session, viewer, coding_round, rules)
        draw_audits(session, coding_round, rules)


def _withdraw(session: Session, viewer: Viewer, coding_round: Round, rules: SettlingRules) -> None:
    no_more = [MAJORITY] * (not rules.by_majority) + [SINGLE_CODER] * (rules.single == "review")
    withdrawn = withdraw_final_codes(session, coding_round, now(), bases=no_more)
    if withdrawn:
        _record(session, viewer, coding_round, "final_codes.withdrawn", answers=withdrawn, reason="")


def _settle(session: Session, viewer: Viewer, coding_round: Round, rules: SettlingRules) -> None:
    """What is final through this round already stays as it is."""
    found = compared.compared(session, coding_round)
    settled = settled_keys(session, coding_round)
    finals = [final for final in finals_by_itself(session, coding_round, found, rules) if final.key not in settled]
    written = Counter(final.basis for final in write_final_codes(session, coding_round, finals, now()))
    if written:
        _record(session, viewer, coding_round, "final_codes.settled", by_basis=dict(written))


def _final(found: Compared, reply: SubmittedReply, basis: str) -> Final:
    codes = tuple((choice.code_id, choice.is_main) for choice in reply.codes)
    return Final(found.incident_id, found.dimension_id, reply.state, codes, basis)


def _record(session: Session, viewer: Viewer, coding_round: Round, kind: str, **details: object) -> None:
    """Veiled by the round, as all that is settled in it."""
    record_act(session, viewer, coding_round, kind, ("round", coding_round.id), **details)
