"""The ledger of a study as rows: every call, with what was said only where whoever takes it may read it."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.curation import help_queries
from app.curation.help_sight import Sight, sight_of
from app.export.naming import Names
from app.export.queries import study_data
from app.export.streamed import rows_file
from app.export.writing import LargeFile
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.rounds.policy import is_open_to_others
from app.rounds.queries import rounds_of
from app.studies.models import Study
from app.studies.viewer import Viewer
from app.suggestions.ledger_filter import LedgerFilter
from app.suggestions.ledger_page import HELP
from app.suggestions.ledger_queries import endpoint_names, runs_with_rounds
from app.suggestions.ledger_words import OWN_WORDS
from app.suggestions.models import RunIncident, SuggestionRun
from app.suggestions.policy import may_read
from app.suggestions.queries import SUBJECT, tells_what_was_said

FACTS = (
    "call", "at", "run", "round", "incident", "incident_number", "asked_for", "about", "about_id", "outcome", "problem",
    "attempt", "sample", "requests", "asked_by", "endpoint", "address", "model_asked", "model_answered", "parameters",
    "dropped", "redaction", "request_id", "fingerprint", "finish_reason", "input_tokens", "cached_tokens",
    "output_tokens", "reasoning_tokens", "price_table", "cost_usd", "seconds", "prompt_sha256",
)  # fmt: skip
TEXTS = ("system_prompt", "user_prompt", "raw_answer", "withheld")
PIECE = 500
NOT_OPEN = "the coding of the round has not ended"
CODES_IN_IT = "whoever took the file codes in this round, and it is not open yet"
QUOTES = "the prompt holds quotes of coders that whoever took the file has not opened"


@dataclass(frozen=True)
class Reading:
    """Which words of models whoever takes the file may read. viewer None: the operator, who codes nowhere and reads
    what is open to everybody."""

    rounds: frozenset[int]
    helps: frozenset[int]
    names: Names
    round_names: dict[int, str]
    endpoints: dict[int, str]
    runs: dict[int, SuggestionRun]
    why_not: str

    def withheld(self, call: ModelCall, run: SuggestionRun | None) -> str:
        """Why its words stay out, '' where they do not."""
        if run is not None:
            return "" if run.round_id in self.rounds else self.why_not
        if call.subject_kind == HELP:
            return "" if call.subject_id in self.helps else QUOTES
        return "what it is about is not known"


def reading_of(session: Session, study: Study, viewer: Viewer | None) -> Reading:
    rounds = rounds_of(session, study.id)
    readable = [each for each in rounds if is_open_to_others(each) or (viewer and may_read(session, viewer, each))]
    helps = help_queries.helps(session, study.id)
    names = study_data(session, study, []).names
    return Reading(
        rounds=frozenset(each.id for each in readable),
        helps=frozenset(each.id for each in helps if _may_read_help(session, viewer, each)),
        names=names,
        round_names={each.id: names.rounds.get(each.id, f"{each.name} (round {each.number})") for each in rounds},
        endpoints=endpoint_names(session, study.id),
        runs={run.id: run for run, _ in runs_with_rounds(session, study.id)},
        why_not=CODES_IN_IT if viewer else NOT_OPEN,
    )


def _may_read_help(session: Session, viewer: Viewer | None, asked: help_queries.CodebookHelp) -> bool:
    if viewer is not None:
        return sight_of(session, viewer, asked) is Sight.OPEN
    wanted = asked.material["evidence_ids"]
    return len(help_queries.quotes_by_id(session, asked.study_id, wanted)) == len(wanted)


def ledger_file(
    session: Session, study: Study, viewer: Viewer | None, wanted: LedgerFilter, *, format: str, texts: bool
) -> LargeFile:
    """In the order in which the calls were made; on the disk, and whoever takes it closes it."""
    header = (*FACTS, *TEXTS) if texts else FACTS
    rows = ledger_rows(session, study, reading_of(session, study, viewer), wanted, texts=texts)
    return rows_file(f"{study.slug}-ledger", format, header, rows)


def ledger_rows(
    session: Session, study: Study, reading: Reading, wanted: LedgerFilter, *, texts: bool
) -> Iterator[dict[str, object]]:
    query = (
        select(ModelCall, RunIncident.run_id, Incident.id, Incident.number)
        .outerjoin(
            RunIncident,
            (RunIncident.study_id == ModelCall.study_id)
            & (RunIncident.id == ModelCall.subject_id)
            & (ModelCall.subject_kind == SUBJECT),
        )
        .outerjoin(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
        .where(*wanted.conditions(study.id))
        .order_by(ModelCall.id)
        .execution_options(yield_per=PIECE)
    )
    for calls in session.execute(query).partitions():
        for call, run_id, incident_id, number in calls:
            run = reading.runs.get(run_id) if run_id is not None else None
            yield _row(call, run, (incident_id, number), reading, texts=texts)
            session.expunge(call)


def _row(
    call: ModelCall, run: SuggestionRun | None, about: tuple[int | None, int | None], reading: Reading, *, texts: bool
) -> dict[str, object]:
    incident_id, number = about
    names, withheld = reading.names, reading.withheld(call, run)
    told = texts and not withheld
    parameters = {name: value for name, value in call.parameters.items() if name != "dropped"}
    row: dict[str, object] = {
        "call": call.id,
        "at": call.at,
        "run": run.id if run else None,
        "round": reading.round_names.get(run.round_id) if run else None,
        "incident": names.units.get(incident_id) if incident_id is not None else None,
        "incident_number": number,
        "asked_for": call.purpose,
        "about": call.subject_kind,
        "about_id": call.subject_id,
        "outcome": call.outcome,
        "problem": call.problem if told or call.outcome in OWN_WORDS else "",
        "asked_by": names.raters.get(call.member_id) if call.member_id is not None else None,
        "endpoint": reading.endpoints.get(call.endpoint_id) if call.endpoint_id is not None else None,
        "parameters": parameters,
        "dropped": list(call.parameters.get("dropped", ())),
    }
    row |= {name: getattr(call, name) for name in FACTS if name not in row and name != "call"}
    if texts:
        shows_prompt = told or (call.subject_kind == SUBJECT and not tells_what_was_said(call, run))
        row |= {
            "system_prompt": call.system_prompt if shows_prompt else None,
            "user_prompt": call.user_prompt if shows_prompt else None,
            "raw_answer": call.raw_answer if told else None,
            "withheld": withheld if call.raw_answer or not shows_prompt else "",
        }
    return {name: row[name] for name in (*FACTS, *(TEXTS if texts else ()))}
