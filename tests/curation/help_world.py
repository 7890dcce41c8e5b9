"""A dimension whose codes were applied with quotes in a round that ended, and a model that says what the test wants."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.curation import help_actions as actions
from app.curation.help_asking import give_help
from app.curation.help_material import Chosen, leaves, of_code, of_dimension
from app.curation.help_models import CodebookHelp
from app.db.session import Database
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.llm.port import Question
from app.llm.scripted import ScriptedModel, Step
from app.rounds.models import Round
from app.studies.viewer import Viewer
from app.suggestions.attempts import TryAgainLater
from app.suggestions.sources import SERVER, Source
from tests import makers

NAMES = ("Quota", "Quotas", "Node drained", "Expired certificate")


@dataclass
class World:
    """codes: four open codes of cause; quota is applied by Ada to both incidents and by Ben to the first."""

    session: Session
    database: Database
    lead: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry
    codes: list[CodeEntry]
    incidents: list[Incident]
    coding_round: Round
    model: ScriptedModel = field(default_factory=lambda: ScriptedModel(name="small"))

    @property
    def quota(self) -> CodeEntry:
        return self.codes[0]

    @property
    def home(self) -> str:
        return f"/studies/{self.lead.study.slug}/codebook/help"

    def chosen(self, kind: str, *, by: Viewer | None = None) -> Chosen:
        if kind == "definition":
            return of_code(self.session, by or self.lead, self.quota.id)
        return of_dimension(self.session, self.lead.study.id, self.cause.id, kind)

    def opens(self, by: Viewer | None = None) -> None:
        actions.open_quotes_of_code(self.session, by or self.lead, self.quota.id)

    def ask(self, kind: str, *, seen: str | None = None, source: Source | None = None) -> CodebookHelp:
        chosen = self.chosen(kind)
        looked_at = leaves(self.session, self.lead.study.id, chosen).fingerprint if seen is None else seen
        return actions.ask(self.session, self.lead, chosen, source or Source(SERVER, "", "small"), seen=looked_at)

    def work(self, asked: CodebookHelp, *steps: Step, otherwise: Step | None = None) -> list[float]:
        """Does the job; returns after how many seconds the queue would try again."""
        self.model = ScriptedModel(*steps, otherwise=otherwise, name="small")
        try:
            give_help(self.database, self.model, study_id=asked.study_id, help_id=asked.id)
        except TryAgainLater as later:
            return [later.seconds]
        finally:
            self.session.expire_all()
        return []

    def done(self, kind: str, reply: Step) -> CodebookHelp:
        if kind == "definition":
            self.opens()
        asked = self.ask(kind)
        self.work(asked, reply)
        return asked

    def calls(self) -> list[ModelCall]:
        return list(self.session.scalars(select(ModelCall).order_by(ModelCall.id)))

    def groups(self, *groups: tuple[int, ...], reason: str = "One limit, two spellings.") -> dict[str, Any]:
        """A reply that groups codes by their places; the first of each lives on."""
        said = []
        for places in groups:
            keys = [f"c{self.codes[place].id}" for place in places]
            said.append({"codes": keys, "reason": reason, "keep": keys[0]})
        return {"groups": said}

    def categories(self, *named: tuple[str, tuple[int, ...]]) -> dict[str, Any]:
        return {
            "categories": [
                {
                    "reason": "They share a limit.", "into": "new", "name": name, "definition": "What is used up.",
                    "codes": [f"c{self.codes[place].id}" for place in places],
                }
                for name, places in named
            ]
        }  # fmt: skip


DRAFT = {
    "quotes": [1, 99],
    "reason": "Each speaks of the gateway.",
    "short": "A limit was reached",
    "definition": "A limit that we set ourselves was reached.",
    "use_when": "A quota stopped the work.",
    "not_when": "A node was drained: take Node drained.",
}


def make_world(session: Session, database: Database, *, text: str = makers.TEXT, phase: str = "settling") -> World:
    lead = makers.make_study(session)
    ada, ben = makers.make_coders(session, lead, 2)
    cause = makers.make_dimension(session, lead, "Root cause", takes="many", question="What made it possible?")
    codes = [makers.make_code(session, lead, cause, name, definition=f"Says {name.lower()}.") for name in NAMES]
    incidents = makers.make_incidents(session, lead, 2, text=text)
    coding_round = makers.make_round(session, lead, [ada, ben], incidents)
    world = World(session, database, lead, ada, ben, cause, codes, incidents, coding_round)
    quotes(world, ada, incidents[0], 0, 20)
    quotes(world, ada, incidents[1], 4, 20)
    quotes(world, ben, incidents[0], 12, 24)
    makers.move_round(session, lead, coding_round, phase)
    return world


def quotes(
    world: World, coder: Viewer, incident: Incident, start: int, end: int, *, coding_round: Round | None = None
) -> None:
    """The coder applies the first code with a quote, and hands in."""
    assignment = makers.assignment_of(world.session, coder, coding_round or world.coding_round, incident)
    where = {"dimension_id": world.cause.id, "code_id": world.quota.id}
    makers.act(world.session, coder, assignment, "toggle_code", **where)
    quote = (incident.text or "")[start:end]
    makers.act(world.session, coder, assignment, "add_evidence", **where, start=start, end=end, quote=quote)
    makers.act(world.session, coder, assignment, "submit", incomplete=True)


def words_of(question: Question) -> str:
    return question.system + question.user
