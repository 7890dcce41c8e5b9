"""One run: what it froze, how far it is, what came to nothing, and its calls, a page at a time.

What a model said is not in it unless this lead has opened it.
"""

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook, versions
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.ledger.models import ModelCall, ModelEndpoint
from app.rounds.models import Round
from app.studies.viewer import Viewer
from app.suggestions import queries
from app.suggestions.ledger_words import OWN_WORDS, outcome_words
from app.suggestions.models import CAME_TO_NOTHING, PromptTemplate, RunIncident, SuggestionRun
from app.suggestions.opening import reply_note
from app.suggestions.plan_words import (
    cap_words,
    choice_words,
    dimension_words,
    mode_words,
    parameter_words,
    sample_words,
    use_words,
)
from app.suggestions.policy import may_read
from app.suggestions.prompt import INSTRUCTIONS
from app.suggestions.prompt_templates import SHIPPED_NAME, sha256_of, template_of
from app.suggestions.runs import STATE_WORDS, RunLine, lines_of
from app.suggestions.sources import NOBODY, SERVER
from app.web.paging import page_at

INCIDENTS_A_PAGE = 50
CALLS_A_PAGE = 25
LISTED = (*CAME_TO_NOTHING, "waiting", "cancelled")


@dataclass(frozen=True)
class Call:
    """raw: what the model said, '' unless this lead has opened it. The prompt of a repair holds a reply, too."""

    id: int
    incident: Incident
    attempt: int
    sample: int
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
        return outcome_words(self.outcome)


@dataclass(frozen=True)
class Frozen:
    """What the run holds to from its beginning to its end."""

    endpoint: ModelEndpoint | None
    template: PromptTemplate | None
    version_name: str
    dimensions: list[str]
    examples: list[Incident]

    @property
    def template_words(self) -> str:
        if self.template is None:
            return SHIPPED_NAME
        return f"version {self.template.version}{f', {self.template.name}' if self.template.name else ''}"

    @property
    def template_sha256(self) -> str:
        return self.template.sha256 if self.template else sha256_of(INSTRUCTIONS)


@dataclass(frozen=True)
class RunPage:
    """listed: the incidents of a state, a page of them. calls: a page of them, in the order in which they were made."""

    line: RunLine
    frozen: Frozen
    state: str
    listed: list[tuple[RunIncident, Incident]]
    page: int
    pages: int
    calls: list[Call]
    calls_page: int
    calls_pages: int
    opened: int
    may_read_replies: bool

    @property
    def run(self) -> SuggestionRun:
        return self.line.run

    @property
    def states(self) -> list[tuple[str, str, int]]:
        """(state, in words, how many) of what can be listed."""
        counts = self.line.counts
        return [(state, STATE_WORDS[state], counts[state]) for state in LISTED if counts.get(state)]

    @property
    def source_key(self) -> str:
        """By which the form names whom this run asked."""
        if self.run.source != "model":
            return NOBODY
        return str(self.run.endpoint_id) if self.run.endpoint_id else SERVER

    @property
    def facts(self) -> list[tuple[str, str]]:
        run, frozen = self.run, self.frozen
        incidents, use = choice_words(run.chosen), use_words(is_offered=run.is_offered)
        codebook = f"{frozen.version_name + ', ' if frozen.version_name else ''}step {run.codebook_seq:,}"
        if run.source != "model":
            return [("Incidents", incidents), ("Method", run.prompt_version), ("Codebook", codebook), ("Use", use)]
        endpoint = frozen.endpoint
        return [
            ("Incidents", incidents),
            ("Model", run.model),
            (
                "Asked at",
                f"{endpoint.name}, {urlsplit(endpoint.base_url).netloc}" if endpoint else "this server’s model",
            ),
            ("Asked", mode_words(run.mode)),
            ("Parameters", parameter_words(run.parameters)),
            ("Dimensions", dimension_words(frozen.dimensions)),
            ("Instructions", f"{frozen.template_words} ({run.prompt_version})"),
            ("Codebook", codebook),
            ("Redaction", f"patterns {run.redaction}" if run.redaction else "none: texts as they are stored"),
            ("Each incident", f"asked {sample_words(run.samples)}"),
            ("Caps of the run", cap_words(run.token_cap, run.cost_cap_usd)),
            ("Use", use),
        ]

    @property
    def coding_round(self) -> Round:
        return self.line.coding_round


