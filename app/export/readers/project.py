"""A REFI-QDA project as plain values, as it stands in its file."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(slots=True)
class QdaUser:
    guid: str
    name: str
    id: str = ""


@dataclass(slots=True)
class QdaCode:
    guid: str
    name: str
    is_codable: bool
    colour: str = ""
    description: str = ""
    notes: list[str] = field(default_factory=list)
    codes: list["QdaCode"] = field(default_factory=list)


class QdaCoding(NamedTuple):
    """notes: GUIDs of notes that it refers to."""

    code: str
    user: str
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class QdaSelection:
    """start, end: as counted in the file."""

    start: int
    end: int
    name: str = ""
    user: str = ""
    description: str = ""
    codings: list[QdaCoding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class QdaSource:
    """path: of its plain text, '' where it has none. text: where it stands in the project itself."""

    guid: str
    name: str
    path: str = ""
    rich_path: str = ""
    text: str | None = None
    user: str = ""
    description: str = ""
    selections: list[QdaSelection] = field(default_factory=list)
    codings: list[QdaCoding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    values: list[tuple[str, str]] = field(default_factory=list)  # GUID of the variable, value as written

    def all_codings(self) -> Iterator[QdaCoding]:
        yield from self.codings
        for selection in self.selections:
            yield from selection.codings


@dataclass(slots=True)
class QdaNote:
    guid: str
    name: str
    user: str = ""
    path: str = ""
    text: str = ""
    description: str = ""


@dataclass(slots=True)
class QdaCase:
    guid: str
    name: str
    values: list[tuple[str, str]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


@dataclass
class QdaProject:
    """All by GUID in capitals without braces, in the order of the file. left_out: what has no place here, counted."""

    name: str = ""
    origin: str = ""
    description: str = ""
    users: dict[str, QdaUser] = field(default_factory=dict)
    codes: list[QdaCode] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    cases: dict[str, QdaCase] = field(default_factory=dict)
    sources: dict[str, QdaSource] = field(default_factory=dict)
    notes: dict[str, QdaNote] = field(default_factory=dict)
    project_notes: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    names_left_out: dict[str, list[str]] = field(default_factory=dict)  # the first, of what has names
