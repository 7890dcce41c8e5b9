"""The codebook as its pages show it: the tree, one code with where it stands, and how it came to be."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.codebook import queries
from app.codebook.examples import KINDS, kind_of
from app.codebook.models import CodebookVersion, CodeRevision
from app.codebook.policy import stands_under
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.codebook.withholding import open_incidents, readable
from app.problems import NotFound
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

WORDS = {
    "name": "Name",
    "short_definition": "Short definition",
    "definition": "Definition",
    "use_when": "Use when",
    "not_when": "Not when",
    "examples": "Examples",
    "synonyms": "Synonyms",
    "source": "Source",
}
PUT_AWAY = {"retired": "Retired", "split": "Split into several codes", "undone": "Its making was undone"}


@dataclass(frozen=True)
class Branch:
    """A dimension with those of its codes that are shown, each with its depth."""

    dimension: DimensionEntry
    rows: tuple[tuple[CodeEntry, int], ...]
    unfolded: bool

    @property
    def count(self) -> int:
        return sum(code.can_be_applied for code, _ in self.rows)


@dataclass(frozen=True)
class Change:
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Turn:
    """One revision in the history of a code."""

    at: datetime
    by: str
    words: str
    reason: str
    version: str
    changes: tuple[Change, ...]
    codebook_seq: int
    is_newest: bool


@dataclass(frozen=True)
class Shelf:
    """The codebook that one member sees, now or as a version had it."""

    codebook: Codebook
    version: CodebookVersion | None
    versions: Sequence[CodebookVersion]

    def branches(self, *, current: CodeEntry | None = None, find: str = "") -> list[Branch]:
        dimensions = self.codebook.dimensions
        unfolded = current.dimension_id if current else dimensions[0].id if dimensions else None
        all_branches = [
            Branch(d, tuple(_found(self.codebook, d.id, find)), unfolded=bool(find) or d.id == unfolded)
            for d in dimensions
        ]
        return [branch for branch in all_branches if branch.rows or not find]

    @property
    def put_away(self) -> list[CodeEntry]:
        """Retired, merged and split codes, by name."""
        away = [c for c in self.codebook.codes.values() if not c.is_active and c.status != "undone"]
        return sorted(away, key=lambda c: c.name.casefold())

    def code(self, code_id: int) -> CodeEntry:
        found = self.codebook.codes.get(code_id)
        if found is None:
            raise NotFound
        return found

    def path(self, code: CodeEntry) -> list[CodeEntry]:
        """What the code stands under, the topmost first."""
        above: list[CodeEntry] = []
        while code.parent_id is not None and (parent := self.codebook.codes.get(code.parent_id)) is not None:
            above.insert(0, parent)
            code = parent
        return above

    def parents_for(self, dimension_id: int, code: CodeEntry | None = None) -> list[tuple[str, str]]:
        """Options of a select: where a code may stand."""
        rows = [
            (str(entry.id), "\N{EM SPACE}" * depth + entry.name)
            for entry, depth in self.codebook.tree_of(dimension_id)
            if code is None or (entry.id != code.id and not stands_under(self.codebook, entry.id, code.id))
        ]
        return [("", "at the top"), *rows]

    def shown_under(self, code: CodeEntry) -> int | None:
        """The parent that the tree shows it under: one that was put away is none."""
        parent = self.codebook.codes.get(code.parent_id) if code.parent_id is not None else None
        return parent.id if parent is not None and parent.is_active else None

    def neighbours_for(self, code: CodeEntry) -> list[tuple[str, str]]:
        """Options of a select: what a code may stand right before."""
        rows = [
            (str(entry.id), "\N{EM SPACE}" * depth + entry.name)
            for entry, depth in self.codebook.tree_of(code.dimension_id)
            if entry.id != code.id and not stands_under(self.codebook, entry.id, code.id)
        ]
        return [("", "at the end"), *rows]

    def other_dimensions(self, code: CodeEntry) -> list[tuple[str, str]]:
        return [(str(each.id), each.name) for each in self.codebook.dimensions if each.id != code.dimension_id]

    def merge_targets(self, code: CodeEntry) -> list[tuple[str, str]]:
        return [
            (str(entry.id), entry.name)
            for entry in self.codebook.codes_of(code.dimension_id)
            if entry.id != code.id
            and entry.is_category == code.is_category
            and not stands_under(self.codebook, entry.id, code.id)
        ]


def shelf(session: Session, viewer: Viewer, version_id: int | None = None) -> Shelf:
    study_id = viewer.study.id
    version = queries.version(session, study_id, version_id) if version_id is not None else None
    seq = version.codebook_seq if version else None
    codebook = queries.visible_codebook(session, study_id, viewer.member.id, seq=seq)
    return Shelf(codebook, version, queries.versions(session, study_id))


def may_read_whole(viewer: Viewer, code: CodeEntry) -> bool:
    return code.disclosed == "whole" or code.created_by == viewer.member.id


def history(session: Session, viewer: Viewer, shown: Shelf, code: CodeEntry) -> list[Turn]:
    """Newest first; empty for a code of which the viewer may see the name only."""
    if not may_read_whole(viewer, code):
        return []
    revisions = [
        revision
        for revision in queries.code_history(session, viewer.study.id, code.id)
        if revision.codebook_seq <= shown.codebook.codebook_seq
    ]
    members = members_by_id(session, viewer.study.id)
    before: Sequence[CodeRevision | None] = [*revisions[1:], None]
    hidden = open_incidents(session, viewer.study.id, viewer.member.id)
    return [
        _turn(shown, members, revision, earlier, hidden) for revision, earlier in zip(revisions, before, strict=True)
    ]


def both_states(codebook: Codebook, before: CodeEntry, now: CodeEntry) -> list[Change]:
    """What is different between a code as somebody saw it and as it stands."""
    rows = [
        Change(words, _as_text(getattr(before, name)), _as_text(getattr(now, name))) for name, words in WORDS.items()
    ]
    rows.append(Change("Stands under", _name(codebook, before.parent_id), _name(codebook, now.parent_id)))
    rows.append(Change("Dimension", _dimension(codebook, before), _dimension(codebook, now)))
    rows.append(Change("Is a", *("category" if each.is_category else "code" for each in (before, now))))
    rows.append(Change("State", _state(codebook, before), _state(codebook, now)))
    return [row for row in rows if row.before != row.after]


def _turn(
    shown: Shelf,
    members: Mapping[int, Membership],
    revision: CodeRevision,
    earlier: CodeRevision | None,
    hidden: Collection[int],
) -> Turn:
    member = members.get(revision.member_id) if revision.member_id is not None else None
    held_by = [version for version in shown.versions if version.codebook_seq >= revision.codebook_seq]
    return Turn(
        at=revision.at,
        by=member.name if member else "",
        words=_words(shown.codebook, revision, earlier),
        reason=revision.reason,
        version=min(held_by, key=lambda version: version.codebook_seq).name if held_by else "",
        changes=tuple(_changes(revision, earlier, hidden)) if earlier else (),
        codebook_seq=revision.codebook_seq,
        is_newest=revision.codebook_seq == shown.codebook.codes[revision.code_id].codebook_seq,
    )


def _words(codebook: Codebook, revision: CodeRevision, earlier: CodeRevision | None) -> str:
    if earlier is None:
        from_ = f", out of {_name(codebook, revision.split_from_id)}" if revision.split_from_id is not None else ""
        return f"Created as “{revision.name}”{from_}"
    if revision.undoes_seq is not None:
        return f"Undone: {_altered(codebook, revision, earlier).lower() or 'what was done to others'}"
    return _altered(codebook, revision, earlier) or "Saved without a change"


def _altered(codebook: Codebook, revision: CodeRevision, earlier: CodeRevision) -> str:
    if revision.status != earlier.status:
        merged = f"Merged into {_name(codebook, revision.merged_into_id)}"
        return {"merged": merged, **PUT_AWAY}.get(revision.status, "Restored")
    said = []
    if revision.dimension_id != earlier.dimension_id:
        said.append(f"put from {_dimension(codebook, earlier)} to {_dimension(codebook, revision)}")
    if revision.is_category != earlier.is_category:
        said.append("made a category" if revision.is_category else "made a code again")
    if revision.parent_id != earlier.parent_id:
        said.append(f"moved from {_name(codebook, earlier.parent_id)} to {_name(codebook, revision.parent_id)}")
    elif revision.position != earlier.position and revision.dimension_id == earlier.dimension_id:
        said.append("moved to another place")
    if revision.name != earlier.name:
        said.append(f"renamed from “{earlier.name}”")
    reworded = [WORDS[change].lower() for change in list(WORDS)[1:] if _differs(revision, earlier, change)]
    if reworded:
        said.append(f"{', '.join(reworded)} reworded")
    words = "; ".join(said)
    return words[:1].upper() + words[1:]


def _changes(revision: CodeRevision, earlier: CodeRevision, hidden: Collection[int]) -> list[Change]:
    """hidden: incidents of which no example is shown."""
    rows = [
        Change(words, _written(earlier, name, hidden), _written(revision, name, hidden))
        for name, words in WORDS.items()
        if _differs(revision, earlier, name)
    ]
    return [row for row in rows if row.before != row.after]


def _differs(revision: CodeRevision, earlier: CodeRevision, name: str) -> bool:
    return _written(revision, name) != _written(earlier, name)


def _written(revision: CodeRevision, name: str, hidden: Collection[int] = ()) -> str:
    if name == "examples":
        return _as_text(readable(revision.examples, hidden))
    return _as_text(getattr(revision, name))


def _as_text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(
            f"{KINDS[kind_of(each)]}: {each['text']}" if isinstance(each, Mapping) else each for each in value
        )
    return str(value or "")


def _state(codebook: Codebook, code: CodeEntry) -> str:
    if code.status == "merged":
        return f"Merged into {_name(codebook, code.merged_into_id)}"
    return PUT_AWAY.get(code.status, "In use")


def _dimension(codebook: Codebook, of: CodeEntry | CodeRevision) -> str:
    found = codebook.dimension(of.dimension_id)
    return found.name if found else "another dimension"


def _name(codebook: Codebook, code_id: int | None) -> str:
    if code_id is None:
        return "the top"
    code = codebook.codes.get(code_id)
    return f"“{code.name}”" if code else "another code"


def _found(codebook: Codebook, dimension_id: int, find: str) -> list[tuple[CodeEntry, int]]:
    """Codes whose name or synonym holds the words looked for, with what they stand under."""
    rows = codebook.tree_of(dimension_id)
    wanted = find.casefold().strip()
    if not wanted:
        return rows
    shown: set[int] = set()
    for code, _ in rows:
        above: CodeEntry | None = code
        if any(wanted in name.casefold() for name in (code.name, *code.synonyms)):
            while above is not None and above.id not in shown:
                shown.add(above.id)
                above = codebook.codes.get(above.parent_id) if above.parent_id is not None else None
    return [(code, depth) for code, depth in rows if code.id in shown]
