"""Everything that belongs to a study is in its copy, or is named with a reason; and goes when the study is deleted."""

from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Enum, select, text
from sqlalchemy import Table as Rows
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

import app.models
from app.db.base import rows_of as table_of
from app.export.deletion import COPIED, delete_study, last_call
from app.export.left_out import LEFT_OUT
from app.export.suggestion_copy import FILES
from app.ledger.models import ModelGate
from app.studies.events import record
from tests import makers
from tests.export.test_deletion import rows_of
from tests.support.endpoints import make_endpoint

NUMBERS = count(10**6)

# By table, what files of the copy tell beside those that hold every column. An id is told where others name it by it.
HELD = {
    "codes": "origin source",
    "comment_mentions": "comment_id member_id",
    "comments": "round_id incident_id dimension_id parent_id member_id text at",
    "dimensions": "",
    "final_codes": "round_id incident_id dimension_id state code_id is_main basis",
    "incidents": "number source external_id title text cohort service severity url detected_by attributes started_at "
    "detected_at triaged_at mitigated_at resolved_at",
    "meeting_ballots": "item_id number revealed_at revealed_by",
    "meeting_items": "meeting_id incident_id dimension_id taken_up_at left_at outcome ruling_id",
    "meeting_presences": "meeting_id member_id joined_at left_at",
    "meeting_scribes": "meeting_id member_id how since_at until_at",
    "meeting_voted_codes": "vote_id code_id",
    "meeting_votes": "ballot_id member_id is_after_reveal state at",
    "meetings": "round_id dimension_id started_by started_at ended_at ended_by ending",
    "memberships": "kind role name created_at ended_at same_as_id",
    "rule_decisions": "rule_id member_id at codebook_seq text reason",
    "ruled_codes": "ruling_id code_id is_main",
    "ruling_participants": "ruling_id member_id",
    "ruling_rules": "ruling_id code_id kind text",
    "rulings": "round_id incident_id dimension_id member_id at method state cause reason supersedes_id",
    "rulings_taken_back": "ruling_id member_id at reason",
    "stored_figures": "round_id at formulas tandem_version inputs_sha256 inputs figures",
    "studies": "slug title about origin created_at closed_at codebook_seq redacts redacted_words local_models_only "
    "token_cap cost_cap_usd",
    "study_events": "at member_id kind subject_kind subject_id details",
    "submissions": "assignment_id round_id incident_id member_id independent",
    "submitted_answers": "submission_id round_id incident_id dimension_id member_id state",
    "submitted_codes": "answer_id submission_id round_id incident_id dimension_id member_id code_id is_main origin",
    "submitted_evidence": "submitted_code_id quote",
}  # fmt: skip
EVERY_COLUMN = {table_of(model).name for model in FILES.values()}


def of_a_study() -> list[Rows]:
    return [each for each in app.models.metadata.sorted_tables if "study_id" in each.columns or each.name == "studies"]


def test_promise_11_what_belongs_to_a_study_is_in_its_copy_or_named_with_a_reason() -> None:
    forgotten = []
    for table in of_a_study():
        for column in table.columns:
            told = column.name in ("id", "study_id") and table.name in HELD and table.name != "studies"
            told |= table.name in EVERY_COLUMN or column.name in HELD.get(table.name, "").split()
            if not told and not {table.name, f"{table.name}.{column.name}"} & set(LEFT_OUT):
                forgotten.append(f"{table.name}.{column.name}")
    assert forgotten == []


def test_nothing_is_named_as_left_out_that_is_not_there_or_is_held() -> None:
    there = {table.name: set(table.columns.keys()) for table in of_a_study()}
    for name in LEFT_OUT:
        table, _, column = name.partition(".")
        assert table in there and (not column or column in there[table]), name
        assert column not in HELD.get(table, "").split() and (column or table not in HELD), name
    for table, columns in HELD.items():
        assert set(columns.split()) <= there[table] and table not in EVERY_COLUMN, table


# What a row of these must hold besides what it may not be without.
ALSO: dict[str, dict[str, object]] = {
    "codebook_plan_step_codes": {"code_id": 1},
    "codebook_plan_steps": {"into_code_id": 1, "name": ""},
    "evidence": {"start": 0, "end": 1},
    "final_codes": {"state": "none_applies", "basis": "unanimous"},
    "incidents": {"external_id": "INC-1"},
    "memos": {"incident_id": 1},
    "model_endpoints": {"timeout_seconds": 9, "most_at_once": 1},
    "model_batches": {"state": "ended"},
    "suggestion_runs": {"state": "paused"},
    "rounds": {"phase": "settling", "purpose": "calibration"},
    "submissions": {"kind": "submitted", "skip_reason": None},
    "submitted_evidence": {"start": 0, "end": 1},
    "suggestion_decisions": {"decision": "rejected"},
    "suggestions": {"code_id": 1},
}


def a_row_in_every_table(session: Session, study_id: int) -> set[str]:
    """Of a study, whatever it points at; returns the tables. As Postgres copies rows: without keys and triggers."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    filled = set()
    for table in of_a_study():
        if table.name == "studies":
            continue
        session.execute(table.insert().values(values_of(table) | ALSO.get(table.name, {}) | {"study_id": study_id}))
        filled.add(table.name)
    session.execute(text("SET LOCAL session_replication_role = origin"))
    return filled


def values_of(table: Rows) -> dict[str, object]:
    made: dict[str, object] = {}
    for column in table.columns:
        if not column.nullable and column.server_default is None and column.identity is None and not column.computed:
            made[column.name] = a_value(column.type)
    return made


def a_value(kind: TypeEngine[Any]) -> object:
    if isinstance(kind, Enum):
        return kind.enums[0]
    if kind.python_type is int:
        return next(NUMBERS)
    values = {datetime: datetime(2026, 1, 1, tzinfo=UTC), UUID: uuid4(), dict: {}, bytes: b"x", str: str(next(NUMBERS))}
    return values.get(kind.python_type, 1)


def test_a_study_that_has_a_row_in_every_table_goes_whole_and_another_stays_whole(session: Session) -> None:
    lead, other = makers.make_study(session, slug="gone"), makers.make_study(session, slug="stays")
    tables = a_row_in_every_table(session, lead.study.id)
    assert a_row_in_every_table(session, other.study.id) == tables
    endpoint = make_endpoint(session, lead)
    session.add(ModelGate(key=f"endpoint:{endpoint.id}"))
    study_id = lead.study.id
    record(session, study_id, lead.member, COPIED, subject=("study", study_id), last_call=last_call(session, study_id))
    session.flush()
    kept = rows_of(session, other.study.id)

    delete_study(session, lead, typed="gone")

    assert rows_of(session, study_id) == {} and rows_of(session, other.study.id) == kept
    assert set(kept) >= tables and session.scalars(select(ModelGate)).all() == []
