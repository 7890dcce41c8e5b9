from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.incidents.times import BadTime, parsed_time

APRIL_10 = datetime(2023, 4, 10, 20, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2023-04-10T20:33:00Z",
        "2023-04-10 20:33:00",
        "2023-04-10 20:33",
        "2023-04-10 20:33:00+00:00",
        "20230410T20:33:00",
        "2023-04-10T22:33:00+02:00",
        "1681158780",
        "1681158780.0",
        "1681158780000",
        "Apr 10, 2023 1:33 PM PDT",
        "Apr 10, 2023 - 20:33 UTC",
        "10 April 2023 20:33",
        "Mon, 10 Apr 2023 20:33:00 GMT",
        "2023/04/10 20:33",
        "2023-04-10 13:33 US/Pacific",
        "2023-04-10 20:33:00 UTC",
        "Apr 10, 2023 8:33 PM",
        "2023-04-10 16:33 (EDT)",
        " 2023-04-10 20:33 ",
        "2023-04-10 13:33 PT",
    ],
)
def test_one_moment_in_many_writings(value: str) -> None:
    assert parsed_time(value) == APRIL_10
    assert parsed_time(value).tzinfo is UTC


@pytest.mark.parametrize("value", ["", " ", "UNKNOWN", "n/a", "null", "NaT", "[]", "-"])
def test_what_stands_for_nothing_is_no_time(value: str) -> None:
    assert parsed_time(value) is None


def test_day_and_month_are_read_as_the_mapping_says() -> None:
    assert parsed_time("03/04/2025 02:58", day_first=True) == datetime(2025, 4, 3, 2, 58, tzinfo=UTC)
    assert parsed_time("03/04/2025 2:58 PM", day_first=False) == datetime(2025, 3, 4, 14, 58, tzinfo=UTC)
    assert parsed_time("3.4.25", day_first=True) == datetime(2025, 4, 3, tzinfo=UTC)
    assert parsed_time("13/04/2025") == datetime(2025, 4, 13, tzinfo=UTC)


def test_a_zone_is_taken_for_times_that_name_none() -> None:
    assert parsed_time("2023-04-10 13:33", "PDT") == APRIL_10
    assert parsed_time("2023-04-10 22:33", "Europe/Berlin") == APRIL_10
    assert parsed_time("2023-04-10 20:33Z", "Europe/Berlin") == APRIL_10


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("03/04/2025", "could be swapped"),
        ("05:15", "not a whole day"),
        ("Monday", "not a whole day"),
        ("April 2023", "not a whole day"),
        ("yesterday", "not a time"),
        ("2023-13-40", "not a time"),
        ("2023-04-10 20:33 XYZ", "zone XYZ is not known"),
        ("42", "not a "),
        ("0202-04-10 10:00", "not a time of our days"),
        ("2023-W15-1", "not a time"),
        ("9" * 400, "not a time"),
    ],
)
def test_what_is_no_certain_time_is_refused(value: str, why: str) -> None:
    with pytest.raises(BadTime, match=why):
        parsed_time(value)


def test_a_thirteenth_month_is_refused_not_swapped() -> None:
    with pytest.raises(BadTime, match="no such day with the month first"):
        parsed_time("13/04/2025", day_first=False)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(BadTime, match="zone Mars is not known"):
        parsed_time("2023-04-10 20:33", "Mars")


@given(st.text(max_size=30) | st.from_regex(r"[0-9/.:, APMTZ+-]{0,25}", fullmatch=True))
def test_nothing_but_a_time_or_a_refusal_comes_back(value: str) -> None:
    try:
        at = parsed_time(value, day_first=True)
    except BadTime:
        return
    assert at is None or at.tzinfo is UTC


@given(st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_what_is_written_as_iso_comes_back(at: datetime) -> None:
    assert parsed_time(at.isoformat()) == at
    assert parsed_time(str(at)) == at
