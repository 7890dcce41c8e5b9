"""A codebook as a table: a row a code, with its parent's id, its parent's name or its whole path."""

from collections.abc import Iterable, Mapping

from app.codebook.readers.hanging import LEVELS, Row, hung
from app.codebook.readers.listed import NO_DIMENSION, CodebookFileProblem, ListedCode, ListedCodebook, Refused
from app.codebook.texts import EXAMPLES, TEXTS, as_written
from app.incidents.readers import ReaderProblem, read_table

# What a column may be called; the first is what Tandem's own export calls it.
NAMES: dict[str, tuple[str, ...]] = {
    "dimension": ("dimension", "question", "facet"),
    "path": ("path",),
    "code": ("code", "name", "code name", "label", "tag"),
    "code_id": ("code_id",),
    "parent": ("parent", "category", "parent code"),
    "parent_id": ("parent_id",),
    "is_category": ("is_category",),
    **{words.name: (words.name, *words.called) for words in TEXTS},
    **{kind.name: (kind.name, *kind.called) for kind in EXAMPLES},
    "status": ("status",),
    "colour": ("colour", "color"),
    "source": ("source",),
}
ALSO_READ = ("merged_into", "origin", "description")  # of our own tables; said by other columns, or not read back


def read_csv_codebook(content: bytes) -> ListedCodebook:
    try:
        table = read_table(content, "csv")
    except ReaderProblem as problem:
        raise CodebookFileProblem(problem.sentence.replace("with incidents in it", "with codes in it")) from problem
    columns = _columns(table.columns)
    found = hung(
        _row(f"line {row.line}", {name: row.values[column].strip() for name, column in columns.items()})
        for row in table.rows
    )
    found.refused += [Refused(f"line {problem.line}", problem.reason) for problem in table.problems]
    found.left_out += [
        f"the column “{column}”"
        for column in table.columns
        if column not in columns.values() and column not in ALSO_READ
    ]
    return found


def _row(place: str, cells: Mapping[str, str]) -> Row:
    path = cells.get("path", "")
    return Row(
        _code(cells.get("code", "") or path.split(LEVELS)[-1].strip(), place, cells),
        cells.get("dimension", NO_DIMENSION),
        cells.get("code_id", ""),
        cells.get("parent_id", ""),
        cells.get("parent", ""),
        path,
        cells.get("status", ""),
    )


def _code(name: str, place: str, cells: Mapping[str, str]) -> ListedCode:
    return ListedCode(
        name=name,
        place=place,
        texts={words.name: as_written(words, cells.get(words.name, "")) for words in TEXTS},
        examples=[(kind, line) for kind in EXAMPLES for line in lines_of(cells.get(kind.name, ""))],
        colour=cells.get("colour", ""),
        source=cells.get("source", ""),
        is_category=cells.get("is_category", "").lower() in ("yes", "true", "1"),
    )


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def column_of(name: str) -> str:
    """How a column or key is compared: small letters, blanks for underscores."""
    return name.strip().lower().replace("_", " ")


def _columns(columns: Iterable[str]) -> dict[str, str]:
    by_name = {column_of(column): column for column in columns}
    found: dict[str, str] = {}
    for wanted, names in NAMES.items():
        for name in names:
            column = by_name.get(column_of(name))
            if column is not None and column not in found.values():
                found[wanted] = column
                break
    if "code" not in found and "path" not in found:
        listed = ", ".join(f"“{column}”" for column in list(by_name.values())[:20])
        raise CodebookFileProblem(f"No column names the codes. It is called “code” or “name”; the file has {listed}.")
    return found
