"""Rounds, who had what in which arm, and the model's part of a study, as plain files of its copy: every column of every
row, so that it reads back equal.

Without keys of endpoints. What a model said stays out where whoever takes the copy may not read it, and is marked so.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import Session

from app.adjudication.settling_models import SettlingChoice
from app.codebook.models import CodebookVersion
from app.coding.models import Exposure
from app.curation.help_models import CodebookHelp, HelpDecision
from app.db.base import Base
from app.export.ledger import QUOTES, Reading
from app.export.streamed import as_json
from app.export.writing import ExportFile
from app.incidents.models import IncidentExclusion
from app.ledger.models import ModelAccount, ModelCall, ModelEndpoint
from app.rounds.models import Assignment, Round, RoundCoder, RoundIncident, RoundLook, RoundPhaseChange
from app.suggestions.batch_models import BatchLine, ModelBatch
from app.suggestions.models import PromptTemplate, RunIncident, Suggestion, SuggestionDecision, SuggestionRun
from app.suggestions.queries import SUBJECT, tells_what_was_said

FILES: dict[str, type[Base]] = {
    "codebook-versions.jsonl": CodebookVersion,
    "incident-exclusions.jsonl": IncidentExclusion,
    "rounds.jsonl": Round,
    "round-phases.jsonl": RoundPhaseChange,
    "round-incidents.jsonl": RoundIncident,
    "round-coders.jsonl": RoundCoder,
    "round-looks.jsonl": RoundLook,
    "settling-choices.jsonl": SettlingChoice,
    "assignments.jsonl": Assignment,
    "model-endpoints.jsonl": ModelEndpoint,
    "model-accounts.jsonl": ModelAccount,
    "prompt-templates.jsonl": PromptTemplate,
    "suggestion-runs.jsonl": SuggestionRun,
    "run-incidents.jsonl": RunIncident,
    "model-batches.jsonl": ModelBatch,
    "batch-lines.jsonl": BatchLine,
    "model-calls.jsonl": ModelCall,
    "suggestions.jsonl": Suggestion,
    "suggestion-decisions.jsonl": SuggestionDecision,
    "exposures.jsonl": Exposure,
    "codebook-help.jsonl": CodebookHelp,
    "codebook-help-decisions.jsonl": HelpDecision,
}
WITHHELD = "withheld"
Row = dict[str, Any]


def suggestion_files(session: Session, study_id: int, reading: Reading) -> list[ExportFile]:
    """Nothing where there is nothing to put into it."""
    of_run = _runs_of_incidents(session, study_id)
    files = []
    for name, model in FILES.items():
        rows = (_left(row, model, reading, of_run) for row in _rows(session, model, study_id))
        content = "".join(f"{as_json(row)}\n" for row in rows if row is not None)
        if content:
            files.append(ExportFile(name, "", content.encode()))
    return files


def rows_read(name: str, content: bytes) -> list[Row]:
    """The rows of one of these files, each column of the type that the database gives it."""
    mapper: Any = inspect(FILES[name])
    kinds = {attribute.key: attribute.columns[0].type.python_type for attribute in mapper.column_attrs}
    return [
        {key: _typed(value, kinds[key]) for key, value in json.loads(line).items() if key != WITHHELD}
        for line in content.decode().splitlines()
    ]


def _rows(session: Session, model: type[Base], study_id: int) -> Iterator[Row]:
    mapper: Any = inspect(model)
    table: Any = model
    query: Select[Any] = select(table).where(table.study_id == study_id).order_by(table.id)
    for parts in session.scalars(query.execution_options(yield_per=500)).partitions():
        for each in parts:
            yield {attribute.key: getattr(each, attribute.key) for attribute in mapper.column_attrs}


def _left(row: Row, model: type[Base], reading: Reading, of_run: Mapping[int, int]) -> Row | None:
    """What of it goes into the file; None: nothing."""
    if model is ModelEndpoint:
        return row | {"key": ""}
    if model is Suggestion:
        return row if reading.runs[row["run_id"]].round_id in reading.rounds else None
    if model is ModelCall:
        return _call(row, reading, of_run)
    if model is CodebookHelp and row["id"] not in reading.helps:
        return row | {"proposal": None, "problem": "", WITHHELD: QUOTES}
    if model is BatchLine and reading.runs[of_run[row["run_incident_id"]]].round_id not in reading.rounds:
        return row | {"question": "", WITHHELD: reading.why_not}  # it may repeat what was said
    return row


def _call(row: Row, reading: Reading, of_run: Mapping[int, int]) -> Row:
    run_id = of_run.get(row["subject_id"]) if row["subject_kind"] == SUBJECT else None
    run = reading.runs.get(run_id) if run_id is not None else None
    call = ModelCall(subject_kind=row["subject_kind"], subject_id=row["subject_id"], purpose=row["purpose"])
    why = reading.withheld(call, run)
    if not why or row["subject_kind"] not in (SUBJECT, "codebook_help"):
        return row
    kept = row | {"raw_answer": "", "problem": "", WITHHELD: why}
    return (
        kept
        if run is not None and not tells_what_was_said(call, run)
        else kept | dict.fromkeys(("system_prompt", "user_prompt"), "")
    )


def _runs_of_incidents(session: Session, study_id: int) -> dict[int, int]:
    rows: Iterable[Any] = session.execute(
        select(RunIncident.id, RunIncident.run_id).where(RunIncident.study_id == study_id)
    )
    return {key: run_id for key, run_id in rows}  # noqa: C416


def _typed(value: object, kind: type) -> object:
    if value is None:
        return None
    if kind is datetime:
        return datetime.fromisoformat(str(value))
    return kind(str(value)) if kind in (Decimal, UUID) else value
