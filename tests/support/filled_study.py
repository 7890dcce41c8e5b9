"""A study in which every room has something to show, in words that the test chooses."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import add_person
from app.adjudication import actions as adjudication
from app.adjudication.actions import RulingWords
from app.codebook.actions import CodeText, create_code, edit_code, name_version, retire_code
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.tree import CodeEntry, DimensionEntry
from app.db.session import Database
from app.incidents.actions import exclude, import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Import, Incident
from app.llm.scripted import ScriptedModel
from app.rounds.models import Assignment, Round
from app.studies.actions import add_member, create_study
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import SuggestionRun
from tests.makers import act, assignment_of, make_round, move_round

Said = Callable[[str], str]
REPORT = "The gateway returned 502 for 40 minutes after a bad config push. We rolled the push back."


@dataclass
class Filled:
    """settled: a round past its coding, with a ruling and an open disagreement. running: one with suggestions.

    apart: the incident of the open disagreement. draft: Ada's assignment at which she is at work.
    """

    lead: Viewer
    judge: Viewer
    reader: Viewer
    ada: Viewer
    ben: Viewer
    cause: DimensionEntry
    codes: list[CodeEntry]
    incidents: list[Incident]
    imported: Import
    mapped: Import
    settled: Round
    running: Round
    draft: Assignment
    run: SuggestionRun

    @property
    def apart(self) -> Incident:
        return self.incidents[1]

    def everybody(self) -> dict[str, Viewer]:
        return {"lead": self.lead, "adjudicator": self.judge, "coder": self.ada, "reader": self.reader}

    def values(self) -> dict[str, object]:
        """For the names that addresses take."""
        return {
            "slug": self.lead.study.slug,
            "number": self.settled.number,
            "incident_id": self.apart.id,
            "import_id": self.imported.id,
            "assignment_id": self.draft.id,
            "run_id": self.run.id,
            "dimension_id": self.cause.id,
            "code_id": self.codes[0].id,
            "member_id": self.ben.member.id,
        }


def plainly(words: str) -> str:
    return words


def fill(session: Session, said: Said = plainly) -> Filled:
    """said: what becomes of each text before it is written."""
    lead_person = _person(session, said, "lead")
    lead = create_study(session, lead_person, slug="filled", title=said("Cloud incidents"), about=said("About it"))
    judge, reader, ada, ben = (
        _member(session, lead, said, name, role)
        for name, role in (("judge", "adjudicator"), ("reader", "reader"), ("ada", "coder"), ("ben", "coder"))
    )
    cause = add_dimension(
        session, lead.study.id, lead.member, DimensionText(said("Cause"), said("Why did it break?"), "many", True)
    )
    codes = [_code(session, lead, cause, said, name) for name in ("Configuration", "Network", "People")]
    imported, incidents = _imported(session, lead, said)
    mapped = upload(session, lead, file_name=said("next.jsonl"), content=_file(said, "next"))
    settled = make_round(session, lead, [ada, ben], incidents[:2], name=said("First"), code_sharing="shared")
    for incident in incidents[:2]:
        for coder, code in ((ada, codes[0]), (ben, codes[1])):
            _codes_in_words(session, coder, assignment_of(session, coder, settled, incident), cause, code, said)
    move_round(session, lead, settled, "settling")
    _settle(session, judge, ada, settled, incidents, cause, codes, said)
    running = make_round(
        session, lead, [ada, ben], incidents[2:4], name=said("Second"), arm="on_request", blind_share=0.0
    )
    run = ask_for_suggestions(session, lead, running, model=said("small"))
    draft = assignment_of(session, ada, running)
    act(session, ada, draft, "create_code", dimension_id=cause.id, name=said("Own"), definition=said("Own words"))
    act(session, ada, draft, "write_memo", text=said("Memo at work"))
    act(session, ada, draft, "flag", note=said("Look again"))
    bens = assignment_of(session, ben, running)
    act(session, ben, bens, "skip", reason=said("Cannot be told"))
    exclude(session, lead, incidents[4].id, reason=said("Not an incident"))
    words = CodeText(said("People"), said("Changed"), said("Use"), said("Not"))
    edit_code(session, lead.study.id, lead.member, codes[2].id, words, seen_seq=10**9, reason=said("Clearer"))
    retired = _code(session, lead, cause, said, "Retired")
    retire_code(session, lead.study.id, lead.member, retired.id, reason=said("Nobody needs it"))
    name_version(session, lead.study.id, lead.member, name=said("v2"), notes=said("Notes"))
    return Filled(
        lead, judge, reader, ada, ben, cause, codes, incidents, imported, mapped, settled, running, draft, run
    )


def _person(session: Session, said: Said, name: str):
    return add_person(session, email=f"{name}@example.org", name=said(name.title()), password="four words in a row")


def _member(session: Session, lead: Viewer, said: Said, name: str, role: str) -> Viewer:
    person = _person(session, said, name)
    return Viewer(person, lead.study, add_member(session, lead, name=person.name, role=role, person=person))


def _code(session: Session, lead: Viewer, cause: DimensionEntry, said: Said, name: str) -> CodeEntry:
    words = CodeText(said(name), said("Definition"), said("Use when"), said("Not when"), ({"text": said("Example")},))
    study_id = lead.study.id
    return create_code(session, study_id, lead.member, cause.id, words, origin="a_priori", reason=said("Seen before"))


def _file(said: Said, prefix: str) -> bytes:
    rows = [
        {
            "id": said(f"{prefix}-{number}"),
            "title": said(f"Incident {number}"),
            "text": f"{REPORT}\n\n{said('Told later')}",
            "service": said("Gateway"),
            "severity": said("high"),
            "cohort": said("GenAI"),
            "url": "javascript:told(1)" if number == 1 else f"https://example.org/{said('page')}",
            said("own column"): said("own value"),
        }
        for number in range(1, 6)
    ]
    refused = {"id": said(f"{prefix}-refused"), "title": said("Without a text"), "text": ""}
    return "\n".join(json.dumps(row) for row in [*rows, refused]).encode()


def _imported(session: Session, lead: Viewer, said: Said) -> tuple[Import, list[Incident]]:
    file = upload(session, lead, file_name=said("incidents.jsonl"), content=_file(said, "INC"))
    import_incidents(session, lead, file, guess_mapping(table_of(file)), source=said("pager"))
    found = list(session.scalars(select(Incident).where(Incident.study_id == lead.study.id).order_by(Incident.id)))
    assert len(found) == 5
    return file, found


def _codes_in_words(
    session: Session, coder: Viewer, assignment: Assignment, cause: DimensionEntry, code: CodeEntry, said: Said
) -> None:
    of = {"dimension_id": cause.id, "code_id": code.id}
    act(session, coder, assignment, "toggle_code", **of)
    act(session, coder, assignment, "add_evidence", **of, start=4, end=11, quote="gateway")
    act(session, coder, assignment, "write_memo", text=said("Shared memo"), sharing="shared")
    act(session, coder, assignment, "submit", incomplete=True)


def _settle(
    session: Session, judge: Viewer, ada: Viewer, settled: Round, incidents: list[Incident],
    cause: DimensionEntry, codes: list[CodeEntry], said: Said,
) -> None:  # fmt: skip
    for incident in incidents[:2]:
        place = (settled, incident.id, cause.id)
        adjudication.open_answers(session, judge, *place)
        adjudication.open_answers(session, ada, *place)
        adjudication.comment(session, ada, *place, said("I read it so"))
    words = RulingWords("coded", "slip", said("The text says so"), [codes[0].id])
    adjudication.rule(session, judge, settled, incidents[0].id, cause.id, words)
    adjudication.open_answers(session, judge, settled, incidents[1].id, cause.id)


def offer(database: Database, filled: Filled, said: Said = plainly) -> None:
    """Lets a model answer the run of the running round; the study must be committed by then."""
    reply = {
        f"d{filled.cause.id}": {
            "quotes": [{"paragraph": 1, "text": "The gateway returned 502"}, {"paragraph": 1, "text": said("Lost")}],
            "reasoning": said("The reason of the model"),
            "codes": [],
            "new_codes": [{"name": said("Offered"), "definition": said("Offered words")}],
        }
    }
    model = ScriptedModel(otherwise=reply, name=filled.run.model)
    for incident in filled.incidents[2:4]:
        share = {"study_id": filled.run.study_id, "run_id": filled.run.id, "incident_id": incident.id}
        suggest_for_incident(database, model, **share)
