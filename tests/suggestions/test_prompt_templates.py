"""Versions of the instructions: written by a lead, never changed, compared line by line."""

import hashlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.session import Database
from app.problems import NotFound
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly
from app.suggestions.prompt import ABOUT_MARKS, INSTRUCTIONS, TEMPLATE_VERSION
from app.suggestions.prompt_templates import (
    InstructionsTooLong,
    NoInstructions,
    SameInstructions,
    TemplateNameTooLong,
    add_template,
    changes_between,
    instructions_of,
    prompt_version,
    template_of,
    templates_of,
)
from app.suggestions.run_prompts import run_prompt
from tests.suggestions.conftest import Table, make_table


def test_each_text_is_the_next_version_with_its_hash_and_an_event(session: Session, table: Table) -> None:
    study_id = table.lead.study.id
    first = add_template(session, table.lead, name="  Short\nones ", instructions="Code\r\nthis. \n")
    second = add_template(session, table.lead, name="", instructions="Code that.")

    assert [one.version for one in templates_of(session, study_id)] == [2, 1]
    assert (first.name, first.instructions, first.made_by) == ("Short ones", "Code\nthis.", table.lead.member.id)
    assert first.sha256 == hashlib.sha256(b"Code\nthis.").hexdigest()
    events = session.scalars(select(StudyEvent).where(StudyEvent.kind == "prompt_template.written")).all()
    assert [event.details["version"] for event in events] == [1, 2]
    assert prompt_version(None) == TEMPLATE_VERSION and prompt_version(second) == f"{TEMPLATE_VERSION}/study-2"


def test_a_version_cannot_be_rewritten(session: Session, table: Table) -> None:
    add_template(session, table.lead, name="", instructions="Code this.")
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text("UPDATE prompt_templates SET instructions = 'other'"))


@pytest.mark.parametrize(
    ("name", "instructions", "problem"),
    [
        ("", " \n ", NoInstructions),
        ("", "x" * 20_001, InstructionsTooLong),
        ("n" * 121, "x", TemplateNameTooLong),
        ("", INSTRUCTIONS, SameInstructions),
    ],
)
def test_what_cannot_be_used_is_refused(
    session: Session, table: Table, name: str, instructions: str, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        add_template(session, table.lead, name=name, instructions=instructions)


def test_the_same_text_twice_is_one_version(session: Session, table: Table) -> None:
    add_template(session, table.lead, name="", instructions="Code this.")
    with pytest.raises(SameInstructions):
        add_template(session, table.lead, name="again", instructions="Code this.\n")


def test_only_a_lead_writes_one_and_only_the_study_has_it(session: Session, database: Database, table: Table) -> None:
    with pytest.raises(LeadOnly):
        add_template(session, table.ada, name="", instructions="Code this.")
    written = add_template(session, table.lead, name="", instructions="Code this.")
    other = make_table(session, database)

    assert list(templates_of(session, other.lead.study.id)) == []
    with pytest.raises(NotFound):
        template_of(session, other.lead.study.id, written.id)


def test_a_run_is_asked_in_its_version_and_the_words_about_the_marks_stay(session: Session, table: Table) -> None:
    run = table.ask(limit=1)
    assert instructions_of(session, run) == INSTRUCTIONS
    run.prompt_template_id = add_template(session, table.lead, name="", instructions="Code this.").id
    session.flush()
    question = run_prompt(session, run, table.coding_round).question("One.", mark="aa11")

    assert question.system.startswith(f"Code this.\n\n{ABOUT_MARKS}\n\n# Dimensions\n")


def test_two_versions_are_compared_line_by_line() -> None:
    before = "\n".join(["one", "two", "three", "four", "five", "six"])
    after = before.replace("two", "2") + "\nseven"
    told = [(line.kind, line.text) for line in changes_between(before, after)]

    assert ("removed", "two") in told and ("added", "2") in told and ("added", "seven") in told
    assert ("same", "one") in told and told[0][0] == "place"
    assert changes_between(before, before) == []
    assert [line.text for line in changes_between("--- a", "+++ b")][1:] == ["--- a", "+++ b"]
