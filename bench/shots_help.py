"""Help that a model gave in the sample study, for the pictures of its pages. The model is scripted; no endpoint is asked."""

from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.curation import help_actions as actions
from app.curation.help_asking import give_help
from app.curation.help_material import Chosen, leaves, of_code, of_dimension
from app.db.session import Database
from app.llm.port import Question
from app.llm.scripted import ScriptedModel
from app.studies.viewer import Viewer
from tests.makers import make_code

OPEN_CODES = (
    ("Alert threshold too high", "The alert fires later than the harm begins."),
    ("Threshold of alerts set too high", ""),
    ("Runbook out of date", "The steps name what is no more."),
    ("Out-of-date runbook", "A runbook tells of an older state."),
    ("Nobody on call", "The rota had a gap."),
)
SAID = {
    "codebook_near_duplicates": {
        "groups": [
            (
                (0, 1),
                "Both say that an alert came too late because of its threshold; only the order of the words differs.",
            ),
            ((2, 3), "Both are about a runbook that tells of an older state."),
        ]
    },
    "codebook_categories": {
        "categories": [
            ("Alerting", "What should have told somebody did not, or too late.", (0, 1)),
            ("Preparedness", "People or papers that should have been ready were not.", (2, 3, 4)),
        ]
    },
}
DRAFT = {
    "quotes": [1, 2],
    "reason": "In each passage something that was set up on purpose is what broke the service.",
    "short": "A changed setting broke the service",
    "definition": "A setting, flag or limit that the team itself had changed made the service fail or slow down.",
    "use_when": "Use it when the report names the change and says that undoing it helped.",
    "not_when": "Not when code was deployed: take Software defect.",
}


def open_codes(session: Session, lead: Viewer, dimension: DimensionEntry) -> list[CodeEntry]:
    return [make_code(session, lead, dimension, name, definition=said) for name, said in OPEN_CODES]


def ask_for_help(session: Session, lead: Viewer, dimension: DimensionEntry, code: CodeEntry) -> dict[str, int]:
    """Name of the picture -> id. They are answered after this transaction: the model is asked outside of any."""
    actions.open_quotes_of_code(session, lead, code.id)
    asked = {"help-definition": _ask(session, lead, of_code(session, lead, code.id))}
    for name, kind in (("help-groups", "near_duplicates"), ("help-categories", "categories")):
        asked[name] = _ask(session, lead, of_dimension(session, lead.study.id, dimension.id, kind))
    return asked


def answer(database: Database, lead: Viewer, help_ids: dict[str, int], codes: list[CodeEntry]) -> None:
    model = ScriptedModel(otherwise=lambda question: _reply(question, codes), name="small")
    for help_id in help_ids.values():
        give_help(database, model, study_id=lead.study.id, help_id=help_id)


def ask_and_wait(session: Session, lead: Viewer, dimension: DimensionEntry) -> int:
    """One that stays under way, as no worker is there."""
    return _ask(session, lead, of_dimension(session, lead.study.id, dimension.id, "near_duplicates"))


def _ask(session: Session, lead: Viewer, chosen: Chosen) -> int:
    seen = leaves(session, lead.study.id, chosen).fingerprint
    return actions.ask(session, lead, chosen, model="small", seen=seen).id


def _reply(question: Question, codes: list[CodeEntry]) -> dict[str, object]:
    def keys(places: tuple[int, ...]) -> list[str]:
        return [f"c{codes[place].id}" for place in places]

    if question.schema_name == "codebook_definition":
        return DRAFT
    if question.schema_name == "codebook_near_duplicates":
        groups = SAID[question.schema_name]["groups"]
        return {"groups": [{"codes": keys(at), "reason": why, "keep": keys(at)[0]} for at, why in groups]}
    return {
        "categories": [
            {"reason": says, "into": "new", "name": name, "definition": says, "codes": keys(at)}
            for name, says, at in SAID[question.schema_name]["categories"]
        ]
    }
