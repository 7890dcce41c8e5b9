"""A study as the XML of a REFI-QDA project, written piece by piece.

What a coder said of an incident is a coding of the whole document, one a code; each quote is a coding of its words.
What was settled are codings by a user of their own. ADR 29 says why it is as it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import IO, Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.codebook.folding import folded
from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.models import Memo
from app.export.qdc import COLOUR, NOT_XML
from app.export.qdpx_data import GivenAnswer, ProjectData, SettledAnswer, incident_facts
from app.export.qdpx_guids import Guid, guids_of
from app.export.qdpx_words import (
    ANSWERS,
    FINAL_ID,
    FINAL_USER,
    GONE,
    MARK_TEXTS,
    MARKS,
    MEMO,
    MODEL_ID,
    NAME_OF_MARK,
    NOT_CARRIED,
    NOT_CARRIED_NOTE,
    ORIGIN,
    RULING,
    TEXT_FIELDS,
    TIME_FIELDS,
    RulingNote,
    dimension_description,
    ruling_text,
    variable_of_attribute,
)

NAMESPACE = "urn:QDA-XML:project:1.0"
LONGEST_NAME = 100  # of a selection, which shows the first of its words


def write_project(session: Session, data: ProjectData, out: IO[bytes]) -> None:
    """UTF-8 XML, the same for the same state of the study."""
    from lxml import etree

    with etree.xmlfile(out, encoding="UTF-8") as xml:
        xml.write_declaration()
        _Project(session, data, xml).write()


class _Project:
    def __init__(self, session: Session, data: ProjectData, xml: Any) -> None:
        self.session, self.data, self.xml = session, data, xml
        self.guid: Guid = guids_of(data.study.slug)
        self.marks: set[str] = set()
        self.on_incident: dict[int, list[Memo]] = {}
        self.on_quote: dict[int, list[Memo]] = {}
        self.on_code: dict[int, list[Memo]] = {}
        self.on_study: list[Memo] = []
        for memo in data.memos:
            places = {"incident": self.on_incident, "quote": self.on_quote, "code": self.on_code}
            subject = memo.code_id if memo.subject_kind == "code" else memo.incident_id
            if memo.subject_kind == "study":
                self.on_study.append(memo)
            else:
                places[memo.subject_kind].setdefault(subject or 0, []).append(memo)

    def write(self) -> None:
        study = self.data.study
        with self.xml.element(_q("Project"), name=_clean(study.title), origin=ORIGIN, nsmap={None: NAMESPACE}):
            self._users()
            self._codebook()
            self._variables()
            self._cases()
            self._sources()
            self._notes()
            if study.about:
                self._leaf("Description", study.about)
            self._note_refs(self.guid("memo", memo.id) for memo in self.on_study)
            self._note_refs([self.guid("note", NOT_CARRIED_NOTE)])

    def _within(self, tag: str, /, **attributes: str | None) -> AbstractContextManager[None]:
        told = {name: _clean(value) for name, value in attributes.items() if value is not None}
        return self.xml.element(_q(tag), told)

    def _leaf(self, tag: str, text: str = "", /, **attributes: str | None) -> None:
        with self._within(tag, **attributes):
            if text:
                self.xml.write(_clean(text))

    def _note_refs(self, guids: Iterable[str]) -> None:
        for guid in guids:
            self._leaf("NoteRef", targetGUID=guid)

    def _users(self) -> None:
        ids = self.data.user_ids()
        if not ids and not self.data.settled:
            return
        with self._within("Users"):
            for member_id in ids:
                is_model = self.data.members[member_id].kind == "model"
                name = self.data.names[member_id]
                self._leaf("User", guid=self.guid("member", member_id), name=name, id=MODEL_ID if is_model else None)
            if self.data.settled:
                self._leaf("User", guid=self.guid("final"), name=FINAL_USER, id=FINAL_ID)

    def _codebook(self) -> None:
        if not self.data.codebook.dimensions:
            return
        states = self._states_said()
        with self._within("CodeBook"), self._within("Codes"):
            for dimension in self.data.codebook.dimensions:
                self._dimension(dimension, [state for state in ANSWERS if (dimension.id, state) in states])

    def _states_said(self) -> set[tuple[int, str]]:
        given = {(a.dimension_id, a.state) for answers in self.data.answers.values() for a in answers}
        return given | {(a.dimension_id, a.state) for answers in self.data.settled.values() for a in answers}

    def _dimension(self, dimension: DimensionEntry, states: list[str]) -> None:
        codes = self.data.codebook.codes_of(dimension.id)
        ids = {code.id for code in codes}
        below: dict[int | None, list[CodeEntry]] = {}
        for code in codes:
            below.setdefault(code.parent_id if code.parent_id in ids else None, []).append(code)
        with self._within("Code", guid=self.guid("dimension", dimension.id), name=dimension.name, isCodable="false"):
            self._leaf("Description", dimension_description(dimension))
            self._codes(below, None)
            for state in states:
                self._leaf("Code", guid=self.guid(state, dimension.id), name=ANSWERS[state], isCodable="true")
            if dimension.id in self.data.gone:
                with self._within("Code", guid=self.guid("gone", dimension.id), name=GONE, isCodable="false"):
                    self._codes({None: self.data.gone[dimension.id]}, None)

    def _codes(self, below: Mapping[int | None, list[CodeEntry]], parent_id: int | None) -> None:
        for code in below.get(parent_id, []):
            colour = code.colour if COLOUR.fullmatch(code.colour) else None
            is_codable = "false" if code.is_category else "true"
            with self._within(
                "Code", guid=self.guid("code", code.id), name=code.name, isCodable=is_codable, color=colour
            ):
                if description := folded(code):
                    self._leaf("Description", description)
                self._note_refs(self.guid("memo", memo.id) for memo in self.on_code.get(code.id, []))
                self._codes(below, code.id)

    def _variables(self) -> None:
        if not self.data.variables:
            return
        with self._within("Variables"):
            for name, kind in self.data.variables.items():
                self._leaf("Variable", guid=self.guid("variable", name), name=name, typeOfVariable=kind)

    def _cases(self) -> None:
        rows = incident_facts(self.session, self.data.study.id)
        first = next(rows, None)
        if first is None:
            return
        with self._within("Cases"):
            for row in _chained(first, rows):
                name = row.external_id or f"#{row.number}"
                with self._within("Case", guid=self.guid("case", row.id), name=name):
                    for variable, kind, value in _values(row):
                        self._value(variable, kind, value)
                    self._leaf("SourceRef", targetGUID=self.guid("incident", row.id))

    def _value(self, variable: str, kind: str, value: str) -> None:
        with self._within("VariableValue"):
            self._leaf("VariableRef", targetGUID=self.guid("variable", variable))
            self._leaf(f"{kind}Value", value)

    def _sources(self) -> None:
        rows = incident_facts(self.session, self.data.study.id)
        first = next(rows, None)
        if first is None:
            return
        with self._within("Sources"):
            for row in _chained(first, rows):
                guid = self.guid("incident", row.id)
                path = f"internal://{text_name(self.guid, row.id)}"
                with self._within("TextSource", guid=guid, name=row.title, plainTextPath=path):
                    self._quotes(row.id)
                    for answer in self.data.answers.get(row.id, []):
                        self._whole(answer)
                    for settled in self.data.settled.get(row.id, []):
                        self._final(row.id, settled)
                    self._note_refs(self.guid("memo", memo.id) for memo in self.on_incident.get(row.id, []))

    def _quotes(self, incident_id: int) -> None:
        """Each stretch of the text once, with the codings of all who quoted it and the memos on it."""
        codings: dict[tuple[int, int], list[tuple[GivenAnswer, int]]] = {}
        quotes: dict[tuple[int, int], str] = {}
        for answer in self.data.answers.get(incident_id, []):
            for choice in answer.codes:
                for span in choice.evidence:
                    codings.setdefault((span.start, span.end), []).append((answer, choice.code_id))
                    quotes[span.start, span.end] = span.quote
        memos: dict[tuple[int, int], list[Memo]] = {}
        for memo in self.on_quote.get(incident_id, []):
            place = (memo.start or 0, memo.end or 0)
            memos.setdefault(place, []).append(memo)
            quotes[place] = memo.quote or ""
        for start, end in sorted(quotes):
            with self._within(
                "PlainTextSelection",
                guid=self.guid("selection", incident_id, start, end),
                name=selection_name(quotes[start, end]),
                startPosition=str(start),
                endPosition=str(end),
            ):
                on_here = memos.get((start, end), [])
                for answer, code_id in codings.get((start, end), []):
                    own = [memo for memo in on_here if (memo.member_id, memo.code_id) == (answer.member_id, code_id)]
                    on_here = [memo for memo in on_here if memo not in own]
                    guid = self.guid("coding", answer.submission_id, code_id, start, end)
                    notes = [self.guid("memo", memo.id) for memo in own]
                    self._coding(guid, self._user(answer), answer.at, self.guid("code", code_id), notes)
                self._note_refs(self.guid("memo", memo.id) for memo in on_here)

    def _whole(self, answer: GivenAnswer) -> None:
        user = self._user(answer)
        if answer.state != "coded":
            guid = self.guid("coding", answer.submission_id, answer.state, answer.dimension_id)
            self._coding(guid, user, answer.at, self.guid(answer.state, answer.dimension_id))
        for choice in answer.codes:
            marks = [("main", "yes")] if choice.is_main else []
            marks += [("origin", choice.origin)] if choice.origin != "own" else []
            guid = self.guid("coding", answer.submission_id, choice.code_id)
            self._coding(guid, user, answer.at, self.guid("code", choice.code_id), self._marked(marks))

    def _final(self, incident_id: int, answer: SettledAnswer) -> None:
        ruling = [self.guid("ruling", answer.ruling_id)] if answer.ruling_id is not None else []
        if answer.state != "coded":
            notes = [*self._marked([("basis", answer.basis)]), *ruling]
            guid = self.guid("final", incident_id, answer.dimension_id)
            code = self.guid(answer.state, answer.dimension_id)
            self._coding(guid, self.guid("final"), answer.at, code, notes)
        for row_id, code_id, is_main in answer.codes:
            marks = [("main", "yes"), ("basis", answer.basis)] if is_main else [("basis", answer.basis)]
            notes = [*self._marked(marks), *ruling]
            guid = self.guid("final", incident_id, answer.dimension_id, row_id)
            self._coding(guid, self.guid("final"), answer.at, self.guid("code", code_id), notes)

    def _coding(self, guid: str, user: str, at: datetime, code: str, notes: Iterable[str] = ()) -> None:
        with self._within("Coding", guid=guid, creatingUser=user, creationDateTime=utc(at)):
            self._leaf("CodeRef", targetGUID=code)
            self._note_refs(notes)

    def _user(self, answer: GivenAnswer) -> str:
        return self.guid("member", answer.member_id)

    def _marked(self, marks: Iterable[tuple[str, str]]) -> list[str]:
        names = [NAME_OF_MARK[mark] for mark in marks]
        self.marks.update(names)
        return [self.guid("note", name) for name in names]

    def _notes(self) -> None:
        with self._within("Notes"):
            for name, (kind, _) in MARKS.items():
                if name in self.marks:
                    self._note(self.guid("note", name), name, MARK_TEXTS[kind])
            for ruling_id in sorted(self.data.rulings):
                self._ruling(ruling_id)
            for memo in self.data.memos:
                author = self.guid("member", memo.member_id)
                self._note(self.guid("memo", memo.id), MEMO, memo.text, author, memo.created_at)
            self._note(self.guid("note", NOT_CARRIED_NOTE), NOT_CARRIED_NOTE, "\n".join(not_carried(self.data)))

    def _ruling(self, ruling_id: int) -> None:
        ruling = self.data.rulings[ruling_id]
        dimension = self.data.codebook.dimension(ruling.dimension_id)
        beside = tuple(self.data.names[one] for one in self.data.participants.get(ruling_id, []))
        text = ruling_text(RulingNote(ruling.method, ruling.cause, beside, ruling.reason))
        name = RULING + (dimension.name if dimension else "")
        self._note(self.guid("ruling", ruling_id), name, text, self.guid("member", ruling.member_id), ruling.at)

    def _note(self, guid: str, name: str, text: str, user: str | None = None, at: datetime | None = None) -> None:
        with self._within("Note", guid=guid, name=name, creatingUser=user, creationDateTime=utc(at) if at else None):
            self._leaf("PlainTextContent", text)


def not_carried(data: ProjectData) -> list[str]:
    """What the format has no place for; then what of it this study has, by name and count."""
    names = [f"“{each.name}”" for each in data.rounds]
    rounds = [f"Rounds in this file: {', '.join(names)}."] if names else ["No round is past its coding yet."]
    return [*NOT_CARRIED, *rounds, *(f"Left out: {what} ({count})." for what, count in sorted(data.left_out.items()))]


def text_name(guid: Guid, incident_id: int) -> str:
    """Of the file that holds an incident's text."""
    return f"{guid('text', incident_id)}.txt"


def selection_name(quote: str) -> str:
    words = " ".join(quote.split())
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1].rstrip() + "…"


def utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _values(row: Row[Any]) -> Iterator[tuple[str, str, str]]:
    for name in TEXT_FIELDS:
        if (told := getattr(row, name)) is not None:
            yield name, "Text", told
    for name in TIME_FIELDS:
        if (at := getattr(row, name)) is not None:
            yield name, "DateTime", utc(at)
    for key, held in sorted(row.attributes.items()):
        if held is not None:
            yield variable_of_attribute(key), "Text", held if isinstance(held, str) else json.dumps(held)


def _chained(first: Row[Any], rest: Iterator[Row[Any]]) -> Iterator[Row[Any]]:
    yield first
    yield from rest


def _q(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _clean(text: str) -> str:
    """Without what XML cannot hold; line ends as XML reads them back."""
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
