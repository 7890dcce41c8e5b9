"""Taking out the ledger and the suggestions. What leaves is recorded as exposure before it leaves (promise 3)."""

from collections.abc import Collection

from sqlalchemy import BigInteger, ColumnElement, Text, and_, cast, exists, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_unless
from sqlalchemy.orm import Session

from app.coding.exposures import expose, lock_exposures_of
from app.coding.models import Exposure, Submission
from app.export.actions import NoSuchForm
from app.export.disclosure import disclosure
from app.export.disclosure_facts import gathered
from app.export.disclosure_files import latex, markdown
from app.export.ledger import Reading, ledger_file, reading_of
from app.export.queries import open_rounds
from app.export.suggestions import suggestions_file
from app.export.writing import ExportFile, LargeFile
from app.ledger.models import ModelCall
from app.problems import Invalid
from app.rounds.models import Assignment
from app.studies.events import record
from app.studies.models import Study
from app.studies.viewer import Viewer, check_leads
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.opening import expose_examples, reply_note
from app.suggestions.queries import SUBJECT
from app.suggestions.validity_figures import EPSILONS

REPLY = reply_note(0).removesuffix("0")
DISCLOSURES = {
    "markdown": ("md", "text/markdown; charset=utf-8", markdown),
    "latex": ("tex", "application/x-tex", latex),
}


class NoSuchAnnotators(Invalid):
    """Say who the coders are: experts, skilled coders or crowd workers."""


class NoOpenSuggestions(Invalid):
    """Nothing can be taken out yet: what was decided about suggestions leaves once the coding of a round has ended."""


def ledger_export(session: Session, study: Study, *, format: str, texts: bool) -> LargeFile:
    """For the operator's command line; people come through `taken_ledger`."""
    return ledger_file(session, study, None, LedgerFilter(), format=format, texts=texts)


def suggestions_export(session: Session, study: Study, *, format: str) -> LargeFile:
    """For the operator's command line; people come through `taken_suggestions`."""
    if not open_rounds(session, study.id):
        raise NoOpenSuggestions
    return suggestions_file(session, study, format=format)


def taken_ledger(session: Session, viewer: Viewer, wanted: LedgerFilter, *, format: str, texts: bool) -> LargeFile:
    check_leads(viewer)
    study = session.get_one(Study, viewer.study.id)
    if texts:
        expose_replies(session, viewer, reading_of(session, study, viewer), wanted)
    file = ledger_file(session, study, viewer, wanted, format=format, texts=texts)
    record(session, study.id, viewer.member, "ledger.exported", form=format, texts=texts, only=wanted.fields())
    return file


def taken_suggestions(session: Session, viewer: Viewer, *, format: str) -> LargeFile:
    check_leads(viewer)
    study = session.get_one(Study, viewer.study.id)
    opened = {each.id for each in open_rounds(session, study.id)}
    if not opened:
        raise NoOpenSuggestions
    expose_suggestions(session, viewer, opened)
    expose(session, study.id, viewer.member.id, _coded_by_others(session, viewer, opened), note="export")
    file = suggestions_file(session, study, format=format)
    record(session, study.id, viewer.member, "suggestions.exported", form=format)
    return file


def taken_disclosure(
    session: Session, viewer: Viewer, *, format: str, annotators: str, hosts: bool, prompts: bool
) -> ExportFile:
    """It tells counts and figures and nothing that a model said of an incident, so it exposes nothing."""
    check_leads(viewer)
    if format not in DISCLOSURES:
        raise NoSuchForm
    if annotators not in EPSILONS:
        raise NoSuchAnnotators
    ending, media_type, written = DISCLOSURES[format]
    content = written(disclosure(gathered(session, viewer, annotators=annotators), hosts=hosts, prompts=prompts))
    record(
        session, viewer.study.id, viewer.member, "disclosure.exported",
        form=format, annotators=annotators, hosts=hosts, prompts=prompts,
    )  # fmt: skip
    return ExportFile(f"{viewer.study.slug}-model-disclosure.{ending}", media_type, content)


def expose_suggestions(session: Session, viewer: Viewer, round_ids: Collection[int]) -> None:
    """All that a model said in these rounds, in the database: there may be hundreds of thousands."""
    _expose_suggestions(session, viewer, SuggestionRun.round_id.in_(round_ids))


def expose_replies(session: Session, viewer: Viewer, reading: Reading, wanted: LedgerFilter) -> None:
    """Of the calls that are wanted, those whose words the viewer may read: what each said of its incident."""
    study_id, member_id = viewer.study.id, viewer.member.id
    lock_exposures_of(session, study_id, member_id)
    said = (
        select(RunIncident.id, RunIncident.incident_id, RunIncident.run_id, ModelCall.id.label("call_id"))
        .join(ModelCall, (ModelCall.study_id == RunIncident.study_id) & (ModelCall.subject_id == RunIncident.id))
        .join(
            SuggestionRun, and_(SuggestionRun.study_id == RunIncident.study_id, SuggestionRun.id == RunIncident.run_id)
        )
        .where(
            *wanted.conditions(study_id),
            ModelCall.subject_kind == SUBJECT,
            SuggestionRun.round_id.in_(reading.rounds),
        )
        .subquery()
    )
    offered = (
        exists()
        .where(said.c.incident_id == Suggestion.incident_id, said.c.run_id == Suggestion.run_id)
        .correlate(Suggestion)
    )
    _expose_suggestions(session, viewer, offered)
    note = func.concat(literal(REPLY), cast(said.c.call_id, Text))
    known = exists().where(
        Exposure.study_id == study_id,
        Exposure.member_id == member_id,
        Exposure.incident_id == said.c.incident_id,
        Exposure.note == note,
    )
    notes = select(
        literal(study_id, BigInteger), literal(member_id, BigInteger), said.c.incident_id, literal("suggestion"), note
    ).where(~known)
    session.execute(insert(Exposure).from_select(["study_id", "member_id", "incident_id", "kind", "note"], notes))
    runs = [run for run in reading.runs.values() if run.round_id in reading.rounds]
    expose_examples(session, viewer, {key for run in runs for key in run.example_incident_ids})


def _expose_suggestions(session: Session, viewer: Viewer, which: ColumnElement[bool]) -> None:
    study_id, member_id = viewer.study.id, viewer.member.id
    lock_exposures_of(session, study_id, member_id)
    shown = (
        select(
            literal(study_id, BigInteger),
            literal(member_id, BigInteger),
            Suggestion.incident_id,
            literal("suggestion"),
            Suggestion.id,
            literal("export"),
        )
        .join(SuggestionRun, and_(SuggestionRun.study_id == Suggestion.study_id, SuggestionRun.id == Suggestion.run_id))
        .where(Suggestion.study_id == study_id, which)
    )
    columns = ["study_id", "member_id", "incident_id", "kind", "subject_id", "note"]
    session.execute(insert_unless(Exposure).from_select(columns, shown).on_conflict_do_nothing())


def _coded_by_others(session: Session, viewer: Viewer, round_ids: Collection[int]) -> list[tuple[int, str, int]]:
    """What a decision became is a colleague's code."""
    rows = session.execute(
        select(Submission.incident_id, Submission.id)
        .join(Assignment, (Assignment.study_id == Submission.study_id) & (Assignment.id == Submission.assignment_id))
        .where(
            Submission.study_id == viewer.study.id,
            Assignment.round_id.in_(round_ids),
            Submission.member_id != viewer.member.id,
        )
        .order_by(Submission.id)
    )
    return [(incident_id, "colleague_code", key) for incident_id, key in rows]
