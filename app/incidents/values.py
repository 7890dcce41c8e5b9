"""What a cell of a file says: nothing, prose, a list of updates."""

import json
from typing import Any

from app.methods.text import canonical, html_to_text, looks_like_html

_NOTHING = frozenset(("", "[]", "{}", "null", "NULL", "NaN", "nan", "NaT", "<NA>", "[null]", '""'))
_BODY_KEYS = ("message", "body", "text", "content", "description", "update")


def cell(value: str) -> str | None:
    """The value as stored, None for what stands for nothing. Raises UnusableText."""
    value = canonical(value)
    return None if value.strip() in _NOTHING else value


def prose(value: str | None) -> str | None:
    """The value as somebody would read it: HTML as plain text, a list of updates as paragraphs. Raises UnusableText."""
    if value is None:
        return None
    if value.lstrip()[:1] in ("[", "{"):
        value = _json_as_prose(value)
    if looks_like_html(value):
        value = canonical(html_to_text(value))
    return value if value.strip() else None


def short(value: str | None) -> str | None:
    """As prose, on one line."""
    told = prose(value)
    return None if told is None else " ".join(told.split())


def heading(column: str) -> str:
    """investigating_description -> Investigating description."""
    words = " ".join(column.replace("_", " ").split())
    return words[:1].upper() + words[1:]


def _json_as_prose(value: str) -> str:
    try:
        held = json.loads(value)
    except (ValueError, RecursionError):
        return value
    items = held if isinstance(held, list) else [held]
    if all(isinstance(item, dict) for item in items):
        return canonical("\n\n".join(told for item in items if (told := _told(item))))
    if all(not isinstance(item, dict | list) for item in items):
        return canonical(", ".join(_scalar(item) for item in items if item is not None))
    return value


def _told(item: dict[str, Any]) -> str:
    """One update: its short values on a line, its body below; without a body a line for each value."""
    body_key = next((key for key in _BODY_KEYS if isinstance(item.get(key), str) and item[key].strip()), None)
    rest = {k: v for k, v in item.items() if k != body_key and v is not None and not isinstance(v, dict | list)}
    if body_key is None:
        return "\n".join(f"{key}: {_scalar(value)}" for key, value in rest.items())
    body = html_to_text(item[body_key]) if looks_like_html(item[body_key]) else item[body_key]
    line = " · ".join(_scalar(value) for value in rest.values())
    return f"{line}\n{body}" if line else body


def _scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
