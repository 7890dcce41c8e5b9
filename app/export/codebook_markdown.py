"""The codebook as Markdown (CommonMark). What people wrote is text: no character of it is taken for a mark."""

import re
from collections.abc import Iterator

from app.export.codebook_document import CodePart, Document, takes

MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$&!+=-])")
NUMBERED = re.compile(r"^(\d+)([.)])", re.MULTILINE)
DEEPEST_HEADING = 6


def markdown_text(document: Document) -> bytes:
    return ("\n\n".join(_blocks(document)) + "\n").encode()


def _blocks(document: Document) -> Iterator[str]:
    yield f"# {inline(document.heading)}"
    yield inline(document.standing)
    for dimension in document.codebook.dimensions:
        yield f"## {inline(dimension.name)}"
        if dimension.question:
            yield block(dimension.question)
        yield f"*{inline(takes(dimension))}*"
        for part in document.parts(dimension):
            yield from _code(part)
        if gone := document.put_away(dimension):
            yield f"*Retired and merged:* {inline('; '.join(gone))}"
    yield "---"
    yield "Not in this file:"
    yield "\n".join(f"- {inline(each)}" for each in document.missing)


def _code(part: CodePart) -> Iterator[str]:
    level = "#" * min(part.depth + 3, DEEPEST_HEADING)
    yield f"{level} {inline(part.code.name)}{' *(category)*' if part.code.is_category else ''}"
    for heading, text in part.paragraphs:
        yield f"**{inline(heading)}:** {block(text)}"


def inline(text: str) -> str:
    return NUMBERED.sub(r"\1\\\2", MARKS.sub(r"\\\1", " ".join(text.split())))


def block(text: str) -> str:
    """Paragraphs stay paragraphs and lines stay lines."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join("\\\n".join(inline(line) for line in each.splitlines() if line.strip()) for each in paragraphs)
