"""A coder's desk in each arm, and what a model said or failed to say there; its runs and their calls.

All of it is done by the acts of the app; the model answers by what stands in shots_desks_said, or does not answer.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import AssignmentWork
from app.db.session import Database
from app.incidents.models import Incident
from app.ledger.models import ModelCall, ModelEndpoint
from app.llm.abilities import Abilities
from app.llm.port import Answer, Question
from app.llm.problems import ModelUnreachable, ReplyCut, ReplyFiltered, ReplyRefused
from app.rounds.models import Round
from app.sample.checks import sample_content
from app.studies.actions import add_member, create_study
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.attempts import TryAgainLater
from app.suggestions.choosing import Choice
from app.suggestions.deciding import Acting, decide
from app.suggestions.deciding import Choice as Decision
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.opening import open_suggestions
from app.suggestions.run_plan import RunPlan
from bench.shots_desks_said import CODES, FAILING, QUESTIONS, SAID
from tests.makers import assignment_of, code_and_submit, make_code, make_dimension, make_round
from tests.support.endpoints import make_endpoint

CODER = "Ada Lindqvist"  # as bench.shots_stage signs her in
MINI = "gpt-4.1-mini"
ADDRESS = "https://incidents.openai.azure.com/openai/v1"
PROBLEMS = {"refused": ReplyRefused, "filtered": ReplyFiltered, "cut": ReplyCut}
TOLD = ("SAMPLE-022", "SAMPLE-015", "SAMPLE-025", "SAMPLE-035")  # on request: unopened is the last
NOT_TOLD = ("SAMPLE-002", "SAMPLE-005", "SAMPLE-008", "SAMPLE-012", "SAMPLE-028")
ELSEWHERE = {"before": "SAMPLE-018", "after": "SAMPLE-032", "blind": "SAMPLE-038"}
MOST_TRIES = 30
Page = tuple[str, str, str]  # name, who looks, address


@dataclass(frozen=True)
class Recorded:
    """said: by how the incident's text begins; a word of FAILING where nothing usable comes."""

    said: Mapping[str, Mapping[str, Any] | str]
    name: str = MINI
    address: str = ADDRESS
    abilities: Abilities = field(default_factory=Abilities)

    def with_abilities(self, abilities: Abilities) -> "Recorded":
        return self

    def answer(self, question: Question) -> Answer:
        said = next(said for begins, said in self.said.items() if begins in question.user)
        if said == "failed":
            raise ModelUnreachable
        text = "Here is what I think of it." if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        sent = (len(question.system) + len(question.user)) // 4
        answer = Answer(
            text=text, model_answered=f"{MINI}-2025-04-14", parameters_sent=dict(question.parameters),
            request_id=f"chatcmpl-{sent}", fingerprint="fp_44709d6fcb", finish_reason="stop",
            input_tokens=sent, cached_tokens=len(question.system) // 4, output_tokens=len(text) // 4,
            reasoning_tokens=0, priced_as=MINI,
        )  # fmt: skip
        if isinstance(said, str) and said in PROBLEMS:
            raise PROBLEMS[said](answer)
        return answer


@dataclass
class Desks:
    lead: Viewer
    coder: Viewer
    dimensions: Mapping[str, DimensionEntry]
    codes: Mapping[tuple[str, str], CodeEntry]
    incidents: Mapping[str, Incident]
    endpoint: ModelEndpoint

    def model(self) -> Recorded:
        said: dict[str, Mapping[str, Any] | str] = {name: self._reply(told) for name, told in SAID.items()}
        said |= dict(zip(NOT_TOLD, FAILING, strict=True))
        said |= {one: self._reply(SAID["SAMPLE-018"]) for one in ELSEWHERE.values()}
        return Recorded({(self.incidents[name].text or "")[:60]: each for name, each in said.items()})

    def _reply(self, told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            f"d{self.dimensions[name].id}": {
                **each,
                "codes": [f"c{self.codes[name, code].id}" for code in each["codes"]],
            }
            for name, each in told.items()
        }


def pages_of_desks(database: Database, person: Person, coder: Person) -> list[Page]:
    """In steps: the model is asked in transactions of its own."""
    with database.transaction() as session:
        desks = _desks(session, person, coder)
        on_request = _round(session, desks, "on_request", [*TOLD, *NOT_TOLD])
        rounds = {arm: _round(session, desks, arm, [name]) for arm, name in ELSEWHERE.items()}
        runs = [_asked(session, desks, on_request, samples=3)]
        runs += [_asked(session, desks, each, is_offered=arm != "blind") for arm, each in rounds.items()]
        batch = _asked(session, desks, on_request, choice=Choice(which="all"), is_offered=False, mode="batch")
        waits = _asked(session, desks, on_request, choice=Choice(which="all"), is_offered=False)
    for run in runs:
        _answered(database, desks.model(), run)
    with database.transaction() as session:
        _decided(session, desks, on_request)
        _handed_in(session, desks, rounds["after"])
        return _pages(session, desks, on_request, rounds, [runs[0].id, batch.id, waits.id])


def _desks(session: Session, person: Person, coder: Person) -> Desks:
    lead = create_study(session, person, slug="desks", title="Halden Cloud, asked of a model", about="")
    member = add_member(session, lead, name=coder.name, role="coder", person=coder)
    dimensions = {
        "Symptom": make_dimension(session, lead, "Symptom", question=QUESTIONS["Symptom"], takes="many"),
        "Root cause": make_dimension(session, lead, "Root cause", question=QUESTIONS["Root cause"]),
    }
    codes = {
        (name, code): make_code(session, lead, dimensions[name], code, definition=definition)
        for name, every in CODES.items()
        for code, definition in every.items()
    }
    prices = {"input_price": Decimal("0.4"), "cached_price": Decimal("0.1"), "output_price": Decimal("1.6")}
    endpoint = make_endpoint(
        session, lead, name="Azure, Sweden", base_url=ADDRESS, model=MINI, takes_batches=True, **prices
    )
    incidents = _incidents(session, lead)
    return Desks(lead, Viewer(coder, lead.study, member), dimensions, codes, incidents, endpoint)


