"""What the scripted model of the sample study offers, through the same calls as a real one, ledger and all."""

from collections.abc import Mapping
from typing import Any

from app.adjudication.settled import final_codes_of_study
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook
from app.db.session import Database
from app.incidents.models import Incident
from app.llm.scripted import ScriptedModel
from app.rounds.models import Round
from app.sample.content import SampleContent, SampleRound
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.looking_up import suggest_from_similar
from app.suggestions.run_plan import RunPlan
from app.suggestions.similar_source import read_coded_incidents_by

MODEL = "scripted sample model"


def suggest_as_told(
    database: Database, lead: Viewer, coding_round: Round, content: SampleContent, incidents: Mapping[str, Incident]
) -> None:
    with database.transaction() as session:
        run = ask_for_suggestions(session, lead, session.merge(coding_round), model=MODEL)
        codebook = disclosed_codebook(session, lead.study.id)
        run_id = run.id
    for external_id in dict.fromkeys(told.incident for told in content.suggestions):
        model = ScriptedModel(_reply(content, codebook, external_id), name=MODEL)
        suggest_for_incident(
            database, model, study_id=lead.study.id, run_id=run_id, incident_id=incidents[external_id].id
        )


def suggest_where_nobody_sees(
    database: Database, lead: Viewer, coding_round: Round, told: SampleRound, incidents: Mapping[str, Incident]
) -> None:
    """A run over a blind round, only measured: it reaches no coder, and is there to be held against what they say.

    Made up for the sample: mostly what one of the coders says, else the first code there is.
    """
    with database.transaction() as session:
        run = ask_for_suggestions(session, lead, session.merge(coding_round), RunPlan(MODEL, is_offered=False))
        codebook = disclosed_codebook(session, lead.study.id)
        run_id = run.id
    for external_id in told.incidents:
        model = ScriptedModel(_made_up(told, codebook, external_id), name=MODEL)
        suggest_for_incident(
            database, model, study_id=lead.study.id, run_id=run_id, incident_id=incidents[external_id].id
        )


def suggest_from_settled(database: Database, lead: Viewer, coding_round: Round) -> None:
    """What Tandem offers without a model: the final codes of similar incidents."""
    read_coded_incidents_by(final_codes_of_study)
    with database.transaction() as session:
        run = ask_for_suggestions(session, lead, session.merge(coding_round), model="")
        run_id = run.id
    suggest_from_similar(database, study_id=lead.study.id, run_id=run_id)


def _made_up(told: SampleRound, codebook: Codebook, external_id: str) -> dict[str, Any]:
    works = [one for one in told.assignments if one.incident == external_id]
    reply: dict[str, Any] = {}
    for place, dimension in enumerate(codebook.dimensions):
        turn = (sum(map(ord, external_id)) + 3 * place) % 7
        ids = {code.name: code.id for code in codebook.appliable(dimension.id)}
        answers = [each for each in works[turn % 2].answers if each.dimension == dimension.name]
        names = [name for each in answers for name in each.codes if name in ids]
        codes = list(ids)[:1] if turn == 6 else names if dimension.takes_many else names[:1]
        reply[f"d{dimension.id}"] = {
            "quotes": [],
            "reasoning": "Made up for the sample study.",
            "codes": [f"c{ids[name]}" for name in codes],
            "new_codes": [],
        }
    return reply


def _reply(content: SampleContent, codebook: Codebook, external_id: str) -> dict[str, Any]:
    """The answer in the form of the reply schema; a dimension that the sample says nothing of is left empty."""
    reply: dict[str, Any] = {}
    for dimension in codebook.dimensions:
        told = next(
            (one for one in content.suggestions if (one.incident, one.dimension) == (external_id, dimension.name)), None
        )
        ids = {code.name: code.id for code in codebook.appliable(dimension.id)}
        names = told.codes if told else ()
        reply[f"d{dimension.id}"] = {
            "quotes": [{"text": quote, "paragraph": 1} for quote in (told.quotes if told else ())],
            "reasoning": told.reason if told else "",
            "codes": [f"c{ids[name]}" for name in names if name in ids],
            "new_codes": [{"name": name, "definition": ""} for name in names if name not in ids],
        }
    return reply
