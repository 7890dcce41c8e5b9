"""Rows of a table become a tree: each code under its parent, which is named by id, by its whole path or by name."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.codebook.readers.listed import (
    MOST_CODES,
    NO_DIMENSION,
    ListedCode,
    ListedCodebook,
    ListedDimension,
    Refused,
    counted,
    too_many_codes,
)
from app.methods.names import same_name

LEVELS = ">"


@dataclass
class Row:
    """One code as a table lists it. Blank: not said."""

    code: ListedCode
    dimension: str = NO_DIMENSION
    id: str = ""
    parent_id: str = ""
    parent: str = ""
    path: str = ""
    status: str = ""

    @property
    def is_gone(self) -> bool:
        return self.status.strip().casefold() not in ("active", "")

    @property
    def above(self) -> tuple[str, ...]:
        """The path of the parent, folded: as comparisons need it."""
        path = [part.strip().casefold() for part in self.path.split(LEVELS)] if self.path else []
        if path and path[-1] == self.code.name.casefold():
            return tuple(path[:-1])
        return (self.parent.casefold(),) if self.parent else ()

    @property
    def whole_path(self) -> tuple[str, ...]:
        return (*self.above, self.code.name.casefold())


@dataclass
class _Known:
    """The rows of one dimension, by what others name them by; of several the first counts."""

    by_id: dict[str, Row] = field(default_factory=dict)
    by_path: dict[tuple[str, ...], Row] = field(default_factory=dict)
    by_name: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        if row.id:
            self.by_id.setdefault(row.id, row)
        self.by_path.setdefault(row.whole_path, row)
        self.by_name.setdefault(row.code.name.casefold(), []).append(row)


class _NoParent(Exception):
    """Its sentence says what is the matter with the parent."""


def hung(rows: Iterable[Row]) -> ListedCodebook:
    """Parents may stand after their children. A row that cannot come in is refused, with what stands under it."""
    rows = list(rows)
    if len(rows) > MOST_CODES:
        raise too_many_codes(len(rows))
    found = ListedCodebook([])
    by_dimension: dict[str, list[Row]] = {}
    for row in rows:
        if row.code.name:
            by_dimension.setdefault(row.dimension, []).append(row)
        else:
            found.refused.append(Refused(row.code.place, "the name of the code is missing"))
    for name, of_dimension in by_dimension.items():
        if any(not row.is_gone for row in of_dimension):
            found.dimensions.append(_dimension(name, of_dimension, found))
    if gone := sum(row.is_gone for row in rows):
        found.left_out.append(counted(gone, "retired or merged code"))
    return found


def _dimension(name: str, rows: list[Row], found: ListedCodebook) -> ListedDimension:
    known, parents = _Known(), {}
    for row in rows:
        known.add(row)
    if twice := len([row for row in rows if row.id]) - len(known.by_id):
        found.remarks.append(
            f"{twice} codes bear an id that stands there already; of these the first counts as a parent"
        )
    refused: dict[int, str] = {}
    for row in rows:
        try:
            parents[id(row)] = _parent(row, known)
        except _NoParent as problem:
            refused[id(row)] = str(problem)
    _refuse_circles(rows, parents, refused)
    dimension = ListedDimension(name)
    for row in rows:
        if id(row) in refused and not row.is_gone:
            found.refused.append(Refused(row.code.place, refused[id(row)]))
        elif not row.is_gone:
            parent = parents[id(row)]
            (parent.code.codes if parent and not parent.is_gone else dimension.codes).append(row.code)
    return dimension


def _parent(row: Row, known: _Known) -> Row | None:
    """None for a code at the top."""
    if row.parent_id:
        parent = known.by_id.get(row.parent_id)
        if parent is None:
            raise _NoParent(f"its parent, the code with the id {row.parent_id}, is not in the file")
        if row.parent and not same_name(row.parent, parent.code.name):
            raise _NoParent(
                f"its parent is “{row.parent}” by name and “{parent.code.name}” by id; leave one of the two"
            )
        return parent
    if not row.above:
        return None
    parent = known.by_path.get(row.above)
    if parent is None and len(row.above) == 1:
        named = [other for other in known.by_name.get(row.above[0], []) if other is not row]
        parent = named[0] if len(named) == 1 else None
    if parent is None:
        raise _NoParent(_not_above(row))
    return parent


def _refuse_circles(rows: list[Row], parents: dict[int, Row | None], refused: dict[int, str]) -> None:
    """What stands under itself, and what stands under something refused."""
    settled: set[int] = set()
    for row in rows:
        way: dict[int, Row] = {}
        at: Row | None = row
        while at is not None and id(at) not in settled and id(at) not in refused and id(at) not in way:
            way[id(at)] = at
            at = parents[id(at)]
        if at is None or id(at) in settled:
            settled.update(way)
            continue
        circle = list(way).index(id(at)) if id(at) in way else len(way)
        for place, each in enumerate(way.values()):
            refused[id(each)] = _not_above(each) if place >= circle else _under_refused(at)


def _not_above(row: Row) -> str:
    parent = row.parent or (row.above[-1] if row.above else row.parent_id)
    return f"its parent “{parent}” is not a code that stands above it"


def _under_refused(above: Row) -> str:
    return f"what it stands under, “{above.code.name}”, cannot come in"
