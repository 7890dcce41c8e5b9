"""The words around a quote, cut where a reader expects it. Pure."""

from dataclasses import dataclass

from app.methods.spans import Span
from app.methods.text import paragraphs


@dataclass(frozen=True, slots=True)
class InContext:
    """before + quote + after stand in the text as they do here; cut_before, cut_after: the paragraph goes on there."""

    before: str
    quote: str
    after: str
    cut_before: bool
    cut_after: bool


def in_context(text: str, start: int, end: int, *, around: int = 120) -> InContext:
    """text[start:end] with up to `around` code points on either side, within the paragraphs that hold its ends.

    A word is not cut in two, so that a side may be a few points shorter than `around`; only where one word is longer
    than a whole side nothing of that side is shown. Raises SpanOutside when the span is not in the text.
    """
    quote = Span(start, end).of(text)
    bounds = paragraphs(text)
    low = next((a for a, b in bounds if a <= start < b), start)
    high = next((b for a, b in bounds if a < end <= b), end)
    from_ = max(low, start - around)
    if from_ > low:
        from_ = next((at for at in range(from_, start) if text[at - 1].isspace() and not text[at].isspace()), start)
    to = min(high, end + around)
    if to < high:
        to = next((at for at in range(to, end, -1) if text[at].isspace() and not text[at - 1].isspace()), end)
    return InContext(text[from_:start], quote, text[end:to], from_ > low, to < high)
