"""Bringing a codebook in from a file. What is here is never overwritten: what differs is said, and stays."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, create_code
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.policy import NameTooLong, NoName
from app.codebook.queries import whole_codebook
from app.codebook.readers import ListedCode, ListedCodebook, ListedDimension, Refused
from app.codebook.readers.listed import NO_DIMENSION
from app.codebook.tree import CodeEntry
from app.methods.names import same_name
from app.problems import Invalid
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads


class DimensionNotSaid(Invalid):
    """The file does not say which dimension its codes answer. Name one."""


class NoSuchDimension(Invalid):
    """The file has no dimension of that name."""


@dataclass
class BroughtIn:
    """different: codes that are here already with other words; what is here stays."""

    dimensions_added: int = 0
    codes_added: int = 0
    already_here: int = 0
    different: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def bring_in_codebook(
    session: Session, viewer: Viewer, listed: ListedCodebook, *, dimension: str | None, file_name: str
) -> BroughtIn:
    """dimension: of a file that names dimensions, the one to take; of another, the one that its codes answer."""
    check_leads(viewer)
    done = BroughtIn(refused=list(listed.refused), left_out=list(listed.left_out))
    for each in chosen_dimensions(listed, dimension):
        dimension_id = _dimension_id(session, viewer, each, done)
        for code in each.codes:
            _bring_in_code(session, viewer, dimension_id, None, code, done)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "codebook.imported",
        file=file_name,
        added=done.codes_added,
        already_here=done.already_here,
        refused=len(done.refused),
    )
    session.flush()
    return done


def chosen_dimensions(listed: ListedCodebook, dimension: str | None) -> list[ListedDimension]:
    unnamed = [each for each in listed.dimensions if each.name == NO_DIMENSION]
    if dimension is None:
        if unnamed:
            raise DimensionNotSaid
        return listed.dimensions
    if unnamed and len(unnamed) == len(listed.dimensions):
        return [ListedDimension(dimension, codes=[code for each in unnamed for code in each.codes])]
    named = [each for each in listed.dimensions if same_name(each.name, dimension)]
    if not named:
        there = ", ".join(f"“{each.name}”" for each in listed.dimensions if each.name)
        raise NoSuchDimension(f"The file has no dimension “{dimension}”. It has {there}.")
    return named


def _dimension_id(session: Session, viewer: Viewer, listed: ListedDimension, done: BroughtIn) -> int:
    for here in whole_codebook(session, viewer.study.id).dimensions:
        if same_name(here.name, listed.name):
            return here.id
    words = DimensionText(
        name=listed.name,
        question=listed.question,
        takes=listed.takes or "many",
        has_main=listed.has_main,
        openness=listed.openness or "open",
        needs_evidence=listed.needs_evidence,
    )
    done.dimensions_added += 1
    return add_dimension(session, viewer.study.id, viewer.member, words).id


def _bring_in_code(
    session: Session, viewer: Viewer, dimension_id: int, parent_id: int | None, code: ListedCode, done: BroughtIn
) -> None:
    here = _beside(session, viewer, dimension_id, parent_id, code.name)
    if here is None:
        try:
            with session.begin_nested():
                here = _create(session, viewer, dimension_id, parent_id, code)
        except (NoName, NameTooLong) as problem:
            below = f" The {len(code.codes)} codes under it are left out too." if code.codes else ""
            done.refused.append(Refused(code.place, problem.sentence + below))
            return
        done.codes_added += 1
    else:
        done.already_here += 1
        if _words(code) != (here.definition, here.use_when, here.not_when):
            done.different.append(code.name)
    for child in code.codes:
        _bring_in_code(session, viewer, dimension_id, here.id, child, done)


def _beside(session: Session, viewer: Viewer, dimension_id: int, parent_id: int | None, name: str) -> CodeEntry | None:
    """The active code of that name under the same parent, of those that everybody may see."""
    for each in whole_codebook(session, viewer.study.id).codes.values():
        same_place = each.dimension_id == dimension_id and each.parent_id == parent_id and each.is_active
        if same_place and same_name(each.name, name) and (each.disclosed or each.created_by == viewer.member.id):
            return each
    return None


def _create(session: Session, viewer: Viewer, dimension_id: int, parent_id: int | None, code: ListedCode) -> CodeEntry:
    definition, use_when, not_when = _words(code)
    words = CodeText(
        name=code.name,
        definition=definition,
        use_when=use_when,
        not_when=not_when,
        examples=tuple({"text": text} for text in code.examples),
        colour=code.colour,
    )
    return create_code(
        session,
        viewer.study.id,
        viewer.member,
        dimension_id,
        words,
        origin="import",
        parent_id=parent_id,
        is_category=code.is_category,
        source=code.source,
    )


def _words(code: ListedCode) -> tuple[str, str, str]:
    return code.definition.strip(), code.use_when.strip(), code.not_when.strip()
