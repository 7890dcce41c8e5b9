"""The ledger as its lead sees it: calls, one call whole, and what they come to.

What a model said, also where the prompt of a repair or the examples of a run say it, is in none of it unless this lead
may read it and has opened it (promise 3). Calls of the codebook's help are shown where that help is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from app.ledger.actions import prompt_sha256
from app.ledger.models import OUTCOMES, ModelCall
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions import ledger_queries as ledger
from app.suggestions import queries
from app.suggestions.ledger_decisions import Decided, decided_by_run
from app.suggestions.ledger_filter import DEAR, NEWEST, THIS_SERVER, LedgerFilter
from app.suggestions.ledger_queries import Place, Sums
from app.suggestions.ledger_words import OUTCOMES as OUTCOME_WORDS
from app.suggestions.ledger_words import OWN_WORDS, PURPOSES, outcome_words, purpose_words
from app.suggestions.models import SuggestionRun
from app.suggestions.opening import reply_note
from app.suggestions.policy import may_read

HELP = "codebook_help"  # what curation's calls are about
Option = tuple[str, str]


@dataclass(frozen=True)
class Line:
    """One call in the list. place None: it is about no incident. help_id: the asking about the codebook it is of."""

    id: int
    at: datetime
    purpose: str
    outcome: str
    outcome_key: str
    attempt: int
    sample: int
    requests: int
    model_asked: str
    model_answered: str
    endpoint: str
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: Decimal | None
    seconds: float | None
    place: Place | None
    help_id: int | None


@dataclass(frozen=True)
class Choices:
    runs: Sequence[Option]
    rounds: Sequence[Option]
    models: Sequence[Option]
    endpoints: Sequence[Option]
    purposes: Sequence[Option]
    outcomes: Sequence[Option]
    orders: Sequence[Option]


@dataclass(frozen=True)
class LedgerPage:
    wanted: LedgerFilter
    lines: Sequence[Line]
    after: int | None
    is_first: bool
    choices: Choices


@dataclass(frozen=True)
class TotalsPage:
    """by_decision: of runs whose round is open to others. veiled: runs whose round is not."""

    wanted: LedgerFilter
    choices: Choices
    whole: Sums
    by_run: Sequence[tuple[SuggestionRun | None, Round | None, Sums]]
    by_model: Sequence[tuple[str, Sums]]
    by_purpose: Sequence[tuple[str, Sums]]
    by_outcome: Sequence[tuple[str, Sums]]
    by_day: Sequence[tuple[date, Sums]]
    by_decision: Sequence[tuple[SuggestionRun, Round, Decided]]
    decided_by_model: Sequence[tuple[str, Decided]]
    veiled: int


@dataclass(frozen=True)
class OneCall:
    """opening: 'open' where all of it is shown, 'closed' where it can be opened, 'veiled' where it cannot yet be,
    'elsewhere' where another page shows it, 'nothing' where there is nothing but the prompt.

    prompts None: they tell what a model or people said, and were not opened. is_whole: the stored prompts still have
    the hash that was stored with them.
    """

    line: Line
    call: ModelCall
    asked_by: str
    opening: str
    prompts: tuple[str, str] | None
    raw: str
    problem: str
    is_whole: bool
    examples: int

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.call.parameters.items() if name != "dropped"]

    @property
    def dropped(self) -> list[str]:
        return [str(each) for each in self.call.parameters.get("dropped", ())]


def ledger_page(session: Session, viewer: Viewer, wanted: LedgerFilter, *, after: int | None) -> LedgerPage:
    rows, further = ledger.calls_page(session, viewer.study.id, wanted, after=after)
    subjects = [row.subject_id for row in rows if row.subject_kind == queries.SUBJECT]
    places = ledger.places_of(session, viewer.study.id, subjects)
    endpoints = ledger.endpoint_names(session, viewer.study.id)
    return LedgerPage(
        wanted=wanted,
        lines=[line_of(row, places, endpoints) for row in rows],
        after=further,
        is_first=after is None,
        choices=_choices(session, viewer.study.id, wanted, endpoints),
    )


def line_of(row: Any, places: Mapping[int, Place], endpoints: Mapping[int, str]) -> Line:
    """row: a call, or its columns as the list reads them."""
    subject = row.subject_id
    return Line(
        id=row.id,
        at=row.at,
        purpose=purpose_words(row.purpose),
        outcome=outcome_words(row.outcome),
        outcome_key=row.outcome,
        attempt=row.attempt,
        sample=row.sample,
        requests=row.requests,
        model_asked=row.model_asked,
        model_answered=row.model_answered,
        endpoint=endpoints.get(row.endpoint_id, "") if row.endpoint_id is not None else "",
        input_tokens=row.input_tokens,
        cached_tokens=row.cached_tokens,
        output_tokens=row.output_tokens,
        reasoning_tokens=row.reasoning_tokens,
        cost_usd=row.cost_usd,
        seconds=row.seconds,
        place=places.get(subject) if subject is not None and row.subject_kind == queries.SUBJECT else None,
        help_id=subject if row.subject_kind == HELP else None,
    )


def one_call(session: Session, viewer: Viewer, call_id: int) -> OneCall:
    study_id = viewer.study.id
    call = ledger.call_by_id(session, study_id, call_id)
    if call is None:
        raise NotFound
    subjects = [call.subject_id] if call.subject_id is not None and call.subject_kind == queries.SUBJECT else []
    line = line_of(call, ledger.places_of(session, study_id, subjects), ledger.endpoint_names(session, study_id))
    opening = _opening(session, viewer, call, line.place)
    tells = queries.tells_what_was_said(call, line.place.run if line.place else None)
    may_see_prompt = opening in ("open", "nothing") or (opening != "elsewhere" and not tells)
    members = members_by_id(session, study_id)
    return OneCall(
        line=line,
        call=call,
        asked_by=members[call.member_id].name if call.member_id in members else "",
        opening=opening,
        prompts=(call.system_prompt, call.user_prompt) if may_see_prompt else None,
        raw=call.raw_answer if opening == "open" else "",
        problem=call.problem if opening == "open" or call.outcome in OWN_WORDS else "",
        is_whole=prompt_sha256(call.system_prompt, call.user_prompt) == call.prompt_sha256,
        examples=len(line.place.run.example_incident_ids) if line.place else 0,
    )


def _opening(session: Session, viewer: Viewer, call: ModelCall, place: Place | None) -> str:
    if call.subject_kind == HELP:
        return "elsewhere"
    if place is None:
        return "veiled"
    if not call.raw_answer and not queries.tells_what_was_said(call, place.run):
        return "nothing"
    if not may_read(session, viewer, place.coding_round):
        return "veiled"
    notes = queries.exposure_notes(session, viewer.study.id, viewer.member.id)
    return "open" if reply_note(call.id) in notes else "closed"


def totals_page(session: Session, viewer: Viewer, wanted: LedgerFilter) -> TotalsPage:
    study_id = viewer.study.id
    found = ledger.totals(session, study_id, wanted)
    runs = {run.id: (run, coding_round) for run, coding_round in ledger.runs_with_rounds(session, study_id)}
    opened = {each.id for each in rounds_of(session, study_id) if is_open_to_others(each)}
    decided = decided_by_run(session, study_id, opened)
    purposes = sorted(found.by_purpose, key=_purpose_place)
    told = [(*runs[key], decided[key]) for key in sorted(decided, reverse=True) if key in found.by_run]
    return TotalsPage(
        wanted=wanted,
        choices=_choices(session, study_id, wanted, ledger.endpoint_names(session, study_id)),
        whole=found.whole,
        by_run=[
            (*(runs[key] if key is not None else (None, None)), found.by_run[key])
            for key in sorted(found.by_run, key=lambda key: -(key or 0))
        ],
        by_model=sorted(found.by_model.items()),
        by_purpose=[(purpose_words(key), found.by_purpose[key]) for key in purposes],
        by_outcome=[(outcome_words(key), found.by_outcome[key]) for key in OUTCOMES if key in found.by_outcome],
        by_day=sorted(found.by_day.items(), reverse=True),
        by_decision=told,
        decided_by_model=_by_model(told),
        veiled=sum(1 for key in found.by_run if key is not None and runs[key][1].id not in opened),
    )


def _by_model(told: Sequence[tuple[SuggestionRun, Round, Decided]]) -> list[tuple[str, Decided]]:
    sums: dict[str, Decided] = {}
    for run, _, decided in told:
        name = run.model or purpose_words(run.source)
        sums[name] = sums.get(name, Decided()) + decided
    return sorted(sums.items())


def _purpose_place(purpose: str) -> tuple[int, str]:
    known = list(PURPOSES)
    return (known.index(purpose) if purpose in known else len(known), purpose)


def _choices(session: Session, study_id: int, wanted: LedgerFilter, endpoints: Mapping[int, str]) -> Choices:
    runs = ledger.runs_with_rounds(session, study_id)
    rounds = {coding_round.number: coding_round.name for _, coding_round in runs}
    models = {run.model for run, _ in runs if run.model} | ({wanted.model} if wanted.model else set())
    purposes = dict.fromkeys([*PURPOSES, *([wanted.purpose] if wanted.purpose else [])])
    named = [(str(key), name) for key, name in endpoints.items()]
    return Choices(
        runs=[("", "all"), *((str(run.id), run_name(run)) for run, _ in runs)],
        rounds=[("", "all"), *((str(number), f"{number} · {name}") for number, name in sorted(rounds.items()))],
        models=[("", "all"), *((name, name) for name in sorted(models))],
        endpoints=[("", "all"), (THIS_SERVER, "of this server"), *named],
        purposes=[("", "all"), *((name, purpose_words(name)) for name in purposes)],
        outcomes=[("", "all"), *OUTCOME_WORDS.items()],
        orders=[(NEWEST, "newest first"), (DEAR, "dearest first")],
    )


def run_name(run: SuggestionRun) -> str:
    return f"run {run.id}: {run.model or purpose_words(run.source)}"
