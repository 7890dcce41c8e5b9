"""Material for a model stands between two marks that carry a random word, which nothing in it can know."""

import re
import secrets


def fresh_mark(text: str) -> str:
    """A random word that the text does not hold."""
    while True:
        mark = secrets.token_hex(8)
        if mark not in text:
            return mark


def preview_mark(text: str) -> str:
    """Zeros, where the real mark is random; as many as the text does not hold."""
    mark = "0" * 16
    while mark in text:
        mark += "0"
    return mark


def between_marks(text: str, *, mark: str, called: str) -> str:
    """called: what the text is, in one word or two."""
    if mark in text:
        raise ValueError("the mark stands in the text")
    return f"<<<{called} {mark}>>>\n{text}\n<<<end of {called} {mark}>>>"


def one_line(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()
