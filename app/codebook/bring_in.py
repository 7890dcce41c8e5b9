"""Bringing a codebook in from a file, whole or not at all. What is here stays unless a lead wants the file's words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.codebook.actions import CodeText, NewPlace, disclose, first_entry
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.import_plan import (
    EXAMPLES_NAME,
    Destination,
    ImportPlan,
    PlannedCode,
    PlannedDimension,
    planned,
    state_of,
)
from app.codebook.models import Code
from app.codebook.policy import check_may_alter
from app.codebook.queries import current_seq, visible_codebook, whole_codebook
from app.codebook.readers import ListedCodebook, ListedDimension, Refused
from app.codebook.readers.listed import NO_DIMENSION
from app.codebook.revisions import next_seq, revise_codes
from app.codebook.texts import TEXTS, as_written, example_rows
from app.codebook.tree import Codebook, CodeEntry
from app.codebook.withholding import withheld, without_open_examples
from app.methods.names import same_name
from app.problems import Conflict, Invalid, NotFound
from app.studies.events import record
from app.studies.models import StudyEvent
from app.studies.queries import hold_study
from app.studies.viewer import Viewer, check_leads

IMPORTED = "codebook.imported"
IMPORT = "codebook_import"  # the subject of its event, by the codebook_seq that it made
MOST_TOLD = 200  # refusals that the event keeps


class DimensionNotSaid(Invalid):
    """The file does not say which dimension its codes answer. Name one."""


class NoSuchDimension(Invalid):
    """The file has no dimension of that name."""


class NotToBeDoneSo(Invalid):
    """The file cannot be brought in like this."""


class NothingNew(Invalid):
    """Every code of this file is here already and keeps its words, so there is nothing to bring in."""


class CodebookMoved(Conflict):
    """The codebook changed after this preview was made, so nothing was brought in. Below is what it would do now."""


@dataclass
class BroughtIn:
    """different: codes that are here already with other words, which stayed. taken: those that got the file's words."""

    codebook_seq: int = 0
    dimensions_added: int = 0
    codes_added: int = 0
    already_here: int = 0
    different: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def bring_in_codebook(
    session: Session, viewer: Viewer, listed: ListedCodebook, *, dimension: str | None, file_name: str
) -> BroughtIn:
    """dimension: of a file that names dimensions, the one to take; of another, the one that its codes answer."""
    listed = replace(listed, dimensions=chosen_dimensions(listed, dimension))
    return bring_in(session, viewer, listed, destinations={}, file_name=file_name, reason=f"From {file_name}")


def bring_in(
    session: Session,
    viewer: Viewer,
    listed: ListedCodebook,
    *,
    destinations: Mapping[int, Destination],
    file_name: str,
    reason: str,
    theirs: Collection[str] = (),
    seen_state: str | None = None,
) -> BroughtIn:
    """theirs: keys of the codes that take the file's words. seen_state: of the codebook that the preview was made from.

    Raises CodebookMoved where it is another one by now, and NotToBeDoneSo where a dimension cannot go where it should.
    """
    check_leads(viewer)
    hold_study(session, viewer.study.id)
    codebook = codebook_to_compare(session, viewer)
    if seen_state is not None and seen_state != state_of(codebook):
        raise CodebookMoved
    plan = planned(listed, codebook, viewer.member.id, destinations)
    if plan.problem:
        raise NotToBeDoneSo(plan.problem)
    dimension_ids = {each.place: _dimension_id(session, viewer, each, reason) for each in _wanted(plan)}
    taken = [code for code in plan.of("conflicting") if code.key in theirs]
    if taken or plan.of("added"):
        _write(session, viewer, plan, dimension_ids, taken, reason)
    done = _report(plan, taken, current_seq(session, viewer.study.id))
    _record(session, viewer, done, file_name, reason)
    session.flush()
    return done


def codebook_to_compare(session: Session, viewer: Viewer) -> Codebook:
    """As the member may read it: without examples out of incidents that they still have to code."""
    seen = visible_codebook(session, viewer.study.id, viewer.member.id)
    return without_open_examples(session, viewer.study.id, viewer.member.id, seen)


def one_import(session: Session, study_id: int, seq: int) -> StudyEvent:
    """The event of the import that made this codebook_seq, with what it reported."""
    found = session.scalars(_imports(study_id).where(StudyEvent.subject_id == seq)).first()
    if found is None:
        raise NotFound
    return found


def newest_import_by(session: Session, viewer: Viewer) -> int:
    """The codebook_seq that the member's newest import made."""
    found = session.scalars(_imports(viewer.study.id).where(StudyEvent.member_id == viewer.member.id)).first()
    return found.subject_id or 0 if found else 0


def _imports(study_id: int) -> Select[StudyEvent]:
    newest_first = StudyEvent.id.desc()
    of_study = select(StudyEvent).where(StudyEvent.study_id == study_id, StudyEvent.subject_kind == IMPORT)
    return of_study.where(StudyEvent.kind == IMPORTED).order_by(newest_first)


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


def _wanted(plan: ImportPlan) -> list[PlannedDimension]:
    return [each for each in plan.dimensions if not each.destination.left_out]


