"""All that is written about a code in one text, under plain headings, and back: for formats with one place for it."""

import re
from dataclasses import dataclass, field

from app.codebook.texts import EXAMPLES, SOURCE, TEXTS, ExampleKind, Written, as_written, paragraphs_of
from app.codebook.tree import CodeEntry

FIRST = TEXTS[0]  # stands at the beginning, without a heading
_HEADINGS = [words.heading for words in TEXTS[1:]] + [kind.heading for kind in EXAMPLES] + [SOURCE]
_HEADING = "|".join(re.escape(heading) for heading in _HEADINGS)
_LIKE_A_HEADING = re.compile(rf"^(?=\\*(?:{_HEADING}): )", re.MULTILINE)
_MARKED = re.compile(rf"^\\(?=\\*(?:{_HEADING}): )", re.MULTILINE)
_BETWEEN = re.compile(rf"\n{{2,}}(?=(?:{_HEADING}): )")
_BEGINS = re.compile(rf"({_HEADING}): ")


@dataclass
class Unfolded:
    texts: dict[str, Written] = field(default_factory=dict)
    examples: list[tuple[ExampleKind, str]] = field(default_factory=list)
    source: str = ""


def folded(code: CodeEntry) -> str:
    """A line of people's own that looks like a heading is marked by a backslash, so that it comes back as it was."""
    return "\n\n".join(
        _marked(text) if heading == FIRST.heading else f"{heading}: {_marked(text)}"
        for heading, text in paragraphs_of(code)
    )


def unfolded(text: str) -> Unfolded:
    """What stands before the first heading is the definition."""
    found = Unfolded()
    first: list[str] = []
    for paragraph in _BETWEEN.split(text):
        begins = _BEGINS.match(paragraph)
        if begins is None:
            first.append(paragraph)
        else:
            _take(found, begins.group(1), _MARKED.sub("", paragraph[begins.end() :]).strip())
    found.texts[FIRST.name] = _MARKED.sub("", "\n\n".join(first)).strip()
    return found


def _take(found: Unfolded, heading: str, text: str) -> None:
    if heading == SOURCE:
        found.source = text
    for words in TEXTS:
        if words.heading == heading:
            found.texts[words.name] = as_written(words, text)
    found.examples += [(kind, text) for kind in EXAMPLES if kind.heading == heading]


def _marked(text: str) -> str:
    return _LIKE_A_HEADING.sub(r"\\", text)
