"""Help with the codebook of the sample study, for the pictures of its pages. What the model says stands here."""

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, create_code
from app.codebook.queries import disclosed_codebook
from app.curation import help_actions as actions
from app.curation.help_asking import give_help
from app.curation.help_material import Chosen, leaves, of_code, of_dimension
from app.db.session import Database
from app.llm.port import Question
from app.llm.scripted import ScriptedModel
from app.studies.viewer import Viewer
from app.suggestions.sources import SERVER, Source

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
                "Both say that an alert came too late because of its threshold; the order of the words differs.",
            ),
            ((2, 3), "Both are about a runbook that tells of an older state."),
        ]
    },
    "codebook_categories": {
        "categories": [
            ("Alerting", "What should have told somebody did not, or too late.", "Both are about alerts.", (0, 1)),
            ("Preparedness", "People or papers were not ready.", "In each, help came late for want of it.", (2, 3, 4)),
        ]
    },
}
DRAFT = {
    "quotes": [1, 2],
    "reason": "In each passage the service waited for one that others run.",
    "short": "What others run failed first",
    "definition": "A service that another team or company runs failed, slowed down or began to answer otherwise.",
    "use_when": "The report names the other service, and ours recovered when it did.",
    "not_when": "The other service worked and was called wrongly: take Code defect.",
}


def pages_of_help(database: Database, lead: Viewer, dimension_id: int, code_id: int) -> list[tuple[str, str]]:
    """(name, address) of every page, in transactions of their own: the model is asked outside of any.

    One asking stays under way, as no worker is there.
    """
    study_id, home = lead.study.id, f"/studies/{lead.study.slug}/codebook/help"
    with database.transaction() as session:
        codes = _open_codes(session, lead, dimension_id)
        closed = _first_quoted(session, lead, dimension_id, code_id)
        actions.open_quotes_of_code(session, lead, code_id)
        asked = {"help-definition": _ask(session, lead, of_code(session, lead, code_id))}
        for name, kind in (("help-groups", "near_duplicates"), ("help-categories", "categories")):
            asked[name] = _ask(session, lead, of_dimension(session, study_id, dimension_id, kind))
    model = ScriptedModel(otherwise=lambda question: _reply(question, codes), name="small")
    for help_id in asked.values():
        give_help(database, model, study_id=study_id, help_id=help_id)
    with database.transaction() as session:
        asked["help-waiting"] = _ask(session, lead, of_dimension(session, study_id, dimension_id, "near_duplicates"))
    return [
        ("help", home),
        ("help-dimension", f"{home}/dimensions/{dimension_id}"),
        ("help-code", f"{home}/codes/{code_id}"),
        ("help-code-closed", f"{home}/codes/{closed}"),
        *((name, f"{home}/{help_id}") for name, help_id in asked.items()),
    ]


def _open_codes(session: Session, lead: Viewer, dimension_id: int) -> list[int]:
    """Their ids. They stand under nothing yet."""
    return [
        create_code(session, lead.study.id, lead.member, dimension_id, CodeText(name, said), origin="curation").id
        for name, said in OPEN_CODES
    ]


def _first_quoted(session: Session, lead: Viewer, dimension_id: int, but: int) -> int:
    """Another code with quotes, which stay closed."""
    codes = disclosed_codebook(session, lead.study.id).appliable(dimension_id)
    return next(code.id for code in codes if code.id != but and of_code(session, lead, code.id).quotes)


def _ask(session: Session, lead: Viewer, chosen: Chosen) -> int:
    seen = leaves(session, lead.study.id, chosen).fingerprint
    return actions.ask(session, lead, chosen, Source(SERVER, "", "small"), seen=seen).id


def _reply(question: Question, code_ids: list[int]) -> dict[str, object]:
    def keys(places: tuple[int, ...]) -> list[str]:
        return [f"c{code_ids[place]}" for place in places]

    if question.schema_name == "codebook_definition":
        return DRAFT
    if question.schema_name == "codebook_near_duplicates":
        groups = SAID[question.schema_name]["groups"]
        return {"groups": [{"codes": keys(at), "reason": why, "keep": keys(at)[0]} for at, why in groups]}
    return {
        "categories": [
            {"reason": why, "into": "new", "name": name, "definition": says, "codes": keys(at)}
            for name, says, why, at in SAID[question.schema_name]["categories"]
        ]
    }