@dataclass(frozen=True)
class Looking:
    """Where on the page the lead is. state: of the incidents listed. call: the one whose reply was just opened."""

    state: str = ""
    page: int = 1
    calls: int = 1
    call: int = 0


def run_page(session: Session, viewer: Viewer, coding_round: Round, run_id: int, looking: Looking) -> RunPage:
    run = queries.run_of_round(session, coding_round, run_id)
    (line,) = lines_of(session, [(run, coding_round)])
    state = looking.state if looking.state in LISTED else next((key for key in LISTED if line.counts.get(key)), "")
    at, pages = page_at(looking.page, line.counts.get(state, 0), INCIDENTS_A_PAGE)
    asked = _page_of_call(session, run, looking.call) if looking.call else looking.calls
    calls_at, calls_pages = page_at(asked, line.spent.calls, CALLS_A_PAGE)
    may_read_them = may_read(session, viewer, coding_round)
    return RunPage(
        line=line,
        frozen=_frozen(session, run),
        state=state,
        listed=_listed(session, run, state, at),
        page=at,
        pages=pages,
        calls=_calls(session, viewer, run, calls_at, may_read_them=may_read_them),
        calls_page=calls_at,
        calls_pages=calls_pages,
        opened=looking.call,
        may_read_replies=may_read_them,
    )


def _frozen(session: Session, run: SuggestionRun) -> Frozen:
    codebook = disclosed_codebook(session, run.study_id, seq=run.codebook_seq)
    examples = incidents_by_id(session, run.study_id, run.example_incident_ids)
    named = [one.name for one in versions(session, run.study_id) if one.codebook_seq == run.codebook_seq]
    return Frozen(
        endpoint=session.get(ModelEndpoint, run.endpoint_id) if run.endpoint_id else None,
        template=template_of(session, run.study_id, run.prompt_template_id) if run.prompt_template_id else None,
        version_name=named[0] if named else "",
        dimensions=[one.name for one in codebook.dimensions if one.id in run.dimension_ids],
        examples=[examples[key] for key in run.example_incident_ids if key in examples],
    )


def _listed(session: Session, run: SuggestionRun, state: str, at: int) -> list[tuple[RunIncident, Incident]]:
    if not state:
        return []
    rows = session.execute(
        select(RunIncident, Incident)
        .join(Incident, (Incident.study_id == RunIncident.study_id) & (Incident.id == RunIncident.incident_id))
        .where(RunIncident.study_id == run.study_id, RunIncident.run_id == run.id, RunIncident.state == state)
        .order_by(Incident.number)
        .limit(INCIDENTS_A_PAGE)
        .offset((at - 1) * INCIDENTS_A_PAGE)
    )
    return [(row, incident) for row, incident in rows]


def _page_of_call(session: Session, run: SuggestionRun, call_id: int) -> int:
    earlier = queries.calls_of_run(run).with_only_columns(func.count()).where(ModelCall.id < call_id).order_by(None)
    return session.scalars(earlier).one() // CALLS_A_PAGE + 1


def _calls(session: Session, viewer: Viewer, run: SuggestionRun, at: int, *, may_read_them: bool) -> list[Call]:
    rows = session.execute(queries.calls_of_run(run).limit(CALLS_A_PAGE).offset((at - 1) * CALLS_A_PAGE)).all()
    incidents = incidents_by_id(session, run.study_id, [row.incident_id for _, row in rows])
    notes = queries.exposure_notes(session, run.study_id, viewer.member.id) if may_read_them and rows else set()
    return [_call(call, incidents[row.incident_id], run, notes) for call, row in rows]


def _call(call: ModelCall, incident: Incident, run: SuggestionRun, notes: set[str]) -> Call:
    is_opened = reply_note(call.id) in notes
    tells = queries.tells_what_was_said(call, run)
    return Call(
        id=call.id,
        incident=incident,
        attempt=call.attempt,
        sample=call.sample,
        purpose="asked again for what could not be read" if call.purpose == "repair" else "asked",
        outcome=call.outcome,
        problem=call.problem if call.outcome in OWN_WORDS or is_opened else "",
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cost_usd=call.cost_usd,
        seconds=call.seconds,
        has_reply=bool(call.raw_answer) or tells,
        is_opened=is_opened,
        system_prompt=call.system_prompt,
        user_prompt=call.user_prompt if is_opened or not tells else "",
        raw=call.raw_answer if is_opened else "",
    )
