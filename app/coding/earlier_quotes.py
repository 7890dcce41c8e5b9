"""What a coder quoted before under a code: their own evidence in the study, at work and as handed in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CompoundSelect, and_, func, select, union_all
from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.models import CodeApplication, Evidence, Submission, SubmittedCode, SubmittedEvidence
from app.coding.policy import codable_codebook
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer

MOST = 20


@dataclass(frozen=True)
class EarlierQuote:
    """assignment_id: the viewer's own, in which it was quoted last. began_at: of the incident."""

    quote: str
    incident_label: str
    began_at: datetime | None
    assignment_id: int


@dataclass(frozen=True)
class EarlierQuotes:
    """code: None where none was asked for; then one of codes may be chosen."""

    assignment: Assignment
    dimension: DimensionEntry
    codes: list[CodeEntry]
    code: CodeEntry | None
    quotes: list[EarlierQuote]


def earlier_quotes(
    session: Session, viewer: Viewer, assignment_id: int, *, code_id: int | None, dimension_id: int | None
) -> EarlierQuotes:
    """NotFound for a code that the viewer may not see, and for a dimension that the round does not ask.

    Where neither is named it is the first dimension.

    Nothing of the incident at hand is among them: what was quoted in it in an earlier round, or in the other pass of a
    silent repeat, would answer for the coder.
    """
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    codebook = codable_codebook(session, viewer, coding_round)
    code = codebook.codes.get(code_id) if code_id is not None else None
    if code_id is not None and code is None:
        raise NotFound
    first = codebook.dimensions[0].id if codebook.dimensions else None
    wanted = code.dimension_id if code else first if dimension_id is None else dimension_id
    dimension = next((each for each in codebook.dimensions if each.id == wanted), None)
    if dimension is None:
        raise NotFound
    return EarlierQuotes(
        assignment=assignment,
        dimension=dimension,
        codes=codebook.appliable(dimension.id),
        code=code,
        quotes=_quotes(session, viewer, assignment, _lineage(codebook, code)) if code else [],
    )


def _lineage(codebook: Codebook, code: CodeEntry) -> set[int]:
    """The code and those that were merged into it."""
    return {each for each in codebook.codes if codebook.living(each) == code.id} | {code.id}


def _quotes(session: Session, viewer: Viewer, assignment: Assignment, code_ids: Collection[int]) -> list[EarlierQuote]:
    """Newest first; the same words of an incident once."""
    found = _own_evidence(viewer, assignment, code_ids).subquery()
    last = func.max(found.c.at)
    passages = (
        select(
            found.c.incident_id, found.c.quote, func.max(found.c.assignment_id).label("assignment_id"), last.label("at")
        )
        .group_by(found.c.incident_id, found.c.start, found.c.end, found.c.quote)
        .order_by(last.desc(), func.min(found.c.start))
        .limit(MOST)
        .subquery()
    )
    rows = session.execute(
        select(passages.c.quote, passages.c.assignment_id, Incident)
        .join(Incident, and_(Incident.study_id == viewer.study.id, Incident.id == passages.c.incident_id))
        .order_by(passages.c.at.desc(), passages.c.quote)
    )
    return [
        EarlierQuote(quote, incident.label, incident.started_at or incident.detected_at, assignment_id)
        for quote, assignment_id, incident in rows
    ]


def _own_evidence(viewer: Viewer, assignment: Assignment, code_ids: Collection[int]) -> CompoundSelect[int]:
    study_id, member_id = viewer.study.id, viewer.member.id
    columns = (Assignment.incident_id, Assignment.id.label("assignment_id"))
    seen = (
        Assignment.study_id == study_id,
        Assignment.member_id == member_id,
        Assignment.incident_id != assignment.incident_id,
        Round.phase != "planned",
    )
    of_round = and_(Round.study_id == Assignment.study_id, Round.id == Assignment.round_id)
    at_work = (
        select(*columns, Evidence.start, Evidence.end, Evidence.quote, Evidence.at)
        .join(Round, of_round)
        .join(Evidence, and_(Evidence.study_id == study_id, Evidence.assignment_id == Assignment.id))
        .join(
            CodeApplication,
            and_(CodeApplication.study_id == study_id, CodeApplication.id == Evidence.code_application_id),
        )
        .where(*seen, CodeApplication.code_id.in_(code_ids))
    )
    handed_in = (
        select(*columns, SubmittedEvidence.start, SubmittedEvidence.end, SubmittedEvidence.quote, Submission.at)
        .join(Round, of_round)
        .join(Submission, and_(Submission.study_id == study_id, Submission.assignment_id == Assignment.id))
        .join(SubmittedCode, and_(SubmittedCode.study_id == study_id, SubmittedCode.submission_id == Submission.id))
        .join(
            SubmittedEvidence,
            and_(SubmittedEvidence.study_id == study_id, SubmittedEvidence.submitted_code_id == SubmittedCode.id),
        )
        .where(*seen, SubmittedCode.member_id == member_id, SubmittedCode.code_id.in_(code_ids))
    )
    return union_all(at_work, handed_in)
