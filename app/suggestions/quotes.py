"""A model's quotes as they are stored: an entry for every place where the text holds one (promise 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.methods.redaction import Redacted
from app.suggestions.reply import OfferedQuote


def stored_quotes(text: Redacted, offered: Sequence[OfferedQuote]) -> list[dict[str, Any]]:
    """original[start:end] == quote for each entry that has a place; the others keep the model's words and have none.

    text: as it left for the model, where its quotes were located.
    """
    entries: list[dict[str, Any]] = []
    for quote in offered:
        status = quote.located.status.value
        if not quote.located.is_found:
            entries.append({"quote": quote.text, "status": status, "start": None, "end": None})
        entries += [
            {"quote": span.of(text.original), "status": status, "start": span.start, "end": span.end}
            for span in map(text.span_in_original, quote.located.spans)
        ]
    return entries


def evidence_of(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What may become evidence: quotes that the text holds, and nothing else."""
    return [
        {"start": entry["start"], "end": entry["end"], "quote": entry["quote"]}
        for entry in entries
        if entry["start"] is not None and entry["end"] is not None
    ]
