"""The codebook as its pages show it: the tree, one code with where it stands, and how it came to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.codebook import queries
from app.codebook.models import CodebookVersion, CodeRevision
from app.codebook.policy import stands_under
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.problems import NotFound
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer

WORDS = {
    "name": "Name",
    "definition": "Definition",
    "use_when": "Use when",
    "not_when": "Not when",
    "examples": "Examples",
}


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
        """Retired and merged codes, by name."""
        return sorted((c for c in self.codebook.codes.values() if not c.is_active), key=lambda c: c.name.casefold())

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
    return [_turn(shown, members, revision, earlier) for revision, earlier in zip(revisions, before, strict=True)]


def _turn(
    shown: Shelf, members: Mapping[int, Membership], revision: CodeRevision, earlier: CodeRevision | None
) -> Turn:
    member = members.get(revision.member_id) if revision.member_id is not None else None
    held_by = [version for version in shown.versions if version.codebook_seq >= revision.codebook_seq]
    return Turn(
        at=revision.at,
        by=member.name if member else "",
        words=_words(shown.codebook, revision, earlier),
        reason=revision.reason,
        version=min(held_by, key=lambda version: version.codebook_seq).name if held_by else "",
        changes=tuple(_changes(revision, earlier)) if earlier else (),
    )


def _words(codebook: Codebook, revision: CodeRevision, earlier: CodeRevision | None) -> str:
    if earlier is None:
        return f"Created as “{revision.name}”"
    if revision.status != earlier.status:
        into = _name(codebook, revision.merged_into_id)
        return {"merged": f"Merged into {into}", "retired": "Retired"}.get(revision.status, "Restored")
    said = []
    if revision.parent_id != earlier.parent_id:
        said.append(f"moved from {_name(codebook, earlier.parent_id)} to {_name(codebook, revision.parent_id)}")
    if revision.name != earlier.name:
        said.append(f"renamed from “{earlier.name}”")
    reworded = [WORDS[change].lower() for change in list(WORDS)[1:] if _differs(revision, earlier, change)]
    if reworded:
        said.append(f"{', '.join(reworded)} reworded")
    words = "; ".join(said) or "saved without a change"
    return words[0].upper() + words[1:]


def _changes(revision: CodeRevision, earlier: CodeRevision) -> list[Change]:
    return [
        Change(words, _written(earlier, name), _written(revision, name))
        for name, words in WORDS.items()
        if _differs(revision, earlier, name)
    ]


def _differs(revision: CodeRevision, earlier: CodeRevision, name: str) -> bool:
    return _written(revision, name) != _written(earlier, name)


def _written(revision: CodeRevision, name: str) -> str:
    if name == "examples":
        return "\n".join(example["text"] for example in revision.examples)
    return str(getattr(revision, name))


def _name(codebook: Codebook, code_id: int | None) -> str:
    if code_id is None:
        return "the top"
    code = codebook.codes.get(code_id)
    return f"“{code.name}”" if code else "another code"


def _found(codebook: Codebook, dimension_id: int, find: str) -> list[tuple[CodeEntry, int]]:
    """Codes whose name holds the words looked for, with what they stand under."""
    rows = codebook.tree_of(dimension_id)
    wanted = find.casefold().strip()
    hits = [code.id for code, _ in rows if wanted in code.name.casefold()]
    return [
        (code, depth)
        for code, depth in rows
        if code.id in hits or any(stands_under(codebook, hit, code.id) for hit in hits)
    ]
