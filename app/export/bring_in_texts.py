"""The texts of a project as incidents, with the places of their selections."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.coding.submissions import SubmittedSpan
from app.export.qdpx_words import ATTRIBUTE, ORIGIN, TIME_FIELDS, field_of
from app.export.readers import QdaProject, QdaSource
from app.export.readers.archive import Archive
from app.export.readers.places import Placed, placed
from app.incidents.imported import ImportedIncident, add_imported
from app.incidents.readers import ReaderProblem
from app.incidents.readers.decoding import decoded
from app.incidents.reading import LONGEST_ID, LONGEST_SHORT, LONGEST_TEXT, row_hash
from app.incidents.times import BadTime, parsed_time
from app.methods.text import UnusableText
from app.studies.viewer import Viewer

SOURCE = "qdpx"  # of incidents whose file names none
MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
UNTITLED = "(no title)"


@dataclass
class TextPlaces:
    """ids: of incidents by the GUID of their source. spans: of its selections in their order, None for one without.

    without_text: names of sources by why they came without. moved: by how positions were counted, (texts, selections).
    """

    ids: dict[str, int] = field(default_factory=dict)
    spans: dict[str, list[SubmittedSpan | None]] = field(default_factory=dict)
    without_text: dict[str, list[str]] = field(default_factory=dict)
    moved: dict[str, list[int]] = field(default_factory=dict)
    encodings: Counter[str] = field(default_factory=Counter)
    unplaced: int = 0


def bring_in_texts(session: Session, viewer: Viewer, archive: Archive, project: QdaProject) -> TextPlaces:
    found = TextPlaces()
    told = _values(project)
    taken: set[tuple[str, str]] = set()
    incidents = []
    for source in project.sources.values():
        text = _text(archive, source, found)
        incidents.append(_incident(source, text, told.get(source.guid, []), taken))
    ids = add_imported(session, viewer.study.id, incidents)
    found.ids = dict(zip(project.sources, ids, strict=True))
    return found


def _text(archive: Archive, source: QdaSource, found: TextPlaces) -> str | None:
    """None for a source that comes without; why is noted, and its selections have no place."""
    try:
        raw, has_mark = _raw(archive, source, found)
        place = placed(raw, source.selections, has_mark=has_mark)
        if len(place.text) > LONGEST_TEXT:
            raise _NoText(f"their text is longer than {LONGEST_TEXT:,} characters")
        if not place.text.strip():
            raise _NoText("their text is empty")
    except UnusableText:
        why = "their text holds what cannot be stored (a NUL, or half of a character)"
    except _NoText as problem:
        why = str(problem)
    else:
        return _kept(source, place, found)
    found.without_text.setdefault(why, []).append(source.name)
    found.spans[source.guid] = [None] * len(source.selections)
    found.unplaced += len(source.selections)
    return None


def _kept(source: QdaSource, place: Placed, found: TextPlaces) -> str:
    spans = [_span(place.text, at) for at in place.places]
    found.spans[source.guid] = spans
    found.unplaced += sum(span is None for span in spans)
    if place.counting is not None:
        moved = found.moved.setdefault(place.counting.words, [0, 0])
        moved[0] += 1
        moved[1] += len(spans)
    return place.text


class _NoText(Exception):
    pass


def _raw(archive: Archive, source: QdaSource, found: TextPlaces) -> tuple[str, bool]:
    """(the text without byte order mark, whether it had one)"""
    if source.text is not None and not source.path:
        return source.text, False
    if not source.path:
        raise _NoText("the file holds no plain text of them, only formatted text (such as docx)")
    if archive.is_too_large(source.path):
        raise _NoText(f"their text is longer than {LONGEST_TEXT:,} characters")
    content = archive.text(source.path)
    if content is None:
        raise _NoText("their text is not in the file")
    if not content.strip():
        raise _NoText("their text is empty")
    try:
        text, encoding = decoded(content)
    except ReaderProblem as problem:
        raise _NoText("their text is in an encoding that cannot be told") from problem
    if encoding != "UTF-8":
        found.encodings[encoding] += 1
    return text, content.startswith(MARKS)


def _span(text: str, place: tuple[int, int] | None) -> SubmittedSpan | None:
    return None if place is None else SubmittedSpan(*place, text[slice(*place)])


def _values(project: QdaProject) -> dict[str, list[tuple[str, str]]]:
    """(variable, value) of each source by its GUID: its own, and those of the cases that it belongs to."""
    found = {guid: _named(project, source.values) for guid, source in project.sources.items()}
    for case in project.cases.values():
        here = [guid for guid in case.sources if guid in found]
        if not here:
            project.left_out["cases without a text"] += 1
        for guid in here:
            found[guid] += _named(project, case.values)
            if project.origin != ORIGIN and case.name.strip() not in ("", project.sources[guid].name):
                found[guid].append(("Case", case.name))
    return found


def _named(project: QdaProject, values: list[tuple[str, str]]) -> list[tuple[str, str]]:
    known = [(project.variables[guid], value) for guid, value in values if guid in project.variables]
    if len(known) < len(values):
        project.left_out["values of variables that the file does not hold"] += len(values) - len(known)
    return [(name, value) for name, value in known if name.strip() and value.strip()]


def _incident(
    source: QdaSource, text: str | None, told: list[tuple[str, str]], taken: set[tuple[str, str]]
) -> ImportedIncident:
    facts: dict[str, str | datetime] = {}
    attributes: dict[str, str] = {"Description": source.description} if source.description else {}
    for name, value in told:
        key = field_of(name)
        fact = _fact(key, value) if key is not None and key not in facts else None
        if key is not None and fact is not None:
            facts[key] = fact
        else:
            name = name.removeprefix(ATTRIBUTE)
            attributes[name] = f"{attributes[name]}; {value}" if name in attributes else value
    of_source, external_id = str(facts.pop("source", SOURCE)), facts.pop("external_id", None)
    if external_id is not None and (of_source, str(external_id)) in taken:
        attributes["external_id"], external_id = str(external_id), None
    if external_id is not None:
        taken.add((of_source, str(external_id)))
    return ImportedIncident(
        title=source.name[:LONGEST_SHORT].strip() or _first_words(text),
        source=of_source,
        text=text,
        external_id=str(external_id) if external_id is not None else None,
        raw_sha256=None if external_id is not None else row_hash({"guid": source.guid, "text": text or ""}),
        facts=facts,
        attributes=attributes,
    )


def _fact(key: str, value: str) -> str | datetime | None:
    """None for what the field cannot hold; it becomes an attribute."""
    if key in TIME_FIELDS:
        try:
            return parsed_time(value)
        except BadTime:
            return None
    is_long = len(value) > (LONGEST_ID if key == "external_id" else LONGEST_SHORT)
    no_url = key == "url" and not value.lower().startswith(("http://", "https://"))
    return None if is_long or no_url else value


def _first_words(text: str | None) -> str:
    line = next((line for line in (text or "").split("\n") if line.strip()), "")
    return " ".join(line.split())[:80] or UNTITLED
