"""What the page of an upload shows: every column with what it becomes, what the import would do, and some rows."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from app.incidents.actions import ImportPreview
from app.incidents.columns import ColumnLook
from app.incidents.forms import MappingForm, values_to_rename
from app.incidents.mapping import FIELD_WORDS, TIME_FIELDS, ColumnMapping, GuessStanding, IncidentField
from app.incidents.models import Import
from app.incidents.preview_rows import PreviewRow, preview_rows, shown_fields
from app.incidents.times import BadTime, parsed_time
from app.incidents.values import short
from app.methods.text import UnusableText

SIGNS = {
    GuessStanding.GUESSED: ("check", "agreed"),
    GuessStanding.CHOSEN: ("check", "agreed"),
    GuessStanding.ASK: ("triangle-alert", "caution"),
    GuessStanding.KEPT: ("circle-dashed", "open"),
}
_LONGEST_SAMPLE = 60


@dataclass(frozen=True)
class ColumnLine:
    """One column of the file. part: its place in a text that is joined from several columns."""

    place: int
    one: ColumnMapping
    look: ColumnLook
    part: int | None
    zones: str | None  # the column that seems to hold its zones

    @property
    def sign(self) -> tuple[str, str]:
        return SIGNS[self.one.standing]

    @property
    def asks(self) -> bool:
        return self.one.standing is GuessStanding.ASK

    @property
    def asks_day(self) -> bool:
        return self.one.field in TIME_FIELDS and self.look.could_be_swapped

    @property
    def asks_zone(self) -> bool:
        return self.one.field in TIME_FIELDS and self.look.lack_zone

    @property
    def cohorts(self) -> list[tuple[str, str]]:
        """(value, its name) for every value of a cohort column."""
        if self.one.field is not IncidentField.COHORT:
            return []
        return [(value, self.one.renames.get(value, value)) for value in values_to_rename(self.look)]

    @property
    def has_more(self) -> bool:
        return self.asks_day or self.asks_zone or bool(self.cohorts)

    def read_as(self, *, day_first: bool) -> datetime | None:
        """The first value in which day and month could be swapped, read one way."""
        for _, value in self.look.filled:
            try:
                both = [parsed_time(value, self.one.zone, day_first=first) for first in (day_first, not day_first)]
            except BadTime:
                continue
            if both[0] != both[1]:
                return both[0]
        return None

    @property
    def samples(self) -> str:
        return " · ".join(_sample(value) for _, value in self.look.filled[:3]) or "empty in every row"


@dataclass(frozen=True)
class MappingPage:
    """found: None where the mapping cannot be used."""

    uploaded: Import
    form: MappingForm
    found: ImportPreview | None

    @property
    def choices(self) -> list[tuple[str, str]]:
        return [(str(one), words) for one, words in FIELD_WORDS.items()]

    @cached_property
    def lines(self) -> list[ColumnLine]:
        text = self.form.mapping.text_from
        parts = {column: number for number, column in enumerate(text, start=1)} if len(text) > 1 else {}
        return [
            ColumnLine(place, one, look, parts.get(one.column), self.form.zone_columns.get(one.column))
            for place, (one, look) in enumerate(zip(self.form.mapping.columns, self.form.looks, strict=True))
        ]

    @property
    def guessed(self) -> int:
        return sum(line.one.standing is GuessStanding.GUESSED for line in self.lines)

    @property
    def asking(self) -> int:
        return sum(line.asks for line in self.lines)

    @property
    def warned(self) -> int:
        """New incidents that come in with a warning."""
        if self.found is None:
            return 0
        return len({problem.line for problem in self.found.reading.warnings} & {row.line for row in self.found.new})

    @property
    def heads(self) -> list[str]:
        return [FIELD_WORDS[one] for one in shown_fields(self.form.mapping)]

    @property
    def rows(self) -> list[PreviewRow]:
        if self.found is None:
            return []
        return preview_rows(self.form.table, self.form.mapping, self.found, problems_first=self.form.problems_first)


def _sample(value: str) -> str:
    try:
        told = short(value) or ""
    except UnusableText:
        return "unusable"
    return told if len(told) <= _LONGEST_SAMPLE else told[: _LONGEST_SAMPLE - 1].rstrip() + "…"
