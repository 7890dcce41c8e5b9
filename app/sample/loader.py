"""The sample study, made through the same actions as any study, so that every page shows what can really happen."""

from dataclasses import dataclass, field
from hashlib import sha256 as sha256_of

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import DEMO_EMAIL, add_person
from app.adjudication.actions import change_phase
from app.codebook.actions import CodeText, edit_code, name_version
from app.codebook.queries import versions, whole_codebook
from app.codebook.template import apply_template
from app.codebook.tree import Codebook, CodeEntry
from app.db.base import now
from app.db.session import Database
from app.incidents.actions import add_rows
from app.incidents.models import Import, Incident
from app.incidents.reading import IncidentRow, row_hash
from app.methods.text import sha256
from app.rounds.actions import RoundPlan, plan_round
from app.rounds.models import Assignment, Round
from app.sample.checks import sample_content
from app.sample.coding import code_assignment, revise_after_suggestions, submit
from app.sample.content import SampleAssignment, SampleContent, SampleIncident, SampleRound
from app.sample.ruling import rule_as_told
from app.sample.suggesting import suggest_as_told, suggest_from_settled, suggest_where_nobody_sees
from app.studies.actions import add_member, create_study
from app.studies.models import Study
from app.studies.viewer import Viewer

SOURCE = "sample"
CLOSING = "The calibration has done its work. What is left here is answered by the reworded definitions."


@dataclass
class Stage:
    """Who and what the loader knows so far, by the names of the content."""

    content: SampleContent
    lead: Viewer
    people: dict[str, Viewer]
    incidents: dict[str, Incident] = field(default_factory=dict)
    rounds: dict[str, Round] = field(default_factory=dict)

    @property
    def study_id(self) -> int:
        return self.lead.study.id

    def codebook(self, session: Session) -> Codebook:
        return whole_codebook(session, self.study_id)


def load_sample(database: Database) -> None:
    """Once: a study that is here already is left as people made it since."""
    content = sample_content()
    with database.reading() as session:
        if session.scalar(select(Study.id).where(Study.slug == content.study_slug)):
            return
    with database.transaction() as session:
        stage = _study_with_incidents(session, content)
        first, *later = content.rounds
        _start(session, stage, first)
        _code(session, stage, first)
    suggest_as_told(database, stage.lead, stage.rounds[first.name], content, stage.incidents)
    with database.transaction() as session:
        stage.rounds[first.name] = session.get_one(Round, stage.rounds[first.name].id)
        revise_after_suggestions(session, stage.people, stage.rounds[first.name], content, stage.incidents)
        _finish(session, stage, first)
        _describe_new_codes(session, stage)
    for sample_round in later:
        with database.transaction() as session:
            _start(session, stage, sample_round)
            _code(session, stage, sample_round)
        if sample_round.arm == "blind":
            coding_round = stage.rounds[sample_round.name]
            suggest_where_nobody_sees(database, stage.lead, coding_round, sample_round, stage.incidents)
        with database.transaction() as session:
            stage.rounds[sample_round.name] = session.get_one(Round, stage.rounds[sample_round.name].id)
            _finish(session, stage, sample_round)
    running = [stage.rounds[told.name] for told in content.rounds if told.phase == "running"]
    for coding_round in running:
        suggest_from_settled(database, stage.lead, coding_round)


def _study_with_incidents(session: Session, content: SampleContent) -> Stage:
    lead_told, *others = content.people
    person = add_person(session, email=DEMO_EMAIL, name=lead_told.name, password=None)
    lead = create_study(
        session,
        person,
        slug=content.study_slug,
        title=content.study_name,
        about=content.study_description,
        origin="sample",
    )
    apply_template(session, lead, "hybrid")
    stage = Stage(content, lead, {lead_told.name: lead})
    for told in others:
        member = add_member(session, lead, name=told.name, role=told.role)
        stage.people[told.name] = Viewer(None, lead.study, member)
    _bring_in(session, stage)
    return stage


def _bring_in(session: Session, stage: Stage) -> None:
    rows = [_row(line, incident) for line, incident in enumerate(stage.content.incidents, start=1)]
    brought = Import(
        study_id=stage.study_id,
        member_id=stage.lead.member.id,
        imported_at=now(),
        file_name="sample incidents",
        file_sha256=sha256_of("".join(row.raw_sha256 for row in rows).encode()).hexdigest(),
        format="sample",
        added=len(rows),
        already_here=0,
    )
    session.add(brought)
    session.flush()
    add_rows(session, stage.study_id, brought.id, rows, source=SOURCE)
    found = session.scalars(select(Incident).where(Incident.study_id == stage.study_id))
    stage.incidents = {incident.external_id or "": incident for incident in found}


