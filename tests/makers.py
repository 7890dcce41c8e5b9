"""Makers act through actions, so that every state in a test can really happen."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.actions import add_person
from app.codebook import actions as codebook
from app.codebook.actions import CodeText
from app.codebook.bring_in import bring_in_codebook
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.queries import visible_codebook
from app.codebook.readers import read_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.acts import ActAnswer, ActRequest, perform
from app.coding.models import AssignmentWork
from app.incidents.models import Incident
from app.rounds.actions import RoundPlan, change_phase, plan_round
from app.rounds.models import Assignment, Round
from app.studies.actions import add_member, create_study
from app.studies.models import Membership
from app.studies.viewer import Viewer

TEXT = "The gateway returned 502 😀 for 40 minutes after a bad config push. We rolled the push back."
_numbers = count(1)


def make_study(session: Session, *, slug: str | None = None) -> Viewer:
    """A study with its lead."""
    number = next(_numbers)
    lead = add_person(session, email=f"lead{number}@example.org", name=f"Lead {number}", password=None)
    return create_study(session, lead, slug=slug or f"study-{number}", title=f"Study {number}")


def make_member(session: Session, lead: Viewer, *, role: str = "coder") -> Viewer:
    number = next(_numbers)
    person = add_person(session, email=f"person{number}@example.org", name=f"Person {number}", password=None)
    member: Membership = add_member(session, lead, name=person.name, role=role, person=person)
    return Viewer(person, lead.study, member)


def make_coders(session: Session, lead: Viewer, how_many: int) -> list[Viewer]:
    return [make_member(session, lead) for _ in range(how_many)]


def make_dimension(session: Session, lead: Viewer, name: str = "", **words: Any) -> DimensionEntry:
    text = DimensionText(name or f"Dimension {next(_numbers)}", **words)
    return add_dimension(session, lead.study.id, lead.member, text)


def make_code(
    session: Session, lead: Viewer, dimension: DimensionEntry, name: str = "", *, definition: str = "", **how: Any
) -> CodeEntry:
    words = CodeText(name or f"Code {next(_numbers)}", definition)
    how = {"origin": "a_priori", **how}
    return codebook.create_code(session, lead.study.id, lead.member, dimension.id, words, **how)


def make_codebook_import(session: Session, lead: Viewer) -> int:
    """A file with what is in the codebook already: the event, and nothing new. Returns the number of its report."""
    dimension = visible_codebook(session, lead.study.id, lead.member.id).dimensions[0]
    listed = read_codebook(json.dumps({"dimensions": [{"name": dimension.name, "codes": []}]}).encode(), "json")
    return bring_in_codebook(session, lead, listed, dimension=None, file_name="codes.json").codebook_seq


def make_incidents(session: Session, lead: Viewer, how_many: int, *, text: str = TEXT) -> list[Incident]:
    study_id = lead.study.id
    newest = session.scalar(select(func.max(Incident.number)).where(Incident.study_id == study_id)) or 0
    made = [
        Incident(
            study_id=study_id,
            number=number,
            source="made",
            external_id=f"INC-{number}",
            title=f"Incident {number}",
            text=text,
            text_sha256=sha256(text.encode()).hexdigest(),
        )
        for number in range(newest + 1, newest + how_many + 1)
    ]
    session.add_all(made)
    session.flush()
    return made


def make_round(
    session: Session,
    lead: Viewer,
    coders: Sequence[Viewer],
    incidents: Sequence[Incident],
    *,
    phase: str = "running",
    **plan: Any,
) -> Round:
    """Every coder codes every incident unless the plan says otherwise."""
    wanted = {"name": "", "purpose": "calibration", "arm": "blind", "coders_per_incident": len(coders), **plan}
    coding_round = plan_round(
        session,
        lead,
        RoundPlan(
            incident_ids=[incident.id for incident in incidents],
            coder_ids=[coder.member.id for coder in coders],
            **wanted,
        ),
    )
    return move_round(session, lead, coding_round, phase)


def move_round(session: Session, lead: Viewer, coding_round: Round, phase: str) -> Round:
    """Step by step to a later phase."""
    phases = ("planned", "running", "settling", "closed")
    for step in phases[phases.index(coding_round.phase) + 1 : phases.index(phase) + 1]:
        change_phase(session, lead, coding_round.number, step)
    return coding_round


def assignment_of(session: Session, coder: Viewer, coding_round: Round, incident: Incident | None = None) -> Assignment:
    """The coder's assignment for that incident, or their first one."""
    query = select(Assignment).where(
        Assignment.study_id == coding_round.study_id,
        Assignment.round_id == coding_round.id,
        Assignment.member_id == coder.member.id,
    )
    if incident is not None:
        query = query.where(Assignment.incident_id == incident.id)
    return session.scalars(query.order_by(Assignment.order)).first() or _missing()


def act(session: Session, coder: Viewer, assignment: Assignment, kind: str, **payload: Any) -> ActAnswer:
    """One act of a coder who has seen the newest state."""
    return perform(session, coder, assignment.id, next_request(session, assignment, kind, **payload))


def next_request(session: Session, assignment: Assignment, kind: str, **payload: Any) -> ActRequest:
    newest = session.scalar(
        select(AssignmentWork.last_act_id).where(
            AssignmentWork.study_id == assignment.study_id, AssignmentWork.assignment_id == assignment.id
        )
    )
    return ActRequest(uuid4(), newest, "tab", kind, payload)


def code_and_submit(
    session: Session,
    coder: Viewer,
    assignment: Assignment,
    answers: Mapping[int, Sequence[CodeEntry] | str],
) -> ActAnswer:
    """answers: dimension id -> codes, or 'none_applies' or 'not_enough_information'."""
    for dimension_id, answer in answers.items():
        if isinstance(answer, str):
            act(session, coder, assignment, "answer", dimension_id=dimension_id, state=answer)
        else:
            for code in answer:
                act(session, coder, assignment, "toggle_code", dimension_id=dimension_id, code_id=code.id)
    return act(session, coder, assignment, "submit", incomplete=True)


def _missing() -> Assignment:
    raise LookupError("This coder has no such assignment.")
