from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.web import wording

AT = datetime(2025, 3, 12, 8, 36, tzinfo=UTC)


def test_a_moment_is_written_in_utc_and_readable_by_machines():
    in_berlin = AT.astimezone(timezone(timedelta(hours=1)))

    assert wording.moment(in_berlin) == '<time datetime="2025-03-12T08:36:00Z">12 Mar 2025, 08:36 UTC</time>'
    assert wording.moment(None) == "–"


def test_a_day_may_come_from_a_date_or_a_moment():
    assert wording.day(date(2025, 3, 2)) == '<time datetime="2025-03-02">2 Mar 2025</time>'
    assert ">12 Mar 2025<" in wording.day(AT)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (42, "42 s"), (59.6, "1 min"), (300, "5 min"), (12420, "3 h 27 min"), (7200, "2 h"),
     (3599, "1 h"), (187200, "2 d 4 h"), (-300, "−5 min"), (None, "–"), (86399, "1 d")],
)  # fmt: skip
def test_a_duration_names_its_two_largest_units(seconds, words):
    assert wording.duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.664, ".66"), (-0.051, "−.05"), (-0.001, ".00"), (1.0, "1.00"), (0.996, "1.00"), (-1.2, "−1.20"),
     (None, "–"), (float("nan"), "–")],
)  # fmt: skip
def test_a_coefficient_has_no_zero_before_its_point_and_a_true_minus(value, words):
    assert wording.coefficient(value) == words


def test_shares_counts_and_plurals_read_as_words():
    assert wording.percent(0.914) == "91 %"
    assert wording.percent(None) == "–"
    assert wording.plural(1, "incident") == "1 incident"
    assert wording.plural(1240, "incident") == "1,240 incidents"
    assert wording.plural(2, "category", "categories") == "2 categories"
    assert wording.interval(0.56, 0.74) == "[.56, .74]"


@pytest.mark.parametrize(
    ("amount", "words"),
    [("12.5", "$12.50"), ("12.500000", "$12.50"), ("1234567", "$1,234,567.00"), ("0.0004", "$0.0004"), ("0", "$0.00")],
)
def test_money_has_cents_and_more_digits_where_cents_do_not_tell_it(amount, words):
    assert wording.dollars(Decimal(amount)) == words


def test_keys_are_written_as_keyboards_show_them():
    assert wording.key_label("ctrl+enter") == "Ctrl ↵"
    assert wording.key_label("arrowup") == "↑"
    assert wording.key_label("u") == "u"
    assert wording.key_label("ctrl+z") == "Ctrl Z"


def test_attributes_are_escaped_and_empty_ones_left_out():
    written = wording.attributes({"hx_post": '/a"b', "required": True, "disabled": False, "title": None})

    assert written == ' hx-post="/a&#34;b" required'
