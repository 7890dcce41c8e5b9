"""What is taken out of a text before it leaves, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.methods.redaction import redact, unredacted
from app.methods.spans import Span

KEY = b"of one study"

SECRETS = [
    ("KEY", "id AKIAIOSFODNN7EXAMPLE was used", "AKIAIOSFODNN7EXAMPLE"),
    (
        "KEY",
        "by ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ),
    ("KEY", "sk-proj-abcdEFGH1234ijklMNOP5678 leaked", "sk-proj-abcdEFGH1234ijklMNOP5678"),
    ("KEY", "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nAAA\n-----END RSA PRIVATE KEY-----", "MIIB\nAAA"),
    ("TOKEN", "Authorization: Bearer abcdef0123456789abcdef", "abcdef0123456789abcdef"),
    ("TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3", "eyJhbGciOiJIUzI1NiJ9"),
    ("SECRET", "DB_PASSWORD=hunter22 in the env", "hunter22"),
    ("SECRET", '{"api_key": "p9x-q2"}', "p9x-q2"),
    ("SECRET", "secret: 8fjw02kd9w", "8fjw02kd9w"),
    ("SECRET", "postgres://ada:pencil@db/x", "ada:pencil"),
    ("EMAIL", "asked ada.lovelace+ops@example.org.", "ada.lovelace+ops@example.org"),
    ("IP", "from 10.20.30.40, then", "10.20.30.40"),
    ("IP", "to 2001:db8::8a2e:370:7334 and", "2001:db8::8a2e:370:7334"),
    ("MAC", "card 00:1B:44:11:3A:B7", "00:1B:44:11:3A:B7"),
    ("HOST", "on db-7.prod.internal we saw", "db-7.prod.internal"),
    ("PHONE", "call +49 (170) 123-4567", "+49 (170) 123-4567"),
    ("CARD", "charged 4111 1111 1111 1111 twice", "4111 1111 1111 1111"),
    ("ACCOUNT", "arn:aws:iam::123456789012:role/x", "123456789012"),
    ("USER", "/home/alovelace/deploy.sh", "alovelace"),
]
PLAIN = [
    "The token: expired at noon.",
    "Version 1.2.3 went out at 10:20:30 on 2024-05-06.",
    "Error 500 for 1234567890123 requests",
    "Passwords were reset for all; the secret service was slow.",
    "std::vector<int> and a::b",
    "See https://status.example.com/incidents/42?x=1",
]


@pytest.mark.parametrize(("label", "text", "secret"), SECRETS)
def test_what_has_the_shape_of_a_secret_is_taken_out(label: str, text: str, secret: str) -> None:
    found = redact(text, key=KEY)
    assert secret not in found.text
    assert label in {each.label for each in found.replaced}


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_speaks_of_secrets_stays(text: str) -> None:
    assert redact(text, key=KEY).text == text


def test_the_same_thing_is_the_same_placeholder_in_one_study_and_another_in_another() -> None:
    one = redact("ada@example.org wrote to ben@example.org and ADA@example.org", key=KEY)
    first, second, third = [each.placeholder for each in one.replaced]
    assert first == third != second
    assert redact("ada@example.org", key=KEY).text == first
    assert redact("ada@example.org", key=b"of another").text != first


def test_a_team_names_words_of_its_own() -> None:
    found = redact("Initech and initech-prod; Initechnology", key=KEY, own_words=["Initech", ""])
    assert "nitech " not in found.text and found.text.endswith("; Initechnology")
    assert [each.label for each in found.replaced] == ["NAME", "NAME"]


@given(st.lists(st.sampled_from([text for _, text, _ in SECRETS] + PLAIN), max_size=6), st.data())
def test_every_span_leads_back_to_what_it_stands_for(parts: list[str], data: st.DataObject) -> None:
    text = "\n".join(parts)
    found = redact(text, key=KEY)
    pieces, at, back = [], 0, 0
    for each in found.replaced:
        assert each.placed.of(found.text) == each.placeholder
        pieces.append(found.text[at : each.placed.start] == text[back : each.original.start])
        at, back = each.placed.end, each.original.end
    assert all(pieces) and found.text[at:] == text[back:]
    if found.text:
        start = data.draw(st.integers(0, len(found.text) - 1))
        end = data.draw(st.integers(start + 1, len(found.text)))
        there = found.span_in_original(Span(start, end)).of(text)
        assert redact(there, key=KEY).text.find(found.text[start:end]) >= 0 or any(
            each.placed.overlaps(Span(start, end)) for each in found.replaced
        )


@given(st.text())
def test_nothing_found_is_nothing_changed(text: str) -> None:
    found = redact(text, key=KEY)
    if not found.replaced:
        assert found.text == text
    assert unredacted(text).text == text


@pytest.mark.parametrize("piece", ["a", "a.", "a-", "0:", "1 ", "eyJ", "password", "+1 ", "x@", "://a:", "10.0.0.1 "])
def test_no_text_keeps_it_for_ever(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    assert redact(text, key=KEY).original == text
