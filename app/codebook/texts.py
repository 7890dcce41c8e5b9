"""What is written about a code, in the one list that all codebook files are written and read by.

A text that CodeEntry and CodeText gain comes into every file, out and in, with a line here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.codebook.tree import CodeEntry

Written = str | tuple[str, ...]


@dataclass(frozen=True)
class CodeWords:
    """name: of the attribute, and of the column of a table. heading: what stands before it in running text.

    called: what the column is called in tables of others. one_a_line: several short ones, a tuple of str.
    """

    name: str
    heading: str
    called: tuple[str, ...] = ()
    one_a_line: bool = False


@dataclass(frozen=True)
class ExampleKind:
    """kind: as examples hold it; the first one takes those that hold none."""

    kind: str
    name: str
    heading: str
    called: tuple[str, ...] = ()


TEXTS = (
    CodeWords("definition", "Definition", ("description", "full definition")),
    CodeWords("use_when", "Use when", ("when to use", "inclusion", "inclusion criteria")),
    CodeWords("not_when", "Not when", ("when not to use", "exclusion", "exclusion criteria")),
    CodeWords("short_definition", "Short definition", ("short", "brief definition")),
    CodeWords("synonyms", "Synonyms", ("synonym", "aliases"), one_a_line=True),
)
EXAMPLES = (
    ExampleKind("typical", "examples", "Example", ("example", "typical example", "typical examples")),
    ExampleKind("close_call", "close_calls", "Close call", ("close call",)),
    ExampleKind("atypical", "atypical", "Atypical example", ("atypical examples", "atypical example")),
)
SOURCE = "Source"


def text_of(code: CodeEntry, words: CodeWords) -> str:
    """As one text, several of them one a line."""
    return on_lines(getattr(code, words.name))


def on_lines(written: Written) -> str:
    return written if isinstance(written, str) else "\n".join(written)


def as_written(words: CodeWords, text: str) -> Written:
    if not words.one_a_line:
        return text.strip()
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def examples_of(code: CodeEntry, kind: ExampleKind) -> list[str]:
    return [str(each.get("text", "")) for each in code.examples if kind_of(each) == kind and each.get("text")]


def kind_of(example: Mapping[str, Any]) -> ExampleKind:
    return next((kind for kind in EXAMPLES if kind.kind == example.get("kind", "")), EXAMPLES[0])


def example_rows(found: Iterable[tuple[ExampleKind, str]]) -> tuple[dict[str, str], ...]:
    """As revisions hold them."""
    return tuple({"text": text} | ({"kind": kind.kind} if kind.kind else {}) for kind, text in found)


def paragraphs_of(code: CodeEntry) -> list[tuple[str, str]]:
    """(heading, text) of all that is written about a code, in reading order; what is blank is left out."""
    found = [(words.heading, text_of(code, words)) for words in TEXTS]
    found += [(kind.heading, text) for kind in EXAMPLES for text in examples_of(code, kind)]
    return [(heading, text) for heading, text in [*found, (SOURCE, code.source)] if text]
