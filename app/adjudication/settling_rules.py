"""How a round is settled: its lead chooses, and the newest choice stands."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.settling_models import SettlingChoice
from app.problems import Conflict
from app.rounds.models import Round
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads

USUAL_AUDIT_SHARE = 0.1


class SettledForGood(Conflict):
    """This round is closed. Reopen it to change how it is settled."""


@dataclass(frozen=True)
class SettlingRules:
    """blind: who coded what is hidden from who rules, until they ask for it.

    by_majority: what more than half of three or more coders answered alike is final without a ruling.
    single: what a single coder answered is 'final', or waits for 'review' as disagreements do.
    audit_share: of what is unanimous after a suggestion, and of what is final by a single coder; drawn by audit_seed.
    """

    blind: bool
    by_majority: bool
    single: str
    audit_share: float
    audit_seed: int


def choices_of(session: Session, coding_round: Round) -> Sequence[SettlingChoice]:
    """Newest first."""
    return session.scalars(
        select(SettlingChoice)
        .where(SettlingChoice.study_id == coding_round.study_id, SettlingChoice.round_id == coding_round.id)
        .order_by(SettlingChoice.id.desc())
    ).all()


def rules_of(session: Session, coding_round: Round) -> SettlingRules:
    """As chosen last; before that as is usual: not blind, no majority, single coders' answers final, a tenth audited
    under the seed of the round."""
    chosen = next(iter(choices_of(session, coding_round)), None)
    if chosen is None:
        return SettlingRules(False, False, "final", USUAL_AUDIT_SHARE, coding_round.seed)
    return SettlingRules(chosen.blind, chosen.by_majority, chosen.single, chosen.audit_share, chosen.audit_seed)


def write_choice(session: Session, viewer: Viewer, coding_round: Round, rules: SettlingRules) -> bool:
    """The round is held until the act is committed. False where these are the rules already. Raises SettledForGood."""
    check_leads(viewer)
    session.refresh(coding_round, with_for_update=True)
    if coding_round.phase == "closed":
        raise SettledForGood
    if rules == rules_of(session, coding_round):
        return False
    session.add(
        SettlingChoice(
            study_id=coding_round.study_id, round_id=coding_round.id, member_id=viewer.member.id, **asdict(rules)
        )
    )
    session.flush()
    record(
        session,
        viewer.study.id,
        viewer.member,
        "settling_rules.chosen",
        subject=("round", coding_round.id),
        **asdict(rules),
    )
    return True
