"""After a change: opening what it makes stale, and the round in which that is coded again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.exposures import expose
from app.curation.stale import stale_incidents
from app.curation.stale_page import Span, change_words, diff_of, listed
from app.problems import Invalid
from app.rounds.actions import RoundPlan, plan_round
from app.rounds.models import Round
from app.rounds.purposes import usual
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads

LONGEST_REASON = 2_000
NAMED_CHANGES = 5


class NoneChosen(Invalid):
    """Choose at least one incident that is to be coded again."""


@dataclass(frozen=True)
class RecodingPlan:
    """coders_per_incident None: one, as usual for a recoding."""

    name: str
    incident_ids: Sequence[int]
    coder_ids: Sequence[int]
    coders_per_incident: int | None = None


def open_stale(session: Session, viewer: Viewer, span: Span) -> None:
    """The lead is about to be shown which final codes incidents bear: recorded before it is rendered (promise 3)."""
    check_leads(viewer)
    rounds = (Round.study_id == viewer.study.id, Round.phase.in_(("settling", "closed")))
    session.scalars(select(Round).where(*rounds).order_by(Round.id).with_for_update(read=True)).all()
    on_page = listed(stale_incidents(session, viewer, diff_of(session, viewer, span)))
    shown = {(each.incident_id, "final_code", key) for each in on_page for key in each.final_code_ids}
    expose(session, viewer.study.id, viewer.member.id, sorted(shown))
    record(
        session,
        viewer.study.id,
        viewer.member,
        "stale.opened",
        subject=("study", viewer.study.id),
        incidents=len({incident_id for incident_id, _, _ in shown}),
    )


def plan_recoding(session: Session, viewer: Viewer, span: Span, plan: RecodingPlan) -> Round:
    """A recoding round of chosen incidents, as such rounds usually are. What it settles supersedes what is final now
    (ADR 8)."""
    check_leads(viewer)
    if not plan.incident_ids:
        raise NoneChosen
    per_incident = plan.coders_per_incident or usual("recoding", "coders_per_incident", coders=len(plan.coder_ids))
    return plan_round(
        session,
        viewer,
        RoundPlan(
            name=plan.name,
            purpose="recoding",
            incident_ids=list(dict.fromkeys(plan.incident_ids)),
            coder_ids=list(dict.fromkeys(plan.coder_ids)),
            coders_per_incident=per_incident,
            arm=usual("recoding", "arm")[0],
            blind_share=usual("recoding", "blind_percent") / 100,
            code_sharing=usual("recoding", "code_sharing"),
            frozen=usual("recoding", "codebook") == "freeze",
            how_chosen="stale",
            reason=_why(session, viewer, span),
        ),
    )


def _why(session: Session, viewer: Viewer, span: Span) -> str:
    found = diff_of(session, viewer, span)
    told = [f"“{change.code.name}” {change_words(found, change)}" for change in found.changes]
    more = f" and {len(told) - NAMED_CHANGES} more" if len(told) > NAMED_CHANGES else ""
    return f"After a change of the codebook: {'; '.join(told[:NAMED_CHANGES])}{more}."[:LONGEST_REASON]
