"""What a memo is about, by the name that addresses and forms give it: `study`, `code-7`, `incident-5`, `quote-9`."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import visible_codebook
from app.coding.models import CodeApplication, Evidence, Memo
from app.incidents import queries as incidents
from app.problems import NotFound
from app.rounds.models import Assignment
from app.rounds.queries import own_assignment
from app.studies.viewer import Viewer
from app.web.forms import whole_number


@dataclass(frozen=True)
class Subject:
    """name: as above. words: as pages call it. A quote is named by its evidence, and held by its place."""

    name: str
    kind: str
    words: str
    url: str
    incident_id: int | None = None
    code_id: int | None = None
    assignment_id: int | None = None
    start: int | None = None
    end: int | None = None
    quote: str | None = None

    @property
    def subject_id(self) -> int | None:
        return {"incident": self.incident_id, "code": self.code_id}.get(self.kind)

    def is_of(self, memo: Memo) -> bool:
        if memo.subject_kind != self.kind:
            return False
        if self.kind == "quote":
            of_memo = (memo.assignment_id, memo.code_id, memo.start, memo.end)
            return of_memo == (self.assignment_id, self.code_id, self.start, self.end)
        return (memo.incident_id, memo.code_id) == (self.incident_id, self.code_id)


def subject_named(session: Session, viewer: Viewer, name: str) -> Subject:
    """Raises NotFound for what there is not, and for what the viewer may not see."""
    kind, _, typed = name.partition("-")
    key = whole_number(typed)
    home = f"/studies/{viewer.study.slug}"
    if name == "study":
        return Subject(name, "study", "the study", f"{home}/memos?kind=study")
    if kind == "code" and key is not None:
        return _code(session, viewer, name, key)
    if kind == "incident" and key is not None:
        return _incident(session, viewer, name, key)
    if kind == "quote" and key is not None:
        return _quote(session, viewer, name, key)
    raise NotFound


def _code(session: Session, viewer: Viewer, name: str, code_id: int) -> Subject:
    code = visible_codebook(session, viewer.study.id, viewer.member.id).codes.get(code_id)
    if code is None:
        raise NotFound
    url = f"/studies/{viewer.study.slug}/codebook/codes/{code_id}"
    return Subject(name, "code", code.name, url, code_id=code_id)


def _incident(session: Session, viewer: Viewer, name: str, incident_id: int) -> Subject:
    incident = incidents.incident(session, viewer.study.id, incident_id)
    url = f"/studies/{viewer.study.slug}/incidents/{incident_id}"
    return Subject(name, "incident", f"{incident.label} {incident.title}".strip(), url, incident_id=incident_id)


def _quote(session: Session, viewer: Viewer, name: str, evidence_id: int) -> Subject:
    """Of one's own evidence only."""
    of_code = (CodeApplication.study_id == Evidence.study_id) & (CodeApplication.id == Evidence.code_application_id)
    row = session.execute(
        select(Evidence, CodeApplication.code_id)
        .join(CodeApplication, of_code)
        .where(Evidence.study_id == viewer.study.id, Evidence.id == evidence_id)
    ).first()
    if row is None:
        raise NotFound
    evidence, code_id = row
    assignment: Assignment = own_assignment(session, viewer.study.id, viewer.member.id, evidence.assignment_id)[0]
    return Subject(
        name,
        "quote",
        f"“{evidence.quote}”",
        f"/studies/{viewer.study.slug}/assignments/{assignment.id}",
        incident_id=assignment.incident_id,
        code_id=code_id,
        assignment_id=assignment.id,
        start=evidence.start,
        end=evidence.end,
        quote=evidence.quote,
    )
