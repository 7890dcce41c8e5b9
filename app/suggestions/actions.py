"""Asking for suggestions, opening them, deciding about them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, cast, func, insert, literal, select
from sqlalchemy.orm import Session

from app.problems import NotFound
from app.rounds.models import Round
from app.studies.events import record
from app.studies.models import Membership, Study
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads
from app.suggestions import policy, queries
from app.suggestions.choosing import Choice, chosen_incident_ids
from app.suggestions.jobs import defer_run
from app.suggestions.leaving import Leaving
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.opening import expose_examples, expose_reply
from app.suggestions.prompt_templates import prompt_version
from app.suggestions.run_plan import RunPlan, check_plan, example_ids, seq_of, template_of
from app.suggestions.similar import METHOD


def ask_for_suggestions(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    plan: RunPlan | None = None,
    *,
    model: str = "",
    limit: int | None = None,
) -> SuggestionRun:
    """A run by this plan; without one, the usual over the incidents that have no suggestions, `limit` of them at most.

    model '': similar incidents are looked up instead.
    """
    check_leads(viewer)
    plan = plan or RunPlan(model, choice=Choice(first=limit))
    _hold(session, coding_round)
    policy.check_may_ask(coding_round, is_offered=plan.is_offered)
    incident_ids = chosen_incident_ids(session, coding_round, plan.choice)
    check_plan(session, coding_round, plan)
    run = _run(session, viewer, coding_round, plan, example_ids(session, coding_round, plan, incident_ids))
    session.add(run)
    session.flush()
    _add_incidents(session, run, incident_ids)
    defer_run(session, run, incidents=len(incident_ids))
    _record(session, viewer, coding_round, "suggestions.asked", run, model=run.model, incidents=len(incident_ids))
    return run


def _run(
    session: Session, viewer: Viewer, coding_round: Round, plan: RunPlan, examples: Sequence[int]
) -> SuggestionRun:
    """Where no model is asked, only the choice of incidents and who is offered them say anything."""
    study = session.get_one(Study, coding_round.study_id)
    common = {
        "study_id": study.id,
        "round_id": coding_round.id,
        "asked_by": viewer.member.id,
        "codebook_seq": seq_of(session, coding_round),
        "chosen": plan.choice.stored,
        "is_offered": plan.is_offered,
        "state": "running",
    }
    if not plan.model:
        return SuggestionRun(source="similar_incidents", prompt_version=METHOD, **common)
    template = template_of(session, study.id, plan.prompt_template_id)
    return SuggestionRun(
        source="model",
        model=plan.model,
        model_member_id=_model_member(session, viewer, plan.model).id,
        endpoint_id=plan.endpoint_id,
        parameters=dict(plan.parameters),
        prompt_template_id=plan.prompt_template_id,
        prompt_version=prompt_version(template),
        redaction=Leaving.of(study).version,
        dimension_ids=list(plan.dimension_ids),
        example_incident_ids=list(examples),
        samples=plan.samples,
        mode=plan.mode,
        token_cap=plan.token_cap,
        cost_cap_usd=plan.cost_cap_usd,
        **common,
    )


def _add_incidents(session: Session, run: SuggestionRun, incident_ids: Sequence[int]) -> None:
    """In one statement, however many they are."""
    asked = func.unnest(cast(list(incident_ids), ARRAY(BigInteger)))
    rows = select(literal(run.study_id), literal(run.id), asked)
    session.execute(insert(RunIncident).from_select(["study_id", "run_id", "incident_id"], rows))


def open_reply(session: Session, viewer: Viewer, coding_round: Round, call_id: int) -> int:
    """Records that the lead was shown what the model said about an incident, before it is shown (promise 3).

    Returns the id of its run.
    """
    check_leads(viewer)
    if not policy.may_read(session, viewer, coding_round):
        raise NotFound
    found = queries.call_of_round(session, coding_round, call_id)
    if found is None:
        raise NotFound
    call, row = found
    expose_reply(session, viewer, coding_round, call, row)
    return row.run_id


def open_examples(session: Session, viewer: Viewer, coding_round: Round, plan: RunPlan, asked: Sequence[int]) -> None:
    """Records what the preview of a plan with examples tells its lead, before it is shown (promise 3)."""
    check_leads(viewer)
    shown = example_ids(session, coding_round, plan, asked)
    if shown and expose_examples(session, viewer, shown):
        record(
            session,
            coding_round.study_id,
            viewer.member,
            "suggestions.examples_shown",
            subject=("round", coding_round.id),
            round=coding_round.number,
            incidents=list(shown),
        )


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
