"""Asking for suggestions, opening them, deciding about them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import current_seq
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
from app.suggestions.models import SuggestionRun
from app.suggestions.opening import expose_reply
from app.suggestions.prompt import TEMPLATE_VERSION
from app.suggestions.queue import put_in_queue
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
    put_in_queue(session, run, incident_ids)
    defer_run(session, run, incidents=len(incident_ids))
    _record(session, viewer, coding_round, "suggestions.asked", run, model=model, incidents=len(incident_ids))
    return run


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
