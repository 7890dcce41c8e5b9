"""What a column of a file looks like: how full, how different, how long, whether its values are times."""

import re
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from app.incidents.readers.table import RawTable
from app.incidents.times import NO_TIME, BadTime, day_month, has_time_of_day, parsed_time
from app.incidents.values import cell, prose
from app.methods.text import UnusableText

_LOOKED_AT = 300
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE)
_LIST_THAT_IS_NO_JSON = re.compile(r"\[\s*[{'(]")


@dataclass(frozen=True)
class ColumnLook:
    """filled: (row number, value) of the values that are not nothing."""

    column: str
    place: int
    rows: int
    filled: tuple[tuple[int, str], ...]

    @property
    def name(self) -> str:
        """IncidentId, incident-id and Incident ID are all incident_id."""
        return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", self.column).lower()).strip("_")

    @property
    def has_no_name(self) -> bool:
        return re.fullmatch(r"column_\d+|unnamed_\d+|index", self.name) is not None

    @cached_property
    def distinct(self) -> int:
        return len({value for _, value in self.filled})

    @property
    def all_different(self) -> bool:
        return 0 < self.distinct == self.rows

    @cached_property
    def sample(self) -> list[str]:
        """Spread over the file, so that a change of form half-way is seen."""
        step = max(1, len(self.filled) // _LOOKED_AT)
        return [value for _, value in self.filled[::step]]

    @cached_property
    def median_words(self) -> int:
        told = [_prose(value) for value in self.sample]
        return round(median(len(one.split()) for one in told)) if told else 0

    @cached_property
    def is_prose(self) -> bool:
        """Not, when most values are a list in some other writing than JSON."""
        odd = sum(_LIST_THAT_IS_NO_JSON.match(_prose(value)) is not None for value in self.sample)
        return odd <= len(self.sample) / 2

    @cached_property
    def is_flag(self) -> bool:
        values = {value.strip().lower() for value in self.sample}
        return bool(values) and values <= {"0", "1", "0.0", "1.0", "true", "false", "yes", "no"}

    @cached_property
    def numbers(self) -> list[float]:
        """All values as numbers; empty when one is not."""
        try:
            return [float(value) for value in self.sample]
        except ValueError:
            return []

    @cached_property
    def are_urls(self) -> bool:
        return bool(self.sample) and all(re.match(r"https?://\S+$", value.strip()) for value in self.sample)

    @cached_property
    def are_emails(self) -> bool:
        return (
            bool(self.sample)
            and sum(_EMAIL.fullmatch(v.strip()) is not None for v in self.sample) > len(self.sample) / 2
        )

    @cached_property
    def told_times(self) -> list[str]:
        return [value for value in self.sample if value.strip().lower() not in NO_TIME]

    @cached_property
    def are_times(self) -> bool:
        good = sum(_is_time(value) for value in self.told_times)
        return bool(self.told_times) and good >= 0.8 * len(self.told_times)

    @cached_property
    def have_time_of_day(self) -> bool:
        return any(has_time_of_day(value) for value in self.told_times)

    @cached_property
    def lack_zone(self) -> bool:
        """Some of the times name no zone of their own."""
        return any(_lacks_zone(value) for value in self.told_times[:20])

    @property
    def could_be_swapped(self) -> bool:
        """Whether 03/04/2025 could be read both ways in all rows, or has to be in some."""
        day_first = any(first > 12 for first, _ in self.day_months)
        month_first = any(second > 12 for _, second in self.day_months)
        return bool(self.day_months) and day_first == month_first

    @cached_property
    def day_months(self) -> list[tuple[int, int]]:
        return [pair for _, value in self.filled if (pair := day_month(value)) is not None]


def looks_of(table: RawTable) -> list[ColumnLook]:
    return [
        ColumnLook(column, place, len(table.rows), tuple(_filled(table.values(column))))
        for place, column in enumerate(table.columns)
    ]


def _filled(values: list[str]) -> list[tuple[int, str]]:
    found = []
    for number, value in enumerate(values):
        try:
            kept = cell(value)
        except UnusableText:
            continue
        if kept is not None:
            found.append((number, kept))
    return found


def _prose(value: str) -> str:
    try:
        return prose(value) or ""
    except UnusableText:
        return ""


def _lacks_zone(value: str) -> bool:
    for day_first in (True, False):
        try:
            return parsed_time(value, "UTC", day_first=day_first) != parsed_time(value, "HST", day_first=day_first)
        except BadTime:
            continue
    return False


def _is_time(value: str) -> bool:
    for day_first in (True, False):
        try:
            return parsed_time(value, day_first=day_first) is not None
        except BadTime:
            continue
    return False
