"""The notes of a project as shared memos, each on what refers to it; in the order of the file."""

from collections.abc import Mapping

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.coding.memos import LONGEST
from app.coding.models import Memo
from app.coding.submissions import SubmittedSpan
from app.export.bring_in_codes import CodePlaces
from app.export.bring_in_coding import NotePlace
from app.export.bring_in_texts import TextPlaces
from app.export.qdpx_words import MARKS, MEMO, NOT_CARRIED_NOTE, RULING
from app.export.readers import QdaCode, QdaNote, QdaProject, QdaSelection
from app.export.readers.archive import Archive
from app.incidents.readers import ReaderProblem
from app.incidents.readers.decoding import decoded
from app.methods.text import UnusableText, canonical
from app.rounds.imported import Rated
from app.studies.models import Membership
from app.studies.viewer import Viewer


class Notes:
    """rows: memos to be. A note on words that its author did not code there becomes one on the incident, with them."""

    def __init__(
        self,
        viewer: Viewer,
        archive: Archive,
        project: QdaProject,
        members: Mapping[str, Membership],
        assigned: Mapping[Rated, int],
    ) -> None:
        self.viewer, self.archive, self.project = viewer, archive, project
        self.members, self.assigned = members, assigned
        self.rows: list[tuple[int, dict[str, object]]] = []  # by the place of its note in the file
        self.ranks = {guid: rank for rank, guid in enumerate(project.notes)}
        self.seen: set[str] = set()

    def add(self, place: NotePlace) -> None:
        note = self.project.notes.get(place.note)
        if note is None:
            self.project.left_out["references to notes that the file does not hold"] += 1
            return
        self.seen.add(note.guid)
        author = self.members.get(note.user, self.viewer.member)
        text = self._text(note)
        if not text:
            return
        of_author = place.coder is not None and place.coder.member_id == author.id
        if place.kind == "coding" and place.span is not None and place.code_id is not None and of_author:
            assert place.coder is not None
            self._add(author, "quote", text, place, assignment_id=self.assigned[place.coder])
        elif place.span is not None:
            self._add(author, "incident", _with_words(place.span.quote, text), place)
        else:
            self._add(author, place.kind if place.kind != "coding" else "incident", text, place)

    def describe(self, selection: QdaSelection, span: SubmittedSpan | None, incident_id: int) -> None:
        """What a selection is described as, which is a note of whoever made it."""
        author = self.members.get(selection.user, self.viewer.member)
        words = span.quote if span else selection.name
        self._add(author, "incident", _with_words(words, selection.description), NotePlace("", "incident", incident_id))

    def add_unreferenced(self) -> None:
        for guid, note in self.project.notes.items():
            said_elsewhere = note.name in MARKS or note.name == NOT_CARRIED_NOTE or note.name.startswith(RULING)
            if guid not in self.seen and not said_elsewhere:
                self.add(NotePlace(guid, "study"))

    def _text(self, note: QdaNote) -> str:
        text = note.text
        if note.path:
            content = self.archive.text(note.path)
            if content is None:
                self.project.left_out["notes whose text is not in the file"] += 1
                return note.name.strip()
            try:
                text = canonical(decoded(content)[0]) if content.strip() else ""
            except (ReaderProblem, UnusableText):
                self.project.left_out["notes whose text cannot be read"] += 1
        name = "" if note.name == MEMO else note.name.strip()
        return "\n\n".join(part for part in (name, note.description, text.strip()) if part)

    def _add(
        self, author: Membership, kind: str, text: str, place: NotePlace, *, assignment_id: int | None = None
    ) -> None:
        """In several where it is longer than a memo may be."""
        span = place.span if kind == "quote" else None
        code_id = place.code_id if kind in ("code", "quote") else None
        incident_id = place.incident_id if kind in ("incident", "quote") else None
        rank = self.ranks.get(place.note, len(self.ranks))
        for start in range(0, len(text), LONGEST):
            row: dict[str, object] = {
                "study_id": self.viewer.study.id,
                "member_id": author.id,
                "assignment_id": assignment_id,
                "incident_id": incident_id,
                "code_id": code_id,
                "subject_kind": kind,
                "subject_id": {"incident": incident_id, "code": code_id}.get(kind),
                "start": span.start if span else None,
                "end": span.end if span else None,
                "quote": span.quote if span else None,
                "text": text[start : start + LONGEST],
                "sharing": "shared",
            }
            self.rows.append((rank, row))


def bring_in_notes(
    session: Session, notes: Notes, codes: CodePlaces, texts: TextPlaces, places: list[NotePlace]
) -> int:
    """How many memos that made."""
    project = notes.project
    for guid, code in ((code.guid, code) for code in _all(project.codes)):
        for note in code.notes:
            known = codes.codes.get(guid)
            notes.add(NotePlace(note, "code", code_id=known[1]) if known else NotePlace(note, "study"))
    for note in project.project_notes:
        if note not in project.notes or project.notes[note].name != NOT_CARRIED_NOTE:
            notes.add(NotePlace(note, "study"))
    for source in project.sources.values():
        for selection, span in zip(source.selections, texts.spans[source.guid], strict=True):
            if selection.description:
                notes.describe(selection, span, texts.ids[source.guid])
    for place in places:
        notes.add(place)
    notes.add_unreferenced()
    if notes.rows:
        session.execute(insert(Memo), [row for _, row in sorted(notes.rows, key=lambda each: each[0])])
    return len(notes.rows)


def _all(codes: list[QdaCode]) -> list[QdaCode]:
    found = []
    waiting = list(reversed(codes))
    while waiting:
        code = waiting.pop()
        found.append(code)
        waiting += reversed(code.codes)
    return found


def _with_words(words: str, text: str) -> str:
    return f"“{words}”\n\n{text}" if words else text
