"""Deleting a whole study: the one exception to what is append-only, so it is asked twice and a copy is taken first."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.accounts.actions import record_account_event
from app.accounts.models import Invitation
from app.adjudication.meeting_queries import VOTE
from app.coding.exposures import expose
from app.coding.models import Submission
from app.db.base import now
from app.export.actions import take_out
from app.export.ledger import reading_of
from app.export.ledger_actions import expose_replies
from app.export.meetings import revealed_votes
from app.export.queries import open_rounds, study_data
from app.export.rulings import comments_of, rulings_of
from app.export.study_copy import study_copy
from app.export.writing import ExportFile
from app.incidents.models import Incident
from app.ledger.gates import forget_gates
from app.ledger.models import CallUnderWay, ModelCall
from app.problems import Conflict, Invalid
from app.rounds.models import Round
from app.rounds.queries import running_round_ids
from app.studies.events import record
from app.studies.models import Membership, Study, StudyEvent
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads
from app.suggestions.batch_models import ModelBatch
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.models import SuggestionRun

COPIED = "study.copied"


class RoundStillRuns(Conflict):
    """A round of this study is still running. End its coding first, so that the copy holds what was coded in it."""


class ModelStillAsked(Conflict):
    """A model is still being asked for this study. Cancel its runs, or let them end, so that the copy holds what was
    paid for."""


class NoCopyYet(Conflict):
    """Take a copy of the study first. What was done after the last copy would be lost."""


class NotTheName(Invalid):
    """This is not the short name of the study, so nothing was deleted."""


@dataclass(frozen=True)
class WhatGoes:
    """calls: of models. is_asked: a model is being asked just now. is_copied: the newest copy holds everything, since
    nothing was done after it, and no call ended."""

    incidents: int
    rounds: int
    submissions: int
    members: int
    calls: int
    is_running: bool
    is_asked: bool
    is_copied: bool


def what_goes(session: Session, study_id: int) -> WhatGoes:
    def count(model: type[Incident] | type[Round] | type[Submission] | type[Membership] | type[ModelCall]) -> int:
        return session.scalars(select(func.count()).select_from(model).where(model.study_id == study_id)).one()

    return WhatGoes(
        incidents=count(Incident),
        rounds=count(Round),
        submissions=count(Submission),
        members=count(Membership),
        calls=count(ModelCall),
        is_asked=_is_asked(session, study_id),
        is_running=bool(running_round_ids(session, study_id)),
        is_copied=_is_copied(session, study_id),
    )


def take_copy(session: Session, viewer: Viewer) -> ExportFile:
    """It shows colleagues' codes, which is recorded as for any data set."""
    check_leads(viewer)
    study_id = viewer.study.id
    hold_study(session, study_id)
    if running_round_ids(session, study_id):
        raise RoundStillRuns
    if _is_asked(session, study_id):
        raise ModelStillAsked
    data = study_data(session, session.get_one(Study, study_id), open_rounds(session, study_id))
    take_out(session, viewer, data)
    shown = [
        (item.incident_id, VOTE, cast.vote.id)
        for item, ballot in revealed_votes(session, [each.coding_round for each in data.rounds])
        for cast in ballot.votes
        if cast.vote.member_id != viewer.member.id
    ]
    ruled, said = rulings_of(session, data), comments_of(session, data)
    shown += [(each.incident_id, "ruling", each.id) for each in ruled if each.member_id != viewer.member.id]
    shown += [(each.incident_id, "comment", each.id) for each in said if each.member_id != viewer.member.id]
    expose(session, study_id, viewer.member.id, shown, note="export")
    reading = reading_of(session, data.study, viewer)
    expose_replies(session, viewer, reading, LedgerFilter())
    file = study_copy(session, data, reading)
    record(
        session,
        study_id,
        viewer.member,
        COPIED,
        subject=("study", study_id),
        bytes=len(file.content),
        last_call=last_call(session, study_id),
    )
    session.flush()
    return file


def delete_study(session: Session, viewer: Viewer, *, typed: str) -> None:
    """Raises NotTheName, RoundStillRuns, ModelStillAsked, NoCopyYet.

    Waits for acts that are under way, and they are not in the copy."""
    check_leads(viewer)
    study = session.scalars(select(Study).where(Study.id == viewer.study.id).with_for_update()).one()
    if typed != study.slug:
        raise NotTheName
    goes = what_goes(session, study.id)
    if goes.is_running:
        raise RoundStillRuns
    if goes.is_asked:
        raise ModelStillAsked
    if not goes.is_copied:
        raise NoCopyYet
    invited = select(Membership.invitation_id).where(Membership.study_id == study.id)
    for invitation in session.scalars(select(Invitation).where(Invitation.id.in_(invited))):
        if invitation.is_open_at(now()):
            invitation.revoked_at = now()
    record_account_event(
        session,
        "study.deleted",
        person=viewer.person,
        subject_id=study.id,
        slug=study.slug,
        title=study.title,
        incidents=goes.incidents,
        rounds=goes.rounds,
        submissions=goes.submissions,
    )
    forget_gates(session, study.id)
    session.flush()
    session.execute(text("SELECT set_config('tandem.deleting_study', :id, true)"), {"id": str(study.id)})
    session.execute(delete(Study).where(Study.id == study.id).execution_options(synchronize_session=False))
    session.execute(text("SELECT set_config('tandem.deleting_study', '', true)"))


def _is_copied(session: Session, study_id: int) -> bool:
    newest = session.scalars(
        select(StudyEvent).where(StudyEvent.study_id == study_id).order_by(StudyEvent.id.desc()).limit(1)
    ).first()
    if newest is None or newest.kind != COPIED:
        return False
    return newest.details.get("last_call", 0) == last_call(session, study_id)


def _is_asked(session: Session, study_id: int) -> bool:
    """A run runs, a batch is at an endpoint, or somebody waits for an answer. A call whose maker is gone is none."""
    asked = (
        select(SuggestionRun.id).where(SuggestionRun.study_id == study_id, SuggestionRun.state == "running"),
        select(ModelBatch.id).where(ModelBatch.study_id == study_id, ModelBatch.state != "ended"),
        select(CallUnderWay.id).where(
            CallUnderWay.study_id == study_id, CallUnderWay.leased_until > func.clock_timestamp()
        ),
    )
    return any(session.scalar(query.limit(1)) is not None for query in asked)


def last_call(session: Session, study_id: int) -> int:
    """0: none. What a worker writes down is no act of a member, so no event tells of it."""
    return session.scalars(select(func.coalesce(func.max(ModelCall.id), 0)).where(ModelCall.study_id == study_id)).one()