def _row(line: int, told: SampleIncident) -> IncidentRow:
    return IncidentRow(
        line=line,
        raw_sha256=row_hash({"external_id": told.external_id, "text": told.text}),
        title=told.title,
        text=told.text,
        text_sha256=sha256(told.text),
        external_id=told.external_id,
        service=told.service,
        severity=told.severity,
        cohort=told.cohort,
        detected_by=told.detected_by,
        started_at=told.started_at,
        detected_at=told.detected_at,
        triaged_at=told.triaged_at,
        mitigated_at=told.mitigated_at,
        resolved_at=told.resolved_at,
        attributes=told.attributes,
    )


def _start(session: Session, stage: Stage, told: SampleRound) -> None:
    coders = [stage.people[name].member.id for name in told.coders]
    if told.phase == "running":
        coders.append(stage.lead.member.id)  # so that whoever opens the demo finds incidents of their own to code
    per_incident = len(told.assignments) // len(told.incidents)
    coding_round = plan_round(
        session,
        stage.lead,
        RoundPlan(
            name=told.name,
            purpose=told.purpose,
            incident_ids=[stage.incidents[name].id for name in told.incidents],
            coder_ids=coders,
            coders_per_incident=per_incident,
            arm=told.arm,
            blind_share=0.0,
            code_sharing=told.code_sharing,
            reveal=told.reveal,
            frozen=told.codebook != "live",
            version_id=_version_id(session, stage, told.codebook),
            seed=told.seed,
            population=len(stage.incidents),
            how_chosen="sample",
        ),
    )
    stage.rounds[told.name] = coding_round
    change_phase(session, stage.lead, coding_round.number, "running")


def _version_id(session: Session, stage: Stage, name: str) -> int | None:
    if name == "live":
        return None
    named = {version.name: version.id for version in versions(session, stage.study_id)}
    if name not in named:
        named[name] = name_version(
            session, stage.study_id, stage.lead.member, name=name, notes="After calibration; frozen for reliability."
        ).id
    return named[name]


def _code(session: Session, stage: Stage, told: SampleRound) -> None:
    """Those who coin a code come first, so that it is there when the other meets it."""
    coining = {(code.created_by, code.incident) for code in stage.content.new_codes if code.round == told.name}
    ordered = sorted(told.assignments, key=lambda one: (one.coder, one.incident) not in coining)
    for assignment in ordered:
        incident = stage.incidents[assignment.incident]
        coder = _holder(session, stage, told, assignment)
        if coder is stage.lead:
            continue
        place = code_assignment(session, coder, stage.rounds[told.name], incident, assignment, stage.content)
        if assignment.status == "submitted":
            submit(session, coder, place)


def _holder(session: Session, stage: Stage, told: SampleRound, assignment: SampleAssignment) -> Viewer:
    """Who holds the incident: single coding deals incidents out by seed, whoever the sample thought of."""
    if told.purpose != "single_coding":
        return stage.people[assignment.coder]
    member_id = session.scalars(
        select(Assignment.member_id).where(
            Assignment.study_id == stage.study_id,
            Assignment.round_id == stage.rounds[told.name].id,
            Assignment.incident_id == stage.incidents[assignment.incident].id,
        )
    ).one()
    return next(viewer for viewer in stage.people.values() if viewer.member.id == member_id)


def _finish(session: Session, stage: Stage, told: SampleRound) -> None:
    number = stage.rounds[told.name].number
    if told.phase == "running":
        return
    change_phase(session, stage.lead, number, "settling")
    rule_as_told(session, stage.people, stage.rounds[told.name], stage.content, stage.incidents)
    if told.phase == "closed":
        change_phase(session, stage.lead, number, "closed", reason=CLOSING)


def _describe_new_codes(session: Session, stage: Stage) -> None:
    """The lead writes down after calibration what the coined codes mean."""
    for told in stage.content.new_codes:
        codebook = stage.codebook(session)
        code = next(c for c in codebook.codes.values() if c.name == told.name and c.is_active)
        edit_code(
            session,
            stage.study_id,
            stage.lead.member,
            code.id,
            CodeText(
                name=told.name,
                definition=told.definition,
                use_when=told.use_when,
                not_when=told.not_when,
                examples=({"text": told.example},),
            ),
            seen_seq=code.codebook_seq,
            parent_id=_category(codebook, code, told.category),
            reason="Agreed in the calibration meeting.",
        )


def _category(codebook: Codebook, code: CodeEntry, name: str) -> int | None:
    beside = (c for c in codebook.codes.values() if c.is_category and c.dimension_id == code.dimension_id)
    return next((c.id for c in beside if c.name == name), None)
