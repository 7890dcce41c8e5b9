"""A study of another tool, or of Tandem, brought in from a REFI-QDA project as a new study: all of it or nothing."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import IO

from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.codebook.new_study import suggested_slug
from app.export.bring_in_codes import bring_in_codes
from app.export.bring_in_coding import Finding, bring_in_coding
from app.export.bring_in_notes import Notes, bring_in_notes
from app.export.bring_in_texts import TextPlaces, bring_in_texts
from app.export.free_names import FreeNames
from app.export.qdpx_words import FINAL_ID, MODEL_ID
from app.export.readers import QdaProject, opened_archive, read_project
from app.methods.names import plain_name
from app.problems import Invalid
from app.rounds.actions import LONGEST_NAME
from app.studies.actions import LONGEST_TITLE, create_study
from app.studies.events import record
from app.studies.models import Membership
from app.studies.raters import rater_members
from app.studies.settings_actions import LONGEST_ABOUT
from app.studies.viewer import Viewer

LEVELS = ("", "::", "\\", ".", "/")  # what may part the levels within the names of codes
NOBODY = "(coder not named)"
LONGEST_RATER = 120
NAMES_SHOWN = 5
MOST_TOLD = 200  # sentences that the study keeps
IMPORTED = "study.imported"


class NoSuchLevels(Invalid):
    """Levels within names are parted by :: or \\ or . or /, or names hold no levels."""


@dataclass(frozen=True)
class StudyPlan:
    """Blank takes what the file says. levels: one of LEVELS."""

    slug: str = ""
    title: str = ""
    round_name: str = ""
    levels: str = ""


@dataclass
class StudyBroughtIn:
    """left_out: what has no place here, changed: what came in otherwise than it stands in the file; both in words."""

    slug: str
    title: str
    round_number: int | None = None
    members: int = 0
    dimensions: int = 0
    codes: int = 0
    incidents: int = 0
    codings: int = 0
    quotes: int = 0
    final_codes: int = 0
    memos: int = 0
    left_out: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def bring_in_study(
    session: Session, person: Person | None, file: IO[bytes], plan: StudyPlan, *, file_name: str
) -> tuple[Viewer, StudyBroughtIn]:
    """person becomes the lead; None: a lead without a person behind it. Raises ProjectFileProblem, and what is said of
    a title or a short name that cannot be."""
    if plan.levels not in LEVELS:
        raise NoSuchLevels
    with opened_archive(file) as archive:
        project = read_project(archive.project_pieces())
        title = plan.title or plain_name(project.name)[:LONGEST_TITLE] or PurePath(file_name).stem
        slug = plan.slug or suggested_slug(title)
        viewer = create_study(session, person, slug=slug, title=title, about=project.description[:LONGEST_ABOUT])
        done = StudyBroughtIn(viewer.study.slug, viewer.study.title)
        members = _members(session, viewer, project, done)
        codes = bring_in_codes(session, viewer, project.codes, levels=plan.levels, used=_used(project))
        texts = bring_in_texts(session, viewer, archive, project)
        found = Finding(project, codes, texts, members).find()
        name = plan.round_name or f"Codings of {file_name}"[:LONGEST_NAME]
        how = {
            "how_chosen": "imported",
            "file": file_name,
            "said_independent": False,
            "incident_ids": len(texts.ids),
        }
        coding_round, assigned = bring_in_coding(session, viewer, found, project, members, name=name, plan=how)
        notes = Notes(viewer, archive, project, members, assigned)
        done.memos = bring_in_notes(session, notes, codes, texts, found.notes)
    done.round_number = coding_round.number if coding_round else None
    done.dimensions, done.codes = codes.dimensions, len(codes.codes)
    done.incidents, done.codings, done.quotes = len(texts.ids), found.codings, found.quotes
    done.final_codes = found.final_answers
    done.changed = [*_changed(texts), *done.changed, *codes.changed]
    done.left_out += _left_out(project, texts)
    if len(project.description) > LONGEST_ABOUT:
        done.changed.append(f"The description of the project is cut to {LONGEST_ABOUT:,} characters.")
    _record(session, viewer, done, file, file_name)
    return viewer, done


def _members(session: Session, viewer: Viewer, project: QdaProject, done: StudyBroughtIn) -> dict[str, Membership]:
    """By the GUID of their user, in the order of the file; those whom codings name and the file does not, as one."""
    names: dict[str, str] = {}
    here = FreeNames(LONGEST_RATER)
    for guid, user in project.users.items():
        if user.id != FINAL_ID:
            names[guid] = here.free(plain_name(user.name) or "User")
            if names[guid] != user.name:
                done.changed.append(f"The user “{user.name[:60]}” is called “{names[guid]}”.")
    models = [names[guid] for guid, user in project.users.items() if user.id == MODEL_ID and guid in names]
    named = {coding.user for source in project.sources.values() for coding in source.all_codings()}
    unknown = sorted(named - project.users.keys())
    wanted = list(names.values())
    nobody = here.free(NOBODY)
    made, _ = rater_members(session, viewer, [*wanted, nobody] if unknown else wanted, models)
    done.members = len(made)
    found = {guid: made[name] for guid, name in names.items()}
    for guid in unknown:
        found[guid] = made[nobody]
    return found


def _used(project: QdaProject) -> set[str]:
    return {coding.code for source in project.sources.values() for coding in source.all_codings()}


def _changed(texts: TextPlaces) -> list[str]:
    said = [
        f"Positions are counted with {how} ({_count(count, 'text')}, {_count(selections, 'selection')}); they were "
        "moved, so that each stands on its words."
        for how, (count, selections) in sorted(texts.moved.items())
    ]
    said += [
        f"{_count(count, 'text')} read as {encoding}, since not UTF-8."
        for encoding, count in sorted(texts.encodings.items())
    ]
    said += [
        f"{_count(len(names), 'incident')} came without a text, so that nobody can be asked to code them: {why}. "
        f"{_named(names, len(names))}"
        for why, names in sorted(texts.without_text.items())
    ]
    return said


def _left_out(project: QdaProject, texts: TextPlaces) -> list[str]:
    """By name and count."""
    said = []
    for what, count in sorted(project.left_out.items()):
        names = [name for name in project.names_left_out.get(what, []) if name.strip()]
        said.append(f"{what} ({count}){': ' + _named(names, count) if names else ''}")
    if texts.unplaced:
        said.append(f"places of selections where there is no text ({texts.unplaced}); they count for the whole text")
    return said


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _named(names: list[str], count: int) -> str:
    shown = ", ".join(f"“{name[:60]}”" for name in names[:NAMES_SHOWN])
    return f"{shown} and {count - NAMES_SHOWN} more" if count > NAMES_SHOWN else shown


def _told(said: list[str]) -> list[str]:
    """As many as somebody reads through."""
    more = len(said) - MOST_TOLD
    return said if more <= 0 else [*said[:MOST_TOLD], f"{more:,} more of this kind."]


def _record(session: Session, viewer: Viewer, done: StudyBroughtIn, file: IO[bytes], file_name: str) -> None:
    digest = sha256()
    file.seek(0)
    while piece := file.read(1 << 20):
        digest.update(piece)
    record(
        session,
        viewer.study.id,
        viewer.member,
        IMPORTED,
        subject=("study", viewer.study.id),
        file=file_name,
        sha256=digest.hexdigest(),
        members=done.members,
        dimensions=done.dimensions,
        codes=done.codes,
        incidents=done.incidents,
        codings=done.codings,
        quotes=done.quotes,
        final_codes=done.final_codes,
        memos=done.memos,
        left_out=_told(done.left_out),
        changed=_told(done.changed),
    )
    session.flush()
