"""JSON schemas as endpoints take them that enforce them: every key is asked for, and no other is allowed."""

from typing import Any


def strict_object(properties: dict[str, Any]) -> dict[str, Any]:
    """Its order of keys is the order in which the model thinks."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    # No maxItems: Azure refuses it in strict schemas. What is too many is left out when the reply is read.
    return {"type": "array", "items": items}


def one_of(words: list[str], *, most: int) -> dict[str, Any]:
    """A closed list of words; a bare string where there are more than providers take, or none."""
    return {"type": "string", "enum": words} if 0 < len(words) <= most else {"type": "string"}
