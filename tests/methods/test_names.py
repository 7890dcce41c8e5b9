"""Names: what looks alike is alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.names import plain_name, same_name


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("Zu\u0308rich", "Zürich"),
        ("Ad\u200bmin\ufeff", "Admin"),
        ("\u202eadmin\u202c", "admin"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\x07b", "a b"),
        ("\u200b \u200d\u2060", ""),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_name_is_what_one_reads(typed: str, plain: str) -> None:
    assert plain_name(typed) == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [("Zürich", "ZU\u0308RICH"), ("Config", "con\u200dfig"), ("Straße", "STRASSE"), ("Load", "Lo\u200bad ")],
)
def test_names_that_look_alike_are_the_same(one: str, other: str) -> None:
    assert same_name(one, other)
    assert not same_name(one, other + "s")


@given(st.text())
def test_a_plain_name_stays_as_it_is_and_holds_no_control_character(typed: str) -> None:
    plain = plain_name(typed)
    assert plain_name(plain) == plain
    assert not {unicodedata.category(each) for each in plain} & {"Cc", "Zl", "Zp"}
