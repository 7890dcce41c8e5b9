"""Which column of a file becomes what of an incident."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from app.incidents.times import zone_named
from app.problems import Invalid


class IncidentField(StrEnum):
    EXTERNAL_ID = "external_id"
    TITLE = "title"
    TEXT = "text"
    SERVICE = "service"
    SEVERITY = "severity"
    COHORT = "cohort"
    URL = "url"
    STARTED_AT = "started_at"
    DETECTED_AT = "detected_at"
    TRIAGED_AT = "triaged_at"
    MITIGATED_AT = "mitigated_at"
    RESOLVED_AT = "resolved_at"
    DETECTED_BY = "detected_by"
    ATTRIBUTE = "attribute"
    LEAVE_OUT = "leave_out"


FIELD_WORDS = {
    IncidentField.EXTERNAL_ID: "External id",
    IncidentField.TITLE: "Title",
    IncidentField.TEXT: "Text",
    IncidentField.SERVICE: "Service",
    IncidentField.SEVERITY: "Severity",
    IncidentField.COHORT: "Cohort",
    IncidentField.URL: "Web address",
    IncidentField.STARTED_AT: "Impact began",
    IncidentField.DETECTED_AT: "Detected",
    IncidentField.TRIAGED_AT: "Triaged",
    IncidentField.MITIGATED_AT: "Mitigated",
    IncidentField.RESOLVED_AT: "Resolved",
    IncidentField.DETECTED_BY: "Detected by",
    IncidentField.ATTRIBUTE: "Attribute",
    IncidentField.LEAVE_OUT: "Leave out",
}
TIME_FIELDS = (
    IncidentField.STARTED_AT,
    IncidentField.DETECTED_AT,
    IncidentField.TRIAGED_AT,
    IncidentField.MITIGATED_AT,
    IncidentField.RESOLVED_AT,
)
MANY_COLUMNS = frozenset((IncidentField.TEXT, IncidentField.ATTRIBUTE, IncidentField.LEAVE_OUT))


class GuessStanding(StrEnum):
    """guessed: sure enough; ask: look at it; kept: no guess, kept as it is; chosen: by a person."""

    GUESSED = "guessed"
    ASK = "ask"
    KEPT = "kept"
    CHOSEN = "chosen"


class UnusableMapping(Invalid):
    """This mapping cannot be used. Change what the columns become."""


@dataclass(frozen=True)
class ColumnMapping:
    """What one column becomes, and in `reason` from what that was guessed.

    For times only: day_first reads 03/04/2025; zone is for times that name none; zone_column holds one a row.
    renames: other words for values, such as 1 -> GenAI.
    """

    column: str
    field: IncidentField
    reason: str = ""
    standing: GuessStanding = GuessStanding.KEPT
    day_first: bool | None = None
    zone: str = "UTC"
    zone_column: str | None = None
    renames: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """text_from: the columns joined into the text, in that order. cohort: one for all rows, where no column says it."""

    columns: tuple[ColumnMapping, ...]
    text_from: tuple[str, ...] = ()
    cohort: str | None = None

    def column_for(self, wanted: IncidentField) -> ColumnMapping | None:
        return next((one for one in self.columns if one.field is wanted), None)

    def of(self, column: str) -> ColumnMapping:
        """Raises UnusableMapping for a column that the file does not have."""
        for one in self.columns:
            if one.column == column:
                return one
        names = ", ".join(one.column for one in self.columns)
        raise UnusableMapping(f"The file has no column {column}. It has: {names}.")

    def changed(self, column: str, **changes: Any) -> "Mapping":
        """With other options for a column (day_first, zone, zone_column, renames)."""
        self.of(column)
        return replace(self, columns=tuple(replace(c, **changes) if c.column == column else c for c in self.columns))

    def with_field(self, wanted: IncidentField, column: str) -> "Mapping":
        """The column becomes this; the column that was it before becomes an attribute."""
        columns = []
        for one in self.columns:
            if one.column == column:
                one = replace(one, field=wanted, reason="chosen", standing=GuessStanding.CHOSEN)
            elif one.field is wanted and wanted not in MANY_COLUMNS:
                one = replace(one, field=IncidentField.ATTRIBUTE, reason="kept as it is", standing=GuessStanding.KEPT)
            columns.append(one)
        self.of(column)
        text_from = tuple(name for name in self.text_from if name != column)
        if wanted is IncidentField.TEXT:
            text_from += (column,)
        return replace(self, columns=tuple(columns), text_from=text_from)

    def with_text_from(self, columns: Sequence[str]) -> "Mapping":
        """The text is joined from exactly these, in this order."""
        changed = self
        for one in self.columns:
            if one.field is IncidentField.TEXT and one.column not in columns:
                changed = changed.with_field(IncidentField.ATTRIBUTE, one.column)
        for column in columns:
            changed = changed.with_field(IncidentField.TEXT, column)
        return replace(changed, text_from=tuple(dict.fromkeys(columns)))

    def as_json(self) -> dict[str, Any]:
        columns = [{**vars(one), "field": str(one.field), "standing": str(one.standing)} for one in self.columns]
        return {"columns": columns, "text_from": list(self.text_from), "cohort": self.cohort}


def mapping_from_json(stored: dict[str, Any]) -> Mapping:
    columns = tuple(
        ColumnMapping(**{**one, "field": IncidentField(one["field"]), "standing": GuessStanding(one["standing"])})
        for one in stored["columns"]
    )
    return Mapping(columns, tuple(stored["text_from"]), stored["cohort"])


def check_mapping(mapping: Mapping, columns: Sequence[str]) -> None:
    """Raises UnusableMapping for what no row could be read under."""
    for one in mapping.columns:
        for name in (one.column, one.zone_column):
            if name is not None and name not in columns:
                raise UnusableMapping(f"The file has no column {name}. Choose the mapping again.")
        if zone_named(one.zone) is None:
            raise UnusableMapping(f"The zone {one.zone} of {one.column} is not known. Write UTC or Europe/Berlin.")
    for wanted in IncidentField:
        names = [one.column for one in mapping.columns if one.field is wanted]
        if wanted not in MANY_COLUMNS and len(names) > 1:
            what = FIELD_WORDS[wanted].lower()
            raise UnusableMapping(f"{' and '.join(names)} cannot both be the {what}. Choose one of them.")
    texts = {one.column for one in mapping.columns if one.field is IncidentField.TEXT}
    if not texts:
        raise UnusableMapping("No column becomes the text. Choose at least one: text is what gets coded.")
    if set(mapping.text_from) != texts:
        raise UnusableMapping("The order of the text names other columns than the mapping. Choose them again.")