def _dimension_id(session: Session, viewer: Viewer, wanted: PlannedDimension, reason: str) -> int:
    if wanted.here is not None:
        return wanted.here.id
    listed = wanted.listed
    words = DimensionText(
        name=wanted.name,
        question=listed.question,
        takes=listed.takes or "many",
        has_main=listed.has_main,
        openness=listed.openness or "open",
        needs_evidence=listed.needs_evidence,
    )
    return add_dimension(session, viewer.study.id, viewer.member, words, reason=reason).id


def _write(
    session: Session,
    viewer: Viewer,
    plan: ImportPlan,
    dimension_ids: Mapping[int, int],
    taken: list[PlannedCode],
    reason: str,
) -> None:
    """One codebook_seq for the whole file."""
    study_id, member = viewer.study.id, viewer.member
    seq = next_seq(session, study_id)
    rows = {
        code.key: Code(study_id=study_id, created_by=member.id, origin="import", source=code.listed.source)
        for code in plan.of("added")
    }
    session.add_all(rows.values())
    session.flush()
    entries = _new_entries(session, plan, dimension_ids, rows, seq, viewer)
    revise_codes(session, study_id, member, entries, seq, kind="created", reason=reason)
    disclose(session, study_id, [entry.id for entry in entries], member)
    for code in taken:
        if code.here is not None:
            check_may_alter(code.here, member)
    whole = whole_codebook(session, study_id).codes
    reworded = [_reworded(session, viewer, whole[code.here.id], code) for code in taken if code.here is not None]
    revise_codes(session, study_id, member, reworded, seq, kind="edited", reason=reason)


def _new_entries(
    session: Session,
    plan: ImportPlan,
    dimension_ids: Mapping[int, int],
    rows: Mapping[str, Code],
    seq: int,
    viewer: Viewer,
) -> list[CodeEntry]:
    last: dict[int, int] = {}
    for each in whole_codebook(session, viewer.study.id).codes.values():
        last[each.dimension_id] = max(last.get(each.dimension_id, 0), ceil(each.position))
    found = []
    for dimension in _wanted(plan):
        dimension_id = dimension_ids[dimension.place]
        for code in dimension.of("added"):
            last[dimension_id] = last.get(dimension_id, 0) + 1
            parent = code.parent
            parent_id = None if parent is None else parent.here.id if parent.here else rows[parent.key].id
            found.append(_entry(rows[code.key], code, dimension_id, parent_id, last[dimension_id], seq))
    return found


def _entry(
    row: Code, code: PlannedCode, dimension_id: int, parent_id: int | None, position: int, seq: int
) -> CodeEntry:
    texts: dict[str, Any] = {words.name: as_written(words, "") for words in TEXTS} | code.listed.texts
    examples = example_rows(code.listed.examples)
    words = CodeText(code.listed.name, **texts, examples=examples, colour=code.listed.colour)
    place = NewPlace(dimension_id, parent_id, position=position, is_category=code.listed.is_category)
    return first_entry(row, words, place, seq)


def _reworded(session: Session, viewer: Viewer, here: CodeEntry, code: PlannedCode) -> CodeEntry:
    """With the file's words where it has some, and ours where it has none."""
    changed: dict[str, Any] = {
        each.name: code.listed.texts[each.name] for each in code.differences if each.name != EXAMPLES_NAME
    }
    if any(each.name == EXAMPLES_NAME for each in code.differences):
        kept = withheld(session, viewer.study.id, viewer.member, here)
        changed["examples"] = (*_examples(here, code), *kept)
    return replace(here, **changed)


def _examples(here: CodeEntry, code: PlannedCode) -> tuple[Mapping[str, Any], ...]:
    """The file's; one that is here in the same words keeps the incident that it comes from."""
    ours = {" ".join(str(example["text"]).split()): example for example in here.examples}
    theirs = example_rows(code.listed.examples)
    return tuple(ours.get(" ".join(example["text"].split()), example) for example in theirs)


def _report(plan: ImportPlan, taken: list[PlannedCode], seq: int) -> BroughtIn:
    keys = {code.key for code in taken}
    conflicting = plan.of("conflicting")
    return BroughtIn(
        codebook_seq=seq,
        dimensions_added=len(plan.new_dimensions),
        codes_added=len(plan.of("added")),
        already_here=len(plan.of("matched")) + len(conflicting),
        different=[code.listed.name for code in conflicting if code.key not in keys],
        taken=[code.listed.name for code in taken],
        refused=plan.refused,
        left_out=plan.left_out,
        remarks=plan.remarks,
    )


def _record(session: Session, viewer: Viewer, done: BroughtIn, file_name: str, reason: str) -> None:
    record(
        session,
        viewer.study.id,
        viewer.member,
        IMPORTED,
        subject=(IMPORT, done.codebook_seq),
        file=file_name,
        reason=reason,
        dimensions_added=done.dimensions_added,
        added=done.codes_added,
        already_here=done.already_here,
        taken=done.taken[:MOST_TOLD],
        kept=len(done.different),
        refused=len(done.refused),
        refusals=[[each.place, each.reason] for each in done.refused[:MOST_TOLD]],
        left_out=done.left_out,
        remarks=done.remarks,
    )
