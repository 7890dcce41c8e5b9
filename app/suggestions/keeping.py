"""Writing what was offered, and where that leaves the run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.base import now
from app.methods.redaction import Redacted
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.prompt import RunPrompt
from app.suggestions.quotes import stored_quotes
from app.suggestions.reply import DimensionReply, Reading
from app.web.push import notify

UNREADABLE = "The model's reply could not be read, also when it was asked again. It is kept; code this one by hand."


@dataclass(frozen=True)
class Reply:
    """A reply that is in the ledger."""

    call_id: int
    text: str
    reading: Reading


def locked(session: Session, study_id: int, run_id: int, run_incident_id: int) -> tuple[SuggestionRun, RunIncident]:
    """The run first, so that two that finish at the same moment see each other."""
    run = select(SuggestionRun).where(SuggestionRun.study_id == study_id, SuggestionRun.id == run_id)
    row = select(RunIncident).where(RunIncident.study_id == study_id, RunIncident.id == run_incident_id)
    fresh = {"populate_existing": True}
    return (
        session.scalars(run.with_for_update().execution_options(**fresh)).one(),
        session.scalars(row.with_for_update().execution_options(**fresh)).one(),
    )


def keep_reading(
    session: Session, run: SuggestionRun, row: RunIncident, text: Redacted, prompt: RunPrompt, replies: Sequence[Reply]
) -> None:
    """The dimensions that could be read, each with the call that offered it. What is there already stays alone."""
    if row.state != "waiting":
        return
    call_of: dict[int, int] = {}
    offered: list[DimensionReply] = []
    for reply in replies:
        new = [one for one in reply.reading.dimensions if one.dimension_id not in call_of]
        call_of |= {one.dimension_id: reply.call_id for one in new}
        offered += new
    for one in offered:
        session.add_all(_rows(row, text, one, call_of[one.dimension_id]))
    missing = [dimension.name for dimension in prompt.dimensions if dimension.id not in call_of]
    row.unread_dimension_ids = [dimension.id for dimension in prompt.dimensions if dimension.id not in call_of]
    if not offered:
        finish(session, run, row, "failed", UNREADABLE)
    else:
        finish(session, run, row, "done", f"Could not be read: {', '.join(missing)}." if missing else "")


def finish(session: Session, run: SuggestionRun, row: RunIncident, state: str, problem: str) -> None:
    row.state, row.problem, row.changed_at = state, problem, now()
    session.flush()
    waiting = session.scalar(
        select(func.count())
        .select_from(RunIncident)
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id, RunIncident.state == "waiting")
    )
    if not waiting:
        run.state, run.ended_at = "done", now()
    tell_watchers(session, run.study_id, run.id)


def tell_watchers(session: Session, study_id: int, run_id: int) -> None:
    """A hint and no more: the page reads from the database what there is to see."""
    round_id = session.scalars(
        select(SuggestionRun.round_id).where(SuggestionRun.study_id == study_id, SuggestionRun.id == run_id)
    ).one()
    notify(session, topic_of(round_id))


def topic_of(round_id: int) -> str:
    return f"suggestions:{round_id}"


def _rows(row: RunIncident, text: Redacted, offered: DimensionReply, call_id: int) -> Iterable[Suggestion]:
    quotes = stored_quotes(text, offered.quotes)
    codes = [(code_id, None, "") for code_id in offered.code_ids]
    new = [(None, code.name, code.definition) for code in offered.new_codes]
    for ordinal, (code_id, name, definition) in enumerate([*codes, *new], start=1):
        yield Suggestion(
            study_id=row.study_id,
            run_id=row.run_id,
            incident_id=row.incident_id,
            dimension_id=offered.dimension_id,
            model_call_id=call_id,
            ordinal=ordinal,
            code_id=code_id,
            new_code_name=name,
            new_code_definition=definition,
            reasoning=offered.reasoning,
            quotes=quotes,
        )
