"""A codebook as a table: a row a code, with its parent's name or its whole path."""

from collections.abc import Iterable, Mapping

from app.codebook.readers.listed import (
    NO_DIMENSION,
    CodebookFileProblem,
    ListedCode,
    ListedCodebook,
    ListedDimension,
    Refused,
)
from app.incidents.readers import ReaderProblem, read_table

LEVELS = ">"
# What a column may be called; the first is what Tandem's own export calls it.
NAMES: dict[str, tuple[str, ...]] = {
    "dimension": ("dimension", "question", "facet"),
    "path": ("path",),
    "code": ("code", "name", "code name", "label"),
    "parent": ("parent", "category", "parent code"),
    "is_category": ("is_category",),
    "definition": ("definition", "description", "full definition"),
    "use_when": ("use_when", "use when", "when to use", "inclusion", "inclusion criteria"),
    "not_when": ("not_when", "not when", "when not to use", "exclusion", "exclusion criteria"),
    "examples": ("examples", "example"),
    "status": ("status",),
    "colour": ("colour", "color"),
    "source": ("source",),
}
Row = tuple[str, Mapping[str, str]]  # place in the file, cells by the names above


def read_csv_codebook(content: bytes) -> ListedCodebook:
    try:
        table = read_table(content, "csv")
    except ReaderProblem as problem:
        raise CodebookFileProblem(problem.sentence) from problem
    columns = _columns(table.columns)
    rows = [
        (f"line {row.line}", {name: row.values[column].strip() for name, column in columns.items()})
        for row in table.rows
    ]
    found = codebook_of_rows(rows)
    found.refused += [Refused(f"line {problem.line}", problem.reason) for problem in table.problems]
    return found


def codebook_of_rows(rows: Iterable[Row]) -> ListedCodebook:
    """Parents may stand after their children. A row that cannot come in is refused with its place."""
    found = ListedCodebook([])
    dimensions: dict[str, ListedDimension] = {}
    paths: dict[str, dict[tuple[str, ...], ListedCode]] = {}
    gone = 0
    waiting: list[tuple[str, tuple[str, ...], ListedCode]] = []
    for place, cells in rows:
        name = cells.get("code", "") or _last(cells.get("path", ""))
        if not name:
            found.refused.append(Refused(place, "the name of the code is missing"))
            continue
        if cells.get("status", "active") not in ("active", ""):
            gone += 1
            continue
        in_dimension = cells.get("dimension", NO_DIMENSION)
        dimensions.setdefault(in_dimension, ListedDimension(in_dimension))
        above = _above(cells, name)
        code = _code(name, place, cells)
        known = paths.setdefault(in_dimension, {})
        if (*above, name.casefold()) in known:
            found.refused.append(Refused(place, f"“{name}” stands there twice; the first one counts"))
            continue
        known[(*above, name.casefold())] = code
        waiting.append((in_dimension, above, code))
    for in_dimension, above, code in waiting:
        _hang(found, dimensions[in_dimension], paths[in_dimension], above, code)
    found.dimensions = list(dimensions.values())
    if gone:
        found.left_out.append(f"{gone} retired or merged codes")
    return found


def _hang(
    found: ListedCodebook,
    dimension: ListedDimension,
    paths: Mapping[tuple[str, ...], ListedCode],
    above: tuple[str, ...],
    code: ListedCode,
) -> None:
    """Under its parent: by the whole path, else by the parent's name alone where only one code has it."""
    if not above:
        dimension.codes.append(code)
        return
    parent = paths.get(above)
    if parent is None and len(above) == 1:
        named = [other for path, other in paths.items() if path[-1] == above[0] and other is not code]
        parent = named[0] if len(named) == 1 else None
    if parent is None or _stands_under(code, parent):
        found.refused.append(Refused(code.place, f"its parent “{above[-1]}” is not a code that stands above it"))
        return
    parent.codes.append(code)


def _stands_under(code: ListedCode, other: ListedCode) -> bool:
    return code is other or any(_stands_under(below, other) for below in code.codes)


def _above(cells: Mapping[str, str], name: str) -> tuple[str, ...]:
    """The path of the parent, folded: as comparisons need it."""
    path = [part.strip().casefold() for part in cells.get("path", "").split(LEVELS)] if cells.get("path") else []
    if path and path[-1] == name.casefold():
        return tuple(path[:-1])
    parent = cells.get("parent", "").casefold()
    return (parent,) if parent else ()


def _last(path: str) -> str:
    return path.split(LEVELS)[-1].strip()


def _code(name: str, place: str, cells: Mapping[str, str]) -> ListedCode:
    return ListedCode(
        name=name,
        place=place,
        definition=cells.get("definition", ""),
        use_when=cells.get("use_when", ""),
        not_when=cells.get("not_when", ""),
        examples=[line.strip() for line in cells.get("examples", "").split("\n") if line.strip()],
        colour=cells.get("colour", ""),
        source=cells.get("source", ""),
        is_category=cells.get("is_category", "").lower() in ("yes", "true", "1"),
    )


def _columns(columns: Iterable[str]) -> dict[str, str]:
    by_name = {column.strip().lower().replace("_", " "): column for column in columns}
    found: dict[str, str] = {}
    for wanted, names in NAMES.items():
        for name in names:
            column = by_name.get(name.replace("_", " "))
            if column is not None and column not in found.values():
                found[wanted] = column
                break
    if "code" not in found and "path" not in found:
        listed = ", ".join(f"“{column}”" for column in by_name.values())
        raise CodebookFileProblem(f"No column names the codes. It is called “code” or “name”; the file has {listed}.")
    return found
