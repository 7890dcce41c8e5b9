"""What one act carries: JSON from a browser or a script, read field by field."""

import json
from collections.abc import Mapping
from typing import Any

from app.problems import Invalid

LARGEST = 200_000  # characters of JSON
LARGEST_ID = 2**63 - 1
LARGEST_OFFSET = 2**31 - 1


class ActNotUnderstood(Invalid):
    """This step could not be read, so nothing was saved. Reload the page and do it again."""


class ActTooLarge(Invalid):
    """This is too long to be saved as one step. Shorten the text."""


class UnusableCharacters(Invalid):
    """The text holds characters that cannot be stored. Remove them and send again."""


class Payload:
    """Fields of an act. A field of another kind than asked for is ActNotUnderstood."""

    def __init__(self, fields: Any) -> None:
        if not isinstance(fields, Mapping):
            raise ActNotUnderstood
        self.fields: dict[str, Any] = dict(fields)

    @classmethod
    def checked(cls, fields: Any) -> "Payload":
        """Refuses what the database could not hold."""
        payload = cls(fields)
        try:
            written = json.dumps(payload.fields, ensure_ascii=False, allow_nan=False)
            written.encode()
        except UnicodeEncodeError:
            raise UnusableCharacters from None
        except (TypeError, ValueError):
            raise ActNotUnderstood from None
        if _holds_nul(payload.fields):
            raise UnusableCharacters
        if len(written) > LARGEST:
            raise ActTooLarge
        return payload

    def key(self, name: str) -> int:
        return self._number(name, 1, LARGEST_ID)

    def key_or_none(self, name: str) -> int | None:
        return None if self.fields.get(name) in (None, "") else self.key(name)

    def offset(self, name: str) -> int:
        return self._number(name, 0, LARGEST_OFFSET)

    def text(self, name: str) -> str:
        """As typed, line ends as LF; "" when absent."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ActNotUnderstood
        return value.replace("\r\n", "\n")

    def is_set(self, name: str) -> bool:
        return self.fields.get(name) in (True, "true", "on", "1")

    def has(self, name: str) -> bool:
        return self.fields.get(name) not in (None, "")

    def part(self, name: str) -> "Payload":
        return Payload(self.fields.get(name))

    def parts(self, name: str) -> "list[Payload]":
        value = self.fields.get(name) or []
        if not isinstance(value, list):
            raise ActNotUnderstood
        return [Payload(item) for item in value]

    def _number(self, name: str, least: int, most: int) -> int:
        value = self.fields.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ActNotUnderstood
        return value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(_holds_nul(part) for part in value)
