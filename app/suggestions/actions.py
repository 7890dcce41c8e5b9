"""Asking for suggestions, opening them, deciding about them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import current_seq
from app.db.base import now
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import frozen_seq, incidents_of
from app.studies.events import record
from app.studies.models import Membership, Study
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads
from app.suggestions import policy, queries
from app.suggestions.jobs import defer_run
from app.suggestions.leaving import Leaving
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.opening import expose_reply
from app.suggestions.prompt import TEMPLATE_VERSION
from app.suggestions.similar import METHOD

PARAMETERS = {"temperature": 0}


def ask_for_suggestions(
    session: Session, viewer: Viewer, coding_round: Round, *, model: str, limit: int | None = None
) -> SuggestionRun:
    """A run over incidents of the round that have none yet. model '': similar incidents are looked up instead."""
    check_leads(viewer)
    _hold(session, coding_round)
    policy.check_may_ask(coding_round)
    incident_ids = _to_ask(session, coding_round, limit)
    seq = frozen_seq(session, coding_round)
    run = SuggestionRun(
        study_id=coding_round.study_id,
        round_id=coding_round.id,
        asked_by=viewer.member.id,
        model_member_id=_model_member(session, viewer, model).id if model else None,
        source="model" if model else "similar_incidents",
        model=model,
        parameters=PARAMETERS if model else {},
        prompt_version=TEMPLATE_VERSION if model else METHOD,
        redaction=Leaving.of(session.get_one(Study, coding_round.study_id)).version if model else "",
        codebook_seq=seq if seq is not None else current_seq(session, coding_round.study_id),
        state="running",
    )
    session.add(run)
    session.flush()
    session.add_all(RunIncident(study_id=run.study_id, run_id=run.id, incident_id=one) for one in incident_ids)
    session.flush()
    defer_run(session, run, incident_ids)
    _record(session, viewer, coding_round, "suggestions.asked", run, model=model, incidents=len(incident_ids))
    return run


def resume_run(session: Session, viewer: Viewer, coding_round: Round, run_id: int) -> None:
    """Goes on with a run that paused, and asks again for what failed in it. What was paid for is not asked twice."""
    check_leads(viewer)
    _hold(session, coding_round)
    run = queries.run_of_round(session, coding_round, run_id)
    rows = [row for row, _ in queries.run_incidents(session, run) if row.state != "done"]
    if not rows:
        raise policy.NothingToAsk
    for row in rows:
        if row.state == "failed":
            row.state, row.attempts, row.problem, row.changed_at = "waiting", 0, "", now()
    run.state, run.problem, run.ended_at = "running", "", None
    session.flush()
    defer_run(session, run, [row.incident_id for row in rows])
    _record(session, viewer, coding_round, "suggestions.resumed", run, incidents=len(rows))


def open_reply(session: Session, viewer: Viewer, coding_round: Round, call_id: int) -> None:
    """Records that the lead was shown what the model said about an incident, before it is shown (promise 3)."""
    check_leads(viewer)
    codes_in_it = queries.codes_in(session, coding_round, viewer.member.id)
    if not policy.may_read_replies(coding_round, codes_in_it=codes_in_it):
        raise NotFound
    found = queries.call_of_round(session, coding_round, call_id)
    if found is None:
        raise NotFound
    call, row = found
    expose_reply(session, viewer, coding_round, call, row)


def _to_ask(session: Session, coding_round: Round, limit: int | None) -> list[int]:
    if limit is not None and limit < 1:
        raise policy.LimitNotUsable
    asked = queries.asked_incident_ids(session, coding_round)
    found = [one.id for one in incidents_of(session, coding_round) if one.id not in asked and one.text]
    if not found:
        raise policy.NothingToAsk
    return found[:limit]


def _model_member(session: Session, viewer: Viewer, model: str) -> Membership:
    """The model as a member of the study, made when it is first asked."""
    study_id = viewer.study.id
    hold_study(session, study_id)  # two rounds may ask at the same moment
    found = session.scalar(
        select(Membership)
        .where(Membership.study_id == study_id, Membership.kind == "model", Membership.name == model)
        .order_by(Membership.id)
        .limit(1)
    )
    if found is None:
        found = Membership(study_id=study_id, kind="model", role="reader", name=model)
        session.add(found)
        session.flush()
        record(session, study_id, viewer.member, "member.added", subject=("member", found.id), role="model")
    return found


def _hold(session: Session, coding_round: Round) -> None:
    """Asking twice at the same moment asks once for each incident."""
    session.refresh(coding_round, with_for_update=True)


def _record(
    session: Session, viewer: Viewer, coding_round: Round, kind: str, run: SuggestionRun, **details: Any
) -> None:
    record(
        session,
        coding_round.study_id,
        viewer.member,
        kind,
        subject=("suggestion_run", run.id),
        round=coding_round.number,
        source=run.source,
        **details,
    )
