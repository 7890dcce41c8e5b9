"""The forms in which a codebook leaves, each with what it has no place for."""

from dataclasses import dataclass

from app.export.workbook import XLSX


@dataclass(frozen=True)
class CodebookFormat:
    """not_carried: what stands in the codebook and not in the file. not_read: what is in it and does not come back."""

    name: str
    label: str
    words: str
    media_type: str
    not_carried: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        return self.name.upper() if self.name in ("csv", "xlsx", "json", "qdc", "html") else self.label

    @property
    def ending(self) -> str:
        return ENDINGS.get(self.name, self.name)


ENDINGS = {"markdown": "md", "latex": "tex"}
# Of every form: it is the codebook as it stands, not how it came to stand so.
IN_NONE = (
    "its history: revisions, reasons and versions other than the one that was chosen",
    "memos, and who made a code",
    "retired dimensions, and codes that only their coder may see yet",
)
SETTINGS = "what a dimension takes (one code or many, a main one), whether it is open and whether codes need a quote"
FROM_INCIDENT = "the incident that an example comes from, and the order among examples of different kinds"
PUT_AWAY = "retired and merged codes"
BY_NAME = "of retired and merged codes more than their names"
IDS = "ids, colours and where a code came from"
DEPTH = "how deep a code stands below the {} level"
READ_AS_NEW = (
    "retired and merged codes; what stood under them stands at the top",
    "where a code came from: it is imported from then on",
    "control characters, and the line ends of other systems",
)

FORMATS = {
    each.name: each
    for each in (
        CodebookFormat(
            "csv",
            "CSV",
            "One row a code, for programs and other tools. Taguette reads it.",
            "text/csv; charset=utf-8",
            (
                f"the question of a dimension, {SETTINGS}; dimensions without codes",
                f"line breaks within an example, which become spaces; {FROM_INCIDENT}",
            ),
            READ_AS_NEW,
        ),
        CodebookFormat(
            "xlsx",
            "XLSX",
            "The same as a workbook, with a sheet for the dimensions. Nothing in it is run as a formula.",
            XLSX,
            (FROM_INCIDENT, "what is longer than a cell holds (32,767 characters); it is cut there and says so"),
        ),
        CodebookFormat(
            "json",
            "JSON",
            "Dimensions with their codes, whole, for programs.",
            "application/json",
            (),
            (*READ_AS_NEW, "the incident that an example comes from"),
        ),
        CodebookFormat(
            "qdc",
            "REFI-QDA codebook (.qdc)",
            "For ATLAS.ti, MAXQDA, NVivo, QualCoder and others; checked against the official schema. Dimensions become "
            "top-level codes; definitions and rules go into the descriptions.",
            "application/xml",
            (
                SETTINGS,
                f"{PUT_AWAY}; what stood under them stands at the top",
                "where a code came from",
                FROM_INCIDENT,
                "colours that are not written as #RRGGBB",
                "control characters, which become \N{REPLACEMENT CHARACTER}",
            ),
            READ_AS_NEW[1:2],
        ),
        CodebookFormat(
            "markdown",
            "Markdown",
            "To read, and for wikis and repositories.",
            "text/markdown; charset=utf-8",
            (BY_NAME, IDS, FROM_INCIDENT, DEPTH.format("fourth")),
        ),
        CodebookFormat(
            "latex",
            "LaTeX",
            "For a paper: a table a dimension (longtable with booktabs), in a document that compiles by itself; beyond "
            "Western letters with lualatex or xelatex.",
            "application/x-tex; charset=utf-8",
            (
                BY_NAME,
                IDS,
                FROM_INCIDENT,
                "control characters and marks that cannot be seen",
                DEPTH.format("seventh"),
            ),
        ),
        CodebookFormat(
            "html",
            "HTML",
            "One page by itself, to read, print and send around.",
            "text/html; charset=utf-8",
            (BY_NAME, IDS, FROM_INCIDENT, "control characters", DEPTH.format("seventh")),
        ),
    )
}
