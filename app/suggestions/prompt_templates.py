"""The instructions of prompts as leads write them: every version stays as it was, and says who wrote it and when."""

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.methods.names import plain_name
from app.problems import Conflict, Invalid, NotFound
from app.studies.events import record
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads
from app.suggestions.models import PromptTemplate, SuggestionRun
from app.suggestions.prompt import INSTRUCTIONS, TEMPLATE_VERSION

LONGEST_INSTRUCTIONS = 20_000
LONGEST_NAME = 120
SHIPPED_NAME = "As Tandem ships it"


class NoInstructions(Invalid):
    """Write the instructions; a prompt without any tells the model nothing."""


class InstructionsTooLong(Invalid):
    """Instructions have at most 20,000 characters. Shorten them."""


class TemplateNameTooLong(Invalid):
    """The name of a version has at most 120 characters. Shorten it."""


class SameInstructions(Conflict):
    """There is a version with exactly these instructions already. Use that one."""


@dataclass(frozen=True)
class DiffLine:
    """A line of a comparison, without its sign. kind: 'place' says where in the texts the lines below stand."""

    kind: Literal["same", "added", "removed", "place"]
    text: str


def templates_of(session: Session, study_id: int) -> Sequence[PromptTemplate]:
    """Newest first. The text that ships with the app has no row: see INSTRUCTIONS and SHIPPED_NAME."""
    return session.scalars(
        select(PromptTemplate).where(PromptTemplate.study_id == study_id).order_by(PromptTemplate.version.desc())
    ).all()


def template_of(session: Session, study_id: int, template_id: int) -> PromptTemplate:
    found = session.scalar(
        select(PromptTemplate).where(PromptTemplate.study_id == study_id, PromptTemplate.id == template_id)
    )
    if found is None:
        raise NotFound
    return found


def add_template(session: Session, viewer: Viewer, *, name: str, instructions: str) -> PromptTemplate:
    """The next version of the study's. Only the instructions are written; the app adds all else of a prompt."""
    check_leads(viewer)
    text = checked_instructions(instructions)
    plain = plain_name(name)
    if len(plain) > LONGEST_NAME:
        raise TemplateNameTooLong
    hold_study(session, viewer.study.id)  # two leads may write at the same moment
    written = templates_of(session, viewer.study.id)
    if text == INSTRUCTIONS or any(one.instructions == text for one in written):
        raise SameInstructions
    template = PromptTemplate(
        study_id=viewer.study.id,
        version=max((one.version for one in written), default=0) + 1,
        name=plain,
        instructions=text,
        sha256=sha256_of(text),
        made_by=viewer.member.id,
    )
    session.add(template)
    session.flush()
    record(
        session,
        viewer.study.id,
        viewer.member,
        "prompt_template.written",
        subject=("prompt_template", template.id),
        version=template.version,
        sha256=template.sha256,
    )
    return template


def checked_instructions(typed: str) -> str:
    """As it is stored and sent: line ends as LF, no white space around it."""
    text = typed.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise NoInstructions
    if len(text) > LONGEST_INSTRUCTIONS:
        raise InstructionsTooLong
    return text


def sha256_of(instructions: str) -> str:
    return hashlib.sha256(instructions.encode()).hexdigest()


def prompt_version(template: PromptTemplate | None) -> str:
    """What a run stores as its prompt_version. None: the text that ships with the app."""
    return TEMPLATE_VERSION if template is None else f"{TEMPLATE_VERSION}/study-{template.version}"


def instructions_of(session: Session, run: SuggestionRun) -> str:
    if run.prompt_template_id is None:
        return INSTRUCTIONS
    return template_of(session, run.study_id, run.prompt_template_id).instructions


def changes_between(before: str, after: str) -> list[DiffLine]:
    """Line by line, with three lines around each change; none where the two are equal."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    kinds: dict[str, Literal["same", "added", "removed"]] = {" ": "same", "+": "added", "-": "removed"}
    told = list(lines)[2:]  # without the names of the files
    return [DiffLine("place", line) if line.startswith("@@") else DiffLine(kinds[line[0]], line[1:]) for line in told]
