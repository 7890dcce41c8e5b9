"""The XML of a REFI-QDA project, read piece by piece: a project of any size never stands in memory as a tree.

Document types are refused where they begin, so no entity is ever expanded and nothing is fetched. Older files with
another namespace are read too: names of elements count without it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

from app.export.readers.archive import MIB, ProjectFileProblem
from app.export.readers.project import (
    QdaCase,
    QdaCode,
    QdaCoding,
    QdaNote,
    QdaProject,
    QdaSelection,
    QdaSource,
    QdaUser,
)

DEEPEST_CODE, DEEPEST = 50, 200
# Of each: what is read stands in memory until it is stored, and few bytes of a file may make much of it.
MOST = {
    "User": (500, "users"),
    "Code": (20_000, "codes"),
    "Variable": (1_000, "variables"),
    "Case": (100_000, "cases"),
    "VariableValue": (1_000_000, "values of variables"),
    "TextSource": (100_000, "texts"),
    "Note": (100_000, "notes"),
    "PlainTextSelection": (300_000, "selections"),
    "Coding": (300_000, "codings"),
    "SourceRef": (500_000, "references of cases to texts"),
    "NoteRef": (1_000_000, "references to notes"),
}
LONGEST_PIECE = 16 * MIB  # between two marks of the XML
LONGEST_TEXT = 8 * MIB  # letters of one that stands in the project itself
NAMES_KEPT = 5  # of what has no place
MEDIA = {
    "PictureSource": "pictures",
    "PDFSource": "PDF documents",
    "AudioSource": "recordings of sound",
    "VideoSource": "videos",
}
NO_PLACE = {"Set": "sets", "Graph": "graphs", "Link": "links"}
VALUES = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")
TEXTS = ("Description", "PlainTextContent", *VALUES)

Attributes = dict[str, str]


class _Open(NamedTuple):
    """An element that has begun: its name without namespace, and what is made of it."""

    tag: str
    held: object = None


def read_project(pieces: Iterable[bytes]) -> QdaProject:
    """Raises ProjectFileProblem."""
    reading = _Reading()
    parser = ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.take
    fed = 0
    try:
        for piece in pieces:
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > LONGEST_PIECE:
                raise ProjectFileProblem(f"One piece of this project is longer than {LONGEST_PIECE // MIB} MiB.")
        parser.Parse(b"", True)
    except ExpatError as problem:
        where = f"line {problem.lineno}, column {problem.offset + 1}"
        raise ProjectFileProblem(f"The project is no XML that can be read, at {where}: {problem}.") from problem
    except (LookupError, ValueError) as problem:  # an encoding that is not known, or is none of single bytes
        raise ProjectFileProblem("The encoding of the project cannot be read. Save it as UTF-8.") from problem
    return reading.project


def _refuse_doctype(*_: object) -> None:
    raise ProjectFileProblem("The project declares a document type, which it has no need of. Remove it.")


class _Reading:
    """What stands open, and what was made so far. Elements that have no place here are passed over with all in them."""

    def __init__(self) -> None:
        self.project = QdaProject()
        self.open: list[_Open] = []
        self.passing = 0  # elements open within one that is passed over
        self.heard: list[str] | None = None
        self.letters = 0  # heard so far
        self.counts: Counter[str] = Counter()
        self.seen: set[str] = set()

    def begin(self, name: str, attributes: Attributes) -> None:
        tag = name.rpartition("}")[2]
        if self.passing:
            self._count_passed(tag)
            self.passing += 1
            return
        if len(self.open) >= DEEPEST:
            raise ProjectFileProblem(f"The elements of this project stand more than {DEEPEST} levels deep.")
        if not self.open and tag != "Project":
            codebook = (
                " It is a codebook: bring it into a study with tandem import codebook." if tag == "CodeBook" else ""
            )
            raise ProjectFileProblem(f"The project.qde holds no REFI-QDA project, but “{tag[:40]}”.{codebook}")
        self._count(tag)
        made = BEGINNINGS.get(tag)
        held = made(self, attributes) if made is not None else None
        if self.passing:
            return
        if tag in TEXTS:
            self.heard, self.letters = [], 0
        self.open.append(_Open(tag, held))

    def end(self, name: str) -> None:
        if self.passing:
            self.passing -= 1
            return
        tag, held = self.open.pop()
        if tag in TEXTS:
            self._tell(tag, "".join(self.heard or []))
            self.heard = None
        elif isinstance(held, _Coding):
            self._add_coding(held)
        elif isinstance(held, _Value) and held.variable and held.value is not None:
            owner = self._holder()
            if isinstance(owner, QdaCase | QdaSource):
                owner.values.append((held.variable, held.value))

    def take(self, data: str) -> None:
        if self.heard is not None and not self.passing:
            self.letters += len(data)
            if self.letters > LONGEST_TEXT:
                raise ProjectFileProblem(f"One text within the project.qde is longer than {LONGEST_TEXT:,} characters.")
            self.heard.append(data)

    def _count(self, tag: str) -> None:
        self.counts[tag] += tag in MOST
        if tag in MOST and self.counts[tag] > MOST[tag][0]:
            most, what = MOST[tag]
            raise ProjectFileProblem(f"This project holds more than {most:,} {what}, the limit here.")

    def pass_over(self) -> None:
        self.passing = 1

    def _holder(self) -> object:
        return next((each.held for each in reversed(self.open) if each.held is not None), None)

    def _tell(self, tag: str, text: str) -> None:
        holder = self._holder()
        if tag in VALUES and isinstance(holder, _Value):
            holder.value = text
        elif tag == "PlainTextContent" and isinstance(holder, QdaSource | QdaNote):
            holder.text = text
        elif tag == "Description" and isinstance(holder, QdaCode | QdaSource | QdaSelection | QdaNote | QdaProject):
            holder.description = text.strip()
        elif tag == "Description" and text.strip():
            self.project.left_out["descriptions of variables and cases"] += 1

    def _add_coding(self, coding: "_Coding") -> None:
        owner = self._holder()
        if not coding.code:
            self.project.left_out["codings without a code"] += 1
        elif isinstance(owner, QdaSelection | QdaSource):
            owner.codings.append(QdaCoding(coding.code, coding.user, tuple(coding.notes)))

    def _count_passed(self, tag: str) -> None:
        if tag == "Coding":
            self.project.left_out["codings of what is no plain text"] += 1

    # What begins with each element.

    def project_begins(self, said: Attributes) -> QdaProject:
        if self.open:
            raise ProjectFileProblem("A project stands within a project. This file was not read.")
        self.project.name, self.project.origin = said.get("name", ""), said.get("origin", "")
        return self.project

    def user(self, said: Attributes) -> None:
        user = QdaUser(self._guid(said, "users"), said.get("name", ""), said.get("id", ""))
        self.project.users[user.guid] = user

    def code(self, said: Attributes) -> QdaCode:
        if sum(each.tag == "Code" for each in self.open) >= DEEPEST_CODE:
            raise ProjectFileProblem(f"The codes of this project stand more than {DEEPEST_CODE} levels deep.")
        is_codable = said.get("isCodable", "true").strip() in ("true", "1")
        code = QdaCode(self._guid(said, "codes"), said.get("name", ""), is_codable, said.get("color", ""))
        above = self._holder()
        (above.codes if isinstance(above, QdaCode) else self.project.codes).append(code)
        return code

    def variable(self, said: Attributes) -> "_Named":
        self.project.variables[self._guid(said, "variables")] = said.get("name", "")
        return _Named()

    def case(self, said: Attributes) -> QdaCase:
        case = QdaCase(self._guid(said, "cases"), said.get("name", ""))
        self.project.cases[case.guid] = case
        return case

    def value(self, said: Attributes) -> "_Value":
        return _Value()

    def variable_ref(self, said: Attributes) -> None:
        holder = self._holder()
        if isinstance(holder, _Value):
            holder.variable = _plain(said.get("targetGUID", ""))

    def source_ref(self, said: Attributes) -> None:
        holder = self._holder()
        if isinstance(holder, QdaCase):
            holder.sources.append(_plain(said.get("targetGUID", "")))

    def selection_ref(self, said: Attributes) -> None:
        self.project.left_out["references of cases to selections"] += 1

    def source(self, said: Attributes) -> QdaSource:
        source = QdaSource(
            guid=self._guid(said, "sources"),
            name=said.get("name", ""),
            path=said.get("plainTextPath", ""),
            rich_path=said.get("richTextPath", ""),
            user=_plain(said.get("creatingUser", "")),
        )
        self.project.sources[source.guid] = source
        return source

    def note(self, said: Attributes) -> QdaNote:
        user, path = _plain(said.get("creatingUser", "")), said.get("plainTextPath", "")
        note = QdaNote(self._guid(said, "notes"), said.get("name", ""), user, path)
        self.project.notes[note.guid] = note
        return note

    def selection(self, said: Attributes) -> QdaSelection | None:
        holder = self._holder()
        if not isinstance(holder, QdaSource):
            self.project.left_out["selections in notes"] += 1
            self.pass_over()
            return None
        start, end = _whole(said.get("startPosition", "")), _whole(said.get("endPosition", ""))
        made = QdaSelection(start, end, said.get("name", ""), _plain(said.get("creatingUser", "")))
        holder.selections.append(made)
        return made

    def coding(self, said: Attributes) -> "_Coding | None":
        if not isinstance(self._holder(), QdaSource | QdaSelection):
            self.project.left_out["codings of notes"] += 1
            self.pass_over()
            return None
        return _Coding(user=_plain(said.get("creatingUser", "")))

    def code_ref(self, said: Attributes) -> None:
        holder = self._holder()
        if isinstance(holder, _Coding):
            holder.code = _plain(said.get("targetGUID", ""))
        elif isinstance(holder, QdaCase):
            self.project.left_out["codes of cases"] += 1

    def note_ref(self, said: Attributes) -> None:
        holder = self._holder()
        guid = _plain(said.get("targetGUID", ""))
        if isinstance(holder, QdaProject):
            holder_notes = holder.project_notes
        elif isinstance(holder, QdaCode | QdaSource | QdaSelection | _Coding):
            holder_notes = holder.notes
        else:
            return
        holder_notes.append(guid)

    def medium(self, tag: str, said: Attributes) -> None:
        self._leave_out(MEDIA[tag], said)

    def no_place(self, tag: str, said: Attributes) -> None:
        self._leave_out(NO_PLACE[tag], said)

    def _leave_out(self, what: str, said: Attributes) -> None:
        self.project.left_out[what] += 1
        names = self.project.names_left_out.setdefault(what, [])
        if len(names) < NAMES_KEPT:
            names.append(said.get("name", ""))
        self.pass_over()

    def _guid(self, said: Attributes, what: str) -> str:
        guid = _plain(said.get("guid", ""))
        if not guid:
            raise ProjectFileProblem(f"One of the {what} of this project has no GUID, so nothing can refer to it.")
        if guid in self.seen:
            raise ProjectFileProblem(
                f"The GUID {guid[:40]} stands in this project twice, so it cannot be told what is meant."
            )
        self.seen.add(guid)
        return guid


class _Named:
    """Something whose description has no place."""


class _Value:
    def __init__(self) -> None:
        self.variable = ""
        self.value: str | None = None


class _Coding:
    def __init__(self, user: str) -> None:
        self.user, self.code = user, ""
        self.notes: list[str] = []


def _medium(tag: str) -> Callable[[_Reading, Attributes], None]:
    return lambda reading, said: reading.medium(tag, said)


def _no_place(tag: str) -> Callable[[_Reading, Attributes], None]:
    return lambda reading, said: reading.no_place(tag, said)


BEGINNINGS: dict[str, Callable[[_Reading, Attributes], object]] = {
    "Project": _Reading.project_begins,
    "User": _Reading.user,
    "Code": _Reading.code,
    "Variable": _Reading.variable,
    "Case": _Reading.case,
    "VariableValue": _Reading.value,
    "VariableRef": _Reading.variable_ref,
    "SourceRef": _Reading.source_ref,
    "SelectionRef": _Reading.selection_ref,
    "TextSource": _Reading.source,
    "Note": _Reading.note,
    "PlainTextSelection": _Reading.selection,
    "Coding": _Reading.coding,
    "CodeRef": _Reading.code_ref,
    "NoteRef": _Reading.note_ref,
    **{tag: _medium(tag) for tag in MEDIA},
    **{tag: _no_place(tag) for tag in NO_PLACE},
}


def _plain(guid: str) -> str:
    return guid.strip().strip("{}").upper()


def _whole(typed: str) -> int:
    """-1 for what is no whole number: such a selection has no place in its text."""
    typed = typed.strip()
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 12 else -1