def _incidents(session: Session, lead: Viewer) -> dict[str, Incident]:
    wanted = {*TOLD, *NOT_TOLD, *ELSEWHERE.values()}
    told = [one for one in sample_content().incidents if one.external_id in wanted]
    made = {
        one.external_id: Incident(
            study_id=lead.study.id, number=number, source="made", external_id=one.external_id, title=one.title,
            text=one.text, text_sha256=sha256(one.text.encode()).hexdigest(), service=one.service,
            severity=one.severity, cohort=one.cohort, started_at=one.started_at,
        )
        for number, one in enumerate(told, start=1)
    }  # fmt: skip
    session.add_all(made.values())
    session.flush()
    return made


def _round(session: Session, desks: Desks, arm: str, names: Sequence[str]) -> Round:
    incidents = [desks.incidents[name] for name in names]
    return make_round(session, desks.lead, [desks.coder], incidents, arm=arm, blind_share=0.0, purpose="single_coding")


def _asked(session: Session, desks: Desks, coding_round: Round, **how: Any) -> SuggestionRun:
    plan = RunPlan(MINI, endpoint_id=desks.endpoint.id, cost_cap_usd=Decimal("2.50"), **how)
    return ask_for_suggestions(session, desks.lead, coding_round, plan)


def _answered(database: Database, model: Recorded, run: SuggestionRun) -> None:
    with database.transaction() as session:
        waiting = session.scalars(select(RunIncident.incident_id).where(RunIncident.run_id == run.id)).all()
    for incident_id in waiting:
        for _ in range(MOST_TRIES):
            try:
                suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=incident_id)
                break
            except TryAgainLater:
                continue


def _decided(session: Session, desks: Desks, coding_round: Round) -> None:
    """All but the last are opened; of the second one is accepted, one rejected and one made another."""
    for name in TOLD[:-1]:
        incident = desks.incidents[name]
        open_suggestions(session, desks.coder, assignment_of(session, desks.coder, coding_round, incident).id)
    incident = desks.incidents[TOLD[1]]
    assignment = assignment_of(session, desks.coder, coding_round, incident)
    offered = session.scalars(
        select(Suggestion).where(Suggestion.incident_id == incident.id).order_by(Suggestion.id)
    ).all()
    other = desks.codes["Root cause", "Missing validation"].id
    choices = [
        Decision("accept"),
        Decision("reject", reason="One order stands for many lost rows.", cause="too_vague"),
        Decision("change", code_id=other),
    ]
    for suggestion, choice in zip(offered, choices, strict=True):
        after = session.scalar(select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == assignment.id))
        decide(session, desks.coder, assignment.id, suggestion.id, choice, Acting(uuid4(), after, "tab"))


def _handed_in(session: Session, desks: Desks, coding_round: Round) -> None:
    assignment = assignment_of(session, desks.coder, coding_round)
    symptom, cause = desks.dimensions["Symptom"].id, desks.dimensions["Root cause"].id
    code_and_submit(session, desks.coder, assignment, {symptom: "none_applies", cause: "not_enough_information"})


def _pages(
    session: Session, desks: Desks, on_request: Round, rounds: Mapping[str, Round], runs: Sequence[int]
) -> list[Page]:
    home = f"/studies/{desks.lead.study.slug}"

    def desk(coding_round: Round, name: str, dimension: str = "Root cause") -> str:
        own = assignment_of(session, desks.coder, coding_round, desks.incidents[name])
        return f"{home}/assignments/{own.id}?dimension={desks.dimensions[dimension].id}"

    asked = f"{home}/rounds/{on_request.number}/suggestions"
    call = session.scalars(select(ModelCall.id).where(ModelCall.study_id == desks.lead.study.id)).first()
    of_coder = {
        "desk-opened": desk(on_request, TOLD[0]),
        "desk-opened-many": desk(on_request, TOLD[0], "Symptom"),
        "desk-decided": desk(on_request, TOLD[1]),
        "desk-rejected": desk(on_request, TOLD[1], "Symptom"),
        "desk-together": desk(on_request, TOLD[2]),
        "desk-on-request": desk(on_request, TOLD[3]),
        "desk-offers": desk(on_request, TOLD[0]).replace("?", "/suggestions?"),
        **{f"desk-{state}": desk(on_request, name) for state, name in zip(FAILING, NOT_TOLD, strict=True)},
        **{f"desk-{arm}": desk(each, ELSEWHERE[arm]) for arm, each in rounds.items()},
    }
    of_lead = {
        "desks-run": f"{asked}/{runs[0]}",
        "desks-run-batch": f"{asked}/{runs[1]}",
        "desks-run-waiting": f"{asked}/{runs[2]}",
        "desks-runs": f"{home}/suggestions",
        "desks-compose": f"{asked}/new",
        "desks-ledger": f"{home}/suggestions/ledger",
        "desks-ledger-totals": f"{home}/suggestions/ledger/totals",
        "desks-ledger-call": f"{home}/suggestions/ledger/{call}",
        "desks-ledger-nothing": f"{home}/suggestions/ledger?incident=nothing",
        "desks-validity": f"{asked}/{runs[0]}/validity",
    }
    seen_by = [(CODER, of_coder), ("lead", of_lead)]
    return [(name, who, path) for who, pages in seen_by for name, path in pages.items()]
