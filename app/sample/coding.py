"""The two coders of the sample study at work, act by act."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import whole_codebook
from app.codebook.tree import Codebook, DimensionEntry
from app.coding.acts import ActAnswer, ActRequest, perform
from app.coding.models import Act, AssignmentWork
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.sample.content import SampleAnswer, SampleAssignment, SampleContent, SampleSuggestion
from app.studies.viewer import Viewer
from app.suggestions.deciding import Acting, Choice, decide
from app.suggestions.models import RunIncident, Suggestion
from app.suggestions.opening import open_suggestions

TAB = "sample"


def act(session: Session, coder: Viewer, assignment: Assignment, kind: str, **payload: Any) -> ActAnswer:
    request = ActRequest(uuid4(), _newest(session, assignment), TAB, kind, payload)
    return perform(session, coder, assignment.id, request)


def submit(session: Session, coder: Viewer, assignment: Assignment) -> None:
    act(session, coder, assignment, "submit", incomplete=True)


def code_assignment(
    session: Session,
    coder: Viewer,
    coding_round: Round,
    incident: Incident,
    told: SampleAssignment,
    content: SampleContent,
) -> Assignment:
    assignment = assignment_of(session, coder, coding_round, incident)
    for answer in told.answers:
        _answer(session, coder, assignment, incident, answer, content)
    if told.memo:
        act(session, coder, assignment, "write_memo", text=told.memo, sharing="shared")
    if told.flag:
        act(session, coder, assignment, "flag", note=told.flag)
    if told.status == "skipped":
        act(session, coder, assignment, "skip", reason=told.skip_reason)
    return assignment


def revise_after_suggestions(
    session: Session,
    people: Mapping[str, Viewer],
    coding_round: Round,
    content: SampleContent,
    incidents: Mapping[str, Incident],
) -> None:
    """Each coder opens what was offered, decides, and hands in again where something was taken over."""
    for told in content.suggestions:
        for decision in told.decisions:
            coder, incident = people[decision.coder], incidents[told.incident]
            assignment = assignment_of(session, coder, coding_round, incident)
            dimension = dimension_named(whole_codebook(session, coder.study.id), told.dimension)
            open_suggestions(session, coder, assignment.id, dimension.id)
            _decide(session, coder, assignment, told, decision.decision, decision.became, dimension)
    drafts = session.execute(
        select(Assignment)
        .join(
            AssignmentWork,
            (AssignmentWork.study_id == Assignment.study_id) & (AssignmentWork.assignment_id == Assignment.id),
        )
        .where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            AssignmentWork.state == "draft",
        )
    ).scalars()
    by_member = {viewer.member.id: viewer for viewer in people.values()}
    for assignment in drafts.all():
        submit(session, by_member[assignment.member_id], assignment)


def assignment_of(session: Session, coder: Viewer, coding_round: Round, incident: Incident) -> Assignment:
    return session.scalars(
        select(Assignment).where(
            Assignment.study_id == coding_round.study_id,
            Assignment.round_id == coding_round.id,
            Assignment.member_id == coder.member.id,
            Assignment.incident_id == incident.id,
        )
    ).one()


def dimension_named(codebook: Codebook, name: str) -> DimensionEntry:
    return next(dimension for dimension in codebook.dimensions if dimension.name == name)


def code_id(codebook: Codebook, dimension: DimensionEntry, name: str) -> int | None:
    return next((code.id for code in codebook.appliable(dimension.id) if code.name == name), None)


def _answer(
    session: Session,
    coder: Viewer,
    assignment: Assignment,
    incident: Incident,
    told: SampleAnswer,
    content: SampleContent,
) -> None:
    codebook = whole_codebook(session, coder.study.id)
    dimension = dimension_named(codebook, told.dimension)
    if told.state != "coded":
        act(session, coder, assignment, "answer", dimension_id=dimension.id, state=told.state)
        return
    applied = {name: _apply(session, coder, assignment, codebook, dimension, name, content) for name in told.codes}
    if told.main and dimension.has_main:
        act(session, coder, assignment, "set_main", dimension_id=dimension.id, code_id=applied[told.main])
    for evidence in told.evidence:
        act(
            session,
            coder,
            assignment,
            "add_evidence",
            dimension_id=dimension.id,
            code_id=applied[evidence.code],
            start=evidence.start,
            end=evidence.end,
            quote=evidence.quote,
        )


def _apply(
    session: Session,
    coder: Viewer,
    assignment: Assignment,
    codebook: Codebook,
    dimension: DimensionEntry,
    name: str,
    content: SampleContent,
) -> int:
    found = code_id(codebook, dimension, name)
    if found is not None:
        act(session, coder, assignment, "toggle_code", dimension_id=dimension.id, code_id=found)
        return found
    told = next(code for code in content.new_codes if code.name == name and code.dimension == dimension.name)
    category = next(
        (c.id for c in codebook.codes.values() if c.is_category and c.name == told.category),
        None,
    )
    answer = act(session, coder, assignment, "create_code", dimension_id=dimension.id, name=name, parent_id=category)
    return answer.code_id or 0


def _decide(
    session: Session,
    coder: Viewer,
    assignment: Assignment,
    told: SampleSuggestion,
    decision: str,
    became: tuple[str, ...],
    dimension: DimensionEntry,
) -> None:
    """What the answer held afterwards is reached by accepting, changing or rejecting each offered code."""
    codebook = whole_codebook(session, coder.study.id)
    left = [name for name in became if name not in told.codes]
    for suggestion in _offered(session, coder, assignment, dimension):
        name = codebook.codes[suggestion.code_id].name if suggestion.code_id else suggestion.new_code_name
        if decision == "rejected":
            choice = Choice("reject")
        elif name in became or not left:
            choice = Choice("accept")
        else:
            choice = Choice("change", code_id=code_id(codebook, dimension, left.pop()))
        decide(session, coder, assignment.id, suggestion.id, choice, Acting(uuid4(), _newest(session, assignment), TAB))


def _offered(session: Session, coder: Viewer, assignment: Assignment, dimension: DimensionEntry) -> list[Suggestion]:
    return list(
        session.scalars(
            select(Suggestion)
            .join(
                RunIncident,
                (RunIncident.study_id == Suggestion.study_id)
                & (RunIncident.run_id == Suggestion.run_id)
                & (RunIncident.incident_id == Suggestion.incident_id),
            )
            .where(
                Suggestion.study_id == coder.study.id,
                Suggestion.incident_id == assignment.incident_id,
                Suggestion.dimension_id == dimension.id,
            )
            .order_by(Suggestion.ordinal, Suggestion.id)
        )
    )


def _newest(session: Session, assignment: Assignment) -> Any:
    return session.scalar(
        select(Act.act_id)
        .where(Act.study_id == assignment.study_id, Act.assignment_id == assignment.id)
        .order_by(Act.id.desc())
        .limit(1)
    )
