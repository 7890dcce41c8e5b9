"""Times as files write them, to UTC; what could mean two things is refused, not guessed."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil import parser as dateutil_parser

from app.problems import Invalid

# Hours from UTC. Names that stand for several zones are read as status pages of the large clouds use them.
ZONE_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "IST": 5.5, "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11,
    "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "AKST": -9, "AKDT": -8, "HST": -10, "BRT": -3, "ART": -3,
}  # fmt: skip
ZONE_PLACES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
}
NO_TIME = frozenset(("", "unknown", "n/a", "na", "none", "null", "nan", "nat", "<na>", "-", "–", "—", "tbd", "[]"))

_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(.*)", re.DOTALL)
_ZONE_AT_END = re.compile(r"(.*[\d.APMapm])\s*\(?\b([A-Za-z]{1,5}|[A-Z][A-Za-z]+/[A-Za-z_/]+)\)?", re.DOTALL)
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}|\d\s*[AaPp]\.?[Mm]")
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class BadTime(Invalid):
    """This is not a time that can be read. Write it as 2025-04-03 02:58."""


def parsed_time(value: str, zone: str = "UTC", *, day_first: bool | None = None) -> datetime | None:
    """UTC, or None for a value that stands for nothing. Raises BadTime.

    zone: for times that name none (an IANA name, or one of the table above).
    day_first: how 03/04/2025 is read; None refuses it where both ways make a day.
    """
    value = value.strip()
    if value.lower() in NO_TIME:
        return None
    at = _read(value, zone, day_first)
    if not _EARLIEST <= at < _LATEST:
        raise BadTime(f"not a time of our days: {_shown(value)}")
    return at.astimezone(UTC)


def day_month(value: str) -> tuple[int, int] | None:
    """The first two numbers of 03/04/2025; None for any other way of writing a day."""
    found = _DAY_MONTH_YEAR.match(value.strip())
    return (int(found[1]), int(found[3])) if found else None


def has_time_of_day(value: str) -> bool:
    return _TIME_OF_DAY.search(value) is not None or _EPOCH.fullmatch(value.strip()) is not None


def zone_named(name: str) -> tzinfo | None:
    """None for a name that no table knows."""
    return _zone(name.strip())


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo | None:
    hours = ZONE_HOURS.get(name.upper())
    if hours is not None:
        return timezone(timedelta(hours=hours), name.upper())
    try:
        return ZoneInfo(ZONE_PLACES.get(name.upper(), name))
    except (ValueError, OSError, LookupError):
        return None


def _read(value: str, zone: str, day_first: bool | None) -> datetime:
    if _EPOCH.fullmatch(value):
        seconds = float(value) if "." in value or len(value) <= 10 else int(value) / 1000
        return datetime.fromtimestamp(seconds, UTC)
    written = _year_first(value, day_first)
    at = _iso(written)
    if at is None:
        named = _ZONE_AT_END.fullmatch(written)
        if named and named[2].upper() not in ("AM", "PM", "T"):
            written, zone = named[1], named[2]
        at = _iso(written) or _by_dateutil(written, value)
    if at.tzinfo is not None:
        return at
    known = zone_named(zone)
    if known is None:
        raise BadTime(f"zone {_shown(zone)} is not known: {_shown(value)}")
    return at.replace(tzinfo=known)


def _year_first(value: str, day_first: bool | None) -> str:
    if found := _YEAR_FIRST.fullmatch(value):
        return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}{found[4]}"
    found = _DAY_MONTH_YEAR.fullmatch(value)
    if not found:
        return value
    first, second = int(found[1]), int(found[3])
    if day_first is None and first <= 12 and second <= 12 and first != second:
        raise BadTime(f"day and month could be swapped: {_shown(value)}")
    is_day_first = first > 12 if day_first is None else day_first
    day, month = (first, second) if is_day_first else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise BadTime(f"no such day with the {'day' if is_day_first else 'month'} first: {_shown(value)}")
    year = found[4] if len(found[4]) == 4 else f"20{found[4]}"
    return f"{year}-{month:02}-{day:02}{found[5]}"


def _iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if len(value) >= 8 and "W" not in value else None
    except ValueError:
        return None


def _by_dateutil(value: str, as_written: str) -> datetime:
    """Read twice over different defaults: what is not in the value differs then, and nothing is filled in."""
    try:
        first = dateutil_parser.parse(value, default=datetime(2000, 1, 1), ignoretz=False, tzinfos=_zone_inside)
        second = dateutil_parser.parse(value, default=datetime(2003, 2, 2), ignoretz=False, tzinfos=_zone_inside)
    except (ValueError, OverflowError, TypeError) as error:
        raise BadTime(f"not a time: {_shown(as_written)}") from error
    if not isinstance(first, datetime) or first != second:
        raise BadTime(f"not a whole day with year, month and day: {_shown(as_written)}")
    return first


def _zone_inside(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if name is None:
        return None
    if (known := zone_named(name)) is None:
        raise BadTime(f"zone {name} is not known")
    return known


def _shown(value: str) -> str:
    return value if len(value) <= 40 else value[:39] + "…"
