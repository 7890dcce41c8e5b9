"""The lead's page: how far the runs of a round are, what they cost, and each call. What a model said is not in it
unless this lead has opened it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from app.codebook.queries import current_seq, disclosed_codebook
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.llm.marks import preview_mark
from app.llm.port import Question
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import frozen_seq, incidents_of
from app.studies.models import Study
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions import policy, queries
from app.suggestions.leaving import Leaving
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.opening import reply_note
from app.suggestions.prompt import RunPrompt
from app.suggestions.run_prompts import dimensions_to_ask
from app.suggestions.similar import NAME as SIMILAR

OUTCOME_WORDS = {
    "valid": "read",
    "partly_valid": "read in part",
    "invalid": "not readable",
    "refused": "declined",
    "filtered": "stopped by a filter",
    "cut": "cut off",
    "failed": "no answer",
}


@dataclass(frozen=True)
class Call:
    """raw: what the model said, '' unless this lead has opened it. The prompt of a repair holds a reply, too."""

    id: int
    incident: Incident
    attempt: int
    purpose: str
    outcome: str
    problem: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    seconds: float | None
    has_reply: bool
    is_opened: bool
    system_prompt: str
    user_prompt: str
    raw: str

    @property
    def outcome_words(self) -> str:
        return OUTCOME_WORDS[self.outcome]


@dataclass(frozen=True)
class Spent:
    """cost None: no call told what it cost. is_partial: some did not."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    is_partial: bool


@dataclass(frozen=True)
class Run:
    run: SuggestionRun
    asked_by: str
    source: str
    done: int
    waiting: int
    failed: int
    problems: list[tuple[Incident, str]]
    spent: Spent
    calls: list[Call]

    @property
    def total(self) -> int:
        return self.done + self.waiting + self.failed

    @property
    def call_ids(self) -> set[int]:
        return {call.id for call in self.calls}

    @property
    def is_running(self) -> bool:
        return self.run.state == "running"

    @property
    def can_resume(self) -> bool:
        return self.run.state == "paused" or (self.failed > 0 and not self.is_running)


@dataclass(frozen=True)
class RunsPage:
    coding_round: Round
    runs: list[Run]
    left: int
    may_ask: bool
    may_read_replies: bool

    @property
    def is_running(self) -> bool:
        return any(run.is_running for run in self.runs)


def runs_page(session: Session, viewer: Viewer, coding_round: Round) -> RunsPage:
    codes_in_it = queries.codes_in(session, coding_round, viewer.member.id)
    may_read = policy.may_read_replies(coding_round, codes_in_it=codes_in_it)
    names = {key: member.name for key, member in members_by_id(session, viewer.study.id).items()}
    notes = queries.exposure_notes(session, viewer.study.id, viewer.member.id) if may_read else set()
    asked = queries.asked_incident_ids(session, coding_round)
    return RunsPage(
        coding_round=coding_round,
        runs=[_run(session, run, names, notes) for run in queries.runs_of(session, coding_round)],
        left=sum(1 for one in incidents_of(session, coding_round) if one.id not in asked and one.text),
        may_ask=not is_open_to_others(coding_round),
        may_read_replies=may_read,
    )


def is_running(session: Session, coding_round: Round) -> bool:
    return any(run.state == "running" for run in queries.runs_of(session, coding_round))


def sample_question(session: Session, coding_round: Round, parameters: Mapping[str, object]) -> Question | None:
    """What would be sent for the first incident that has not been asked, byte for byte but for the random mark."""
    asked = queries.asked_incident_ids(session, coding_round)
    incidents = [one for one in incidents_of(session, coding_round) if one.text]
    chosen = next((one for one in incidents if one.id not in asked), incidents[0] if incidents else None)
    if chosen is None or chosen.text is None:
        return None
    seq = frozen_seq(session, coding_round)
    seq = seq if seq is not None else current_seq(session, coding_round.study_id)
    codebook = disclosed_codebook(session, coding_round.study_id, seq=seq)
    study = session.get_one(Study, coding_round.study_id)
    leaving = Leaving.of(study)
    prompt = RunPrompt(dimensions_to_ask(codebook, coding_round), parameters)
    text = leaving.of_text(chosen.text).text
    return leaving.of_codebook(prompt.question(text, mark=preview_mark(text)))


def _run(session: Session, run: SuggestionRun, names: Mapping[int, str], notes: set[str]) -> Run:
    rows = queries.run_incidents(session, run)
    calls = queries.calls_of(session, run)
    count = Counter(row.state for row, _ in rows)
    return Run(
        run=run,
        asked_by=names.get(run.asked_by, ""),
        source=run.model if run.source == "model" else SIMILAR,
        done=count["done"],
        waiting=count["waiting"],
        failed=count["failed"],
        problems=[(incident, row.problem) for row, incident in rows if row.problem],
        spent=_spent(calls),
        calls=_calls(calls, rows, notes),
    )


def _spent(calls: Sequence[ModelCall]) -> Spent:
    answered = [call for call in calls if call.output_tokens is not None]
    costs = [call.cost_usd for call in answered if call.cost_usd is not None]
    return Spent(
        calls=len(calls),
        input_tokens=sum(call.input_tokens or 0 for call in answered),
        output_tokens=sum(call.output_tokens or 0 for call in answered),
        cost=sum(costs, Decimal()) if costs else None,
        is_partial=len(costs) < len(answered),
    )


def _calls(calls: Sequence[ModelCall], rows: Sequence[tuple[RunIncident, Incident]], notes: set[str]) -> list[Call]:
    incident_of = {row.id: incident for row, incident in rows}
    return [_call(call, incident_of[call.subject_id], notes) for call in calls if call.subject_id is not None]


def _call(call: ModelCall, incident: Incident, notes: set[str]) -> Call:
    is_opened = reply_note(call.id) in notes
    own_words = call.outcome == "failed"  # of the endpoint, not of the model
    return Call(
        id=call.id,
        incident=incident,
        attempt=call.attempt,
        purpose="asked again for what could not be read" if call.purpose == "repair" else "asked",
        outcome=call.outcome,
        problem=call.problem if own_words or is_opened else "",
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cost_usd=call.cost_usd,
        seconds=call.seconds,
        has_reply=bool(call.raw_answer) or call.purpose == "repair",
        is_opened=is_opened,
        system_prompt=call.system_prompt,
        user_prompt=call.user_prompt if is_opened or call.purpose != "repair" else "",
        raw=call.raw_answer if is_opened else "",
    )
