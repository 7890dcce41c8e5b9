"""What a diligent model would reply to a coding question, made from the request alone. For `Says(...)`."""

import json
import re
from collections.abc import Mapping
from typing import Any

INVENTED = "These words stand nowhere in the report at all"


def first_codes(request: Mapping[str, Any]) -> dict[str, Any]:
    """The first code of every dimension, or a new one where it has none; quotes how the first paragraph begins."""
    words = _first_paragraph(request)
    return {key: _reply(part, words) for key, part in _dimensions(request).items()}


def invented_quote(request: Mapping[str, Any]) -> dict[str, Any]:
    """As `first_codes`, but no quote is in the text."""
    return {key: _reply(part, INVENTED) for key, part in _dimensions(request).items()}


def _reply(dimension: Mapping[str, Any], words: str) -> dict[str, Any]:
    keys = dimension["properties"]
    codes = keys["codes"]["items"].get("enum", [])[:1]
    reply = {"quotes": [{"paragraph": 1, "text": words}], "reasoning": "The report says so.", "codes": codes}
    if "new_codes" in keys:
        reply["new_codes"] = [] if codes else [{"name": "Something new", "definition": "No code says it yet."}]
    return reply


def _dimensions(request: Mapping[str, Any]) -> dict[str, Any]:
    """From the strict schema, or from the schema in words at the end of the system message."""
    form = request.get("response_format") or {}
    if form.get("type") == "json_schema":
        return dict(form["json_schema"]["schema"]["properties"])
    return dict(json.loads(request["messages"][0]["content"].rsplit("\n", 1)[1])["properties"])


def _first_paragraph(request: Mapping[str, Any]) -> str:
    found = re.search(r"^\[1\] (.*)$", request["messages"][1]["content"], re.MULTILINE)
    return " ".join(found.group(1).split()[:8]) if found else INVENTED
