"""Help that a model gave: two codes that mean the same, and a definition drafted from quotes of a round that ended."""

from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry
from app.curation import help_actions as actions
from app.curation.help_asking import give_help
from app.curation.help_material import Chosen, leaves, of_code, of_dimension
from app.curation.help_models import CodebookHelp
from app.db.session import Database
from app.incidents.models import Incident
from app.llm.port import Question
from app.llm.scripted import ScriptedModel
from app.studies.viewer import Viewer
from app.suggestions.sources import SERVER, Source
from tests import makers

DRAFT = {
    "quotes": [1],
    "reason": "Both tell of a limit.",
    "short": "A limit was reached",
    "definition": "A limit that the team had set itself was reached.",
    "use_when": "A quota of one's own stopped the work.",
    "not_when": "The limit is the provider's.",
}


def near_duplicates_found(session: Session, database: Database, lead: Viewer) -> CodebookHelp:
    dimension = makers.make_dimension(session, lead, "Helped", takes="many")
    for name in ("Quota", "Quota limit"):
        makers.make_code(session, lead, dimension, name)
    return _given(session, database, lead, of_dimension(session, lead.study.id, dimension.id, "near_duplicates"))


def definition_drafted(session: Session, database: Database, lead: Viewer, coder: Viewer) -> CodebookHelp:
    """Of a code that the coder applied to a new incident, in a round of its own that is settling."""
    [incident] = makers.make_incidents(session, lead, 1)
    dimension = makers.make_dimension(session, lead, "Drafted", takes="many")
    code = makers.make_code(session, lead, dimension, "Own limit")
    coding_round = makers.make_round(session, lead, [coder], [incident], name="Quoted")
    assignment = makers.assignment_of(session, coder, coding_round, incident)
    where = {"dimension_id": dimension.id, "code_id": code.id}
    makers.act(session, coder, assignment, "toggle_code", **where)
    makers.act(session, coder, assignment, "add_evidence", **where, start=4, end=20, quote=_words(incident, 4, 20))
    makers.act(session, coder, assignment, "submit", incomplete=True)
    makers.move_round(session, lead, coding_round, "settling")
    return drafted_for(session, database, lead, code)


def drafted_for(session: Session, database: Database, lead: Viewer, code: CodeEntry) -> CodebookHelp:
    actions.open_quotes_of_code(session, lead, code.id)
    return _given(session, database, lead, of_code(session, lead, code.id))


def _given(session: Session, database: Database, lead: Viewer, chosen: Chosen) -> CodebookHelp:
    seen = leaves(session, lead.study.id, chosen).fingerprint
    asked = actions.ask(session, lead, chosen, Source(SERVER, "", "scripted"), seen=seen)
    session.flush()
    give_help(database, ScriptedModel(otherwise=reply_to), study_id=lead.study.id, help_id=asked.id)
    session.expire_all()
    return asked


def reply_to(question: Question) -> dict[str, object]:
    """What a model may say to each of the three questions: by the codes that the question holds."""
    if question.schema_name == "codebook_definition":
        return DRAFT
    keys = [line.split()[1] for line in question.user.splitlines() if line.startswith("- c")]
    if question.schema_name == "codebook_near_duplicates":
        return {"groups": [{"codes": keys[:2], "reason": "Both name the same limit.", "keep": keys[0]}]}
    new = {"reason": "They share a cause.", "into": "new", "definition": "What both have in common."}
    return {"categories": [{**new, "name": "Drafted category", "codes": keys}]}


def _words(incident: Incident, start: int, end: int) -> str:
    return (incident.text or "")[start:end]
