"""A study whose round has suggestions: two coders, two incidents, a model that says what the test wants."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.accounts.actions import start_sign_in
from app.accounts.viewer import COOKIE
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import AssignmentWork, Exposure
from app.db.session import Database
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.llm.port import Question
from app.llm.scripted import ScriptedModel, Step
from app.main import create_app
from app.rounds.models import Assignment, Round
from app.settings import Settings
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.attempts import TryAgainLater
from app.suggestions.deciding import Acting, Choice, Decided, decide
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from app.suggestions.opening import open_suggestions
from tests import makers
from tests.support.clients import client_for

__all__ = ["client_for"]

SAID = "The gateway returned 502"
SECRET_REASON = "A reason that only the model gives"
SECRET_NAME = "Drifted certificates"
INVENTED = "The database was wiped by a squirrel that nobody saw"


@dataclass
class Table:
    """Ada and Ben code; the lead does not, unless the test says so."""

    session: Session
    database: Database
    lead: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry  # one code
    symptom: DimensionEntry  # many codes
    config: CodeEntry
    network: CodeEntry
    slow: CodeEntry
    incidents: list[Incident]
    coding_round: Round
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel(name="small"))

    @property
    def adas(self) -> Assignment:
        return makers.assignment_of(self.session, self.ada, self.coding_round, self.incidents[0])

    def reply(self, **changes: Any) -> dict[str, Any]:
        """What the model says of every incident: network as the cause, a new symptom, one invented quote."""
        quote = {"paragraph": 1, "text": SAID}
        cause = {"quotes": [quote, {"paragraph": 1, "text": INVENTED}], "reasoning": SECRET_REASON}
        cause |= {"codes": [f"c{self.network.id}"], "new_codes": []}
        symptom = {"quotes": [quote], "reasoning": SECRET_REASON, "codes": []}
        symptom |= {"new_codes": [{"name": SECRET_NAME, "definition": "Certificates that nobody renewed."}]}
        return {f"d{self.cause.id}": cause, f"d{self.symptom.id}": symptom, **changes}

    def ask(self, *steps: Step, otherwise: Step | None = None, limit: int | None = None) -> SuggestionRun:
        """Asks, and runs the jobs with a model that plays these steps."""
        self.model = ScriptedModel(*steps, otherwise=otherwise or self.reply(), name="small")
        run = ask_for_suggestions(self.session, self.lead, self.coding_round, model="small", limit=limit)
        self.session.flush()
        self.work(run)
        return run

    def work(self, run: SuggestionRun) -> list[float]:
        """Runs each waiting incident once; returns after how many seconds the queue would try again."""
        waits = []
        for row in self.rows(run):
            if row.state != "waiting":
                continue
            try:
                suggest_for_incident(
                    self.database, self.model, study_id=run.study_id, run_id=run.id, incident_id=row.incident_id
                )
            except TryAgainLater as later:
                waits.append(later.seconds)
        self.session.expire_all()
        return waits

    def rows(self, run: SuggestionRun) -> list[RunIncident]:
        of_run = select(RunIncident).where(RunIncident.run_id == run.id).order_by(RunIncident.id)
        return list(self.session.scalars(of_run))

    def calls(self) -> list[ModelCall]:
        return list(self.session.scalars(select(ModelCall).order_by(ModelCall.id)))

    def suggestions(self, incident: Incident | None = None) -> list[Suggestion]:
        wanted = incident or self.incidents[0]
        return list(
            self.session.scalars(select(Suggestion).where(Suggestion.incident_id == wanted.id).order_by(Suggestion.id))
        )

    def of_cause(self) -> Suggestion:
        return next(one for one in self.suggestions() if one.dimension_id == self.cause.id)

    def of_symptom(self) -> Suggestion:
        return next(one for one in self.suggestions() if one.dimension_id == self.symptom.id)

    def ada_submits(self, incident: Incident | None = None) -> None:
        wanted = makers.assignment_of(self.session, self.ada, self.coding_round, incident or self.incidents[0])
        answers: Mapping[int, Any] = {self.cause.id: [self.config], self.symptom.id: "none_applies"}
        makers.code_and_submit(self.session, self.ada, wanted, answers)

    def ada_opens(self, dimension: DimensionEntry | None = None) -> None:
        open_suggestions(self.session, self.ada, self.adas.id, dimension.id if dimension else None)
        self.session.flush()

    def newest_act(self) -> UUID | None:
        return self.session.scalar(
            select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == self.adas.id)
        )

    def ada_decides(self, suggestion: Suggestion, decision: str, **choice: Any) -> Decided:
        acting = Acting(uuid4(), self.newest_act(), "tab")
        return decide(self.session, self.ada, self.adas.id, suggestion.id, Choice(decision, **choice), acting)

    def ada_does(self, kind: str, **payload: object) -> None:
        makers.act(self.session, self.ada, self.adas, kind, **payload)

    def exposures(self, who: Viewer) -> list[Exposure]:
        return list(self.session.scalars(select(Exposure).where(Exposure.member_id == who.member.id)))

    @property
    def desk_url(self) -> str:
        return f"/studies/{self.lead.study.slug}/assignments/{self.adas.id}"

    @property
    def runs_url(self) -> str:
        return f"/studies/{self.lead.study.slug}/rounds/{self.coding_round.number}/suggestions"

    @property
    def run_url(self) -> str:
        """Of the newest run."""
        newest = select(SuggestionRun.id).order_by(SuggestionRun.id.desc()).limit(1)
        return f"{self.runs_url}/{self.session.scalars(newest).one()}"


def make_table(
    session: Session, database: Database, *, text: str = makers.TEXT, how_many: int = 2, **plan: Any
) -> Table:
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause")
    symptom = makers.make_dimension(session, lead, "Symptom", takes="many")
    config = makers.make_code(session, lead, cause, "Configuration")
    network = makers.make_code(session, lead, cause, "Network")
    slow = makers.make_code(session, lead, symptom, "Slow answers")
    incidents = makers.make_incidents(session, lead, how_many, text=text)
    plan = {"arm": "on_request", "blind_share": 0.0, **plan}
    coders = [ada, ben, lead] if plan.pop("lead_codes", False) else [ada, ben]
    coding_round = makers.make_round(session, lead, coders, incidents, **plan)
    return Table(session, database, lead, ada, ben, cause, symptom, config, network, slow, incidents, coding_round)


MODEL = {"llm_model": "small", "llm_base_url": "http://127.0.0.1:9/v1", "llm_api_key": "sk-very-secret"}


@pytest.fixture
def table(session: Session, database: Database) -> Table:
    return make_table(session, database)


def words_of(question: Question) -> str:
    return question.system + question.user


def seen_anywhere(client: TestClient, table: Table) -> str:
    """Everything that the browser of a coder gets without a press: every page, as itself and as a fragment."""
    study = f"/studies/{table.lead.study.slug}"
    paths = [
        f"{study}/", f"{study}/coding", f"{study}/codebook", f"{study}/incidents", f"{study}/rounds",
        f"{study}/history", f"{study}/members", f"{study}/disagreements", f"{study}/agreement", f"{study}/export",
        table.runs_url, f"{table.runs_url}/progress", f"{study}/rounds/{table.coding_round.number}",
        f"{study}/incidents/{table.incidents[0].id}", table.desk_url, f"{table.desk_url}/suggestions",
        f"{table.desk_url}/suggestions?dimension={table.cause.id}",
        f"{table.desk_url}/suggestions?dimension={table.symptom.id}",
    ]  # fmt: skip
    seen = []
    for path in paths:
        for headers in ({}, {"HX-Request": "true"}):
            answer = client.get(path, headers=headers)
            seen.append(f"{path} {answer.status_code}\n{answer.headers}\n{answer.text}")
    return "\n".join(seen)


@pytest.fixture
def lead(session: Session, table: Table) -> TestClient:
    return lead_of(session, table)


def lead_of(session: Session, table: Table) -> TestClient:
    """The lead, on a server whose settings name a model."""
    app = create_app(Settings(database_url="postgresql+psycopg://nowhere", **MODEL), table.database)
    client = TestClient(app, follow_redirects=False)
    assert table.lead.person is not None
    client.cookies.set(COOKIE, start_sign_in(session, table.lead.person, user_agent="test", days=1))
    session.flush()
    return client
