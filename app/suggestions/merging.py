"""What several askings about the same incident offer together: every code once, and how many of them held it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.methods.names import folded_name
from app.methods.redaction import Redacted
from app.suggestions.prompt import MOST_QUOTES
from app.suggestions.quotes import stored_quotes
from app.suggestions.reply import DimensionReply

Quote = Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What one sample said of one dimension, and in which call."""

    call_id: int
    reply: DimensionReply


@dataclass
class Offered:
    """A code, of the codebook or new. reasoning and call: of the first that held it."""

    code_id: int | None
    name: str | None
    definition: str
    call_id: int
    reasoning: str
    held_by: int = 0
    quotes: list[list[Quote]] = field(default_factory=list)


def offered(told: Sequence[Told], text: Redacted) -> list[Offered]:
    """Of one dimension. What more of them held comes first, then what was said first."""
    found: dict[int | str, Offered] = {}
    for each in told:
        reply = each.reply
        quotes: list[Quote] = list(stored_quotes(text, reply.quotes))
        codes: list[tuple[int | None, str | None, str]] = [(code_id, None, "") for code_id in reply.code_ids]
        codes += [(None, new.name, new.definition) for new in reply.new_codes]
        for code_id, name, definition in codes:
            key = code_id if code_id is not None else folded_name(name or "")
            one = found.setdefault(key, Offered(code_id, name, definition, each.call_id, reply.reasoning))
            one.held_by += 1
            one.quotes.append(quotes)
    return sorted(found.values(), key=lambda one: -one.held_by)


def merged_quotes(quotes: Sequence[Sequence[Quote]]) -> list[Quote]:
    """Those of one sample as they are; of several the located first, each once, and as many as one may have."""
    if len(quotes) == 1:
        return list(quotes[0])
    every = [quote for of_sample in quotes for quote in of_sample]
    located = [quote for quote in every if quote["start"] is not None]
    others = [quote for quote in every if quote["start"] is None]
    distinct: dict[tuple[Any, ...], Quote] = {}
    for one in [*located, *others]:
        distinct.setdefault((one["start"], one["end"], one["quote"]), one)
    return list(distinct.values())[:MOST_QUOTES]
