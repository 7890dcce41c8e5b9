"""Finding the JSON object in what a model wrote, and making any text fit to be stored."""

import json
import re
from typing import Any

BEGINS_THINKING = re.compile(r"<(think|thinking|reasoning)>", re.IGNORECASE)


class NotJson(ValueError):
    """The text holds no JSON object."""


def json_object(text: str) -> dict[str, Any]:
    """The first whole JSON object of the text; prose, code fences and thinking around it are passed over.

    Every string in it is storable. Raises NotJson.
    """
    text = _without_thinking(text)
    decoder = json.JSONDecoder()
    start = text.find("{")
    last_problem = "it holds no { at all"
    tries = 0
    while start != -1 and tries < 50:  # a text of braces alone must not cost quadratic time
        tries += 1
        try:
            found, _ = decoder.raw_decode(text, start)
            return {storable(str(key)): _storable(value) for key, value in found.items()}
        except json.JSONDecodeError as problem:
            last_problem = str(problem)
        except ValueError:  # Python reads no whole number of more than 4,300 digits
            raise NotJson("it holds a number that is too long") from None
        except RecursionError:
            raise NotJson("it is nested too deep") from None
        start = text.find("{", start + 1)
    raise NotJson(last_problem)


def _without_thinking(text: str) -> str:
    """In one go: a model that repeats <think> without an end must not cost quadratic time."""
    kept, at, endless = [], 0, set()
    for begins in BEGINS_THINKING.finditer(text):
        name = begins[1].lower()
        if begins.start() < at or name in endless:
            continue
        ends = re.compile(f"</{name}>", re.IGNORECASE).search(text, begins.end())
        if ends is None:
            endless.add(name)
        else:
            kept.append(text[at : begins.start()])
            at = ends.end()
    return "".join(kept) + text[at:]


def storable(text: str) -> str:
    """The text without what a database refuses: NUL and lone surrogates become U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(part) for part in value]
    if isinstance(value, dict):
        return {storable(key): _storable(part) for key, part in value.items()}
    return value
