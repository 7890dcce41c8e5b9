"""A share of what settled by itself is looked at once more: what all took from a model, and what one coded alone."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode, Ruling
from app.adjudication.settling_models import AUDITED, Audit, AuditConfirmation
from app.adjudication.settling_rules import SettlingRules
from app.coding.models import Submission
from app.db.base import now
from app.methods.auditing import Share, drawn_for_audit, share_of
from app.rounds.models import Round

Key = tuple[int, int]  # incident, dimension


@dataclass(frozen=True)
class AuditCounts:
    """confirmed: left as it was; ruled: another answer was ruled, or the same with a reason."""

    drawn: int
    confirmed: int
    ruled: int

    @property
    def waiting(self) -> int:
        return self.drawn - self.confirmed - self.ruled

    @property
    def share(self) -> Share | None:
        """Of what was looked at, how much was left as it was."""
        return share_of(self.confirmed, self.confirmed + self.ruled)


def standing_audits(session: Session, coding_round: Round) -> dict[Key, str]:
    """(incident, dimension) -> 'waits' or 'confirmed', of what is drawn now."""
    confirmed = exists().where(AuditConfirmation.study_id == Audit.study_id, AuditConfirmation.audit_id == Audit.id)
    rows = session.execute(select(Audit.incident_id, Audit.dimension_id, confirmed).where(*_standing(coding_round)))
    return {(incident, dimension): "confirmed" if is_ else "waits" for incident, dimension, is_ in rows}


def audit_of(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Audit | None:
    return session.scalars(
        select(Audit).where(
            *_standing(coding_round), Audit.incident_id == incident_id, Audit.dimension_id == dimension_id
        )
    ).first()


def is_confirmed(session: Session, audit: Audit) -> bool:
    return bool(
        session.scalar(
            select(func.count())
            .select_from(AuditConfirmation)
            .where(AuditConfirmation.study_id == audit.study_id, AuditConfirmation.audit_id == audit.id)
        )
    )


def draw_audits(session: Session, coding_round: Round, rules: SettlingRules) -> None:
    """Draws anew from what is final by itself now. What was looked at stays, while its answer is the one it was."""
    final = _final_by_itself(session, coding_round)
    wanted: dict[Key, str] = {}
    for basis in AUDITED:
        keys = [key for key, each in final.items() if each == basis]
        wanted |= dict.fromkeys(drawn_for_audit(keys, rules.audit_share, rules.audit_seed, basis), basis)
    looked_at = _looked_at(session, coding_round, final)
    confirmed = _confirmed(session, coding_round)
    kept: set[Key] = set()
    ended: list[int] = []
    for audit in session.scalars(select(Audit).where(*_standing(coding_round))):
        key = audit.incident_id, audit.dimension_id
        if audit.id in looked_at or (audit.id not in confirmed and wanted.get(key) == audit.basis):
            kept.add(key)
        else:
            ended.append(audit.id)
    session.execute(
        update(Audit).where(Audit.study_id == coding_round.study_id, Audit.id.in_(ended)).values(ended_at=now())
    )
    place = {"study_id": coding_round.study_id, "round_id": coding_round.id}
    session.add_all(
        Audit(incident_id=key[0], dimension_id=key[1], basis=basis, **place)
        for key, basis in sorted(wanted.items())
        if key not in kept
    )
    session.flush()


def _standing(coding_round: Round) -> tuple[ColumnElement[bool], ...]:
    return (
        Audit.study_id == coding_round.study_id,
        Audit.round_id == coding_round.id,
        Audit.ended_at.is_(None),
    )


def _confirmed(session: Session, coding_round: Round) -> set[int]:
    of_audit = (AuditConfirmation.study_id == Audit.study_id) & (AuditConfirmation.audit_id == Audit.id)
    return set(session.scalars(select(Audit.id).join(AuditConfirmation, of_audit).where(*_standing(coding_round))))


def _final_by_itself(session: Session, coding_round: Round) -> dict[Key, str]:
    """(incident, dimension) -> basis, of what is final through this round and of which a share is audited."""
    rows = session.execute(
        select(FinalCode.incident_id, FinalCode.dimension_id, FinalCode.basis)
        .where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.round_id == coding_round.id,
            FinalCode.superseded_at.is_(None),
            FinalCode.ruling_id.is_(None),
            FinalCode.basis.in_(AUDITED),
        )
        .distinct()
    )
    return {(incident_id, dimension_id): basis for incident_id, dimension_id, basis in rows}


def _looked_at(session: Session, coding_round: Round, final: dict[Key, str]) -> set[int]:
    """Audits that were ruled on, or confirmed since the incident was last handed in."""
    ruled = exists().where(
        Ruling.study_id == Audit.study_id,
        Ruling.round_id == Audit.round_id,
        Ruling.incident_id == Audit.incident_id,
        Ruling.dimension_id == Audit.dimension_id,
        Ruling.at >= Audit.at,
    )
    handed_in_since = exists().where(
        Submission.study_id == Audit.study_id,
        Submission.round_id == Audit.round_id,
        Submission.incident_id == Audit.incident_id,
        Submission.at > AuditConfirmation.at,
    )
    of_audit = (AuditConfirmation.study_id == Audit.study_id) & (AuditConfirmation.audit_id == Audit.id)
    confirmed = session.execute(
        select(Audit.id, Audit.incident_id, Audit.dimension_id, Audit.basis)
        .join(AuditConfirmation, of_audit)
        .where(*_standing(coding_round), ~handed_in_since)
    )
    still = {
        audit_id for audit_id, incident, dimension, basis in confirmed if final.get((incident, dimension)) == basis
    }
    return still | set(session.scalars(select(Audit.id).where(*_standing(coding_round), ruled)))
