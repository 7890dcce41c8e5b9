"""The codebook as LaTeX: a document that compiles by itself, with one longtable (booktabs) a dimension.

What people wrote is text: no character of it is taken for a command.
"""

import re
from collections.abc import Iterator
from textwrap import wrap

from app.codebook.texts import TEXTS
from app.codebook.tree import DimensionEntry
from app.export.codebook_document import CodePart, Document, takes
from app.methods.latex import escaped, one_line

DEEPEST_INDENT = 6
MOST_OF_A_PAGE = 1_200  # letters in one row, which no page end can part
LETTERS_OF_A_LINE = 75
SPACE = r"\addlinespace"  # between codes
HEAD = r"""% {heading}
% {standing}
% Not in this file: {missing}
% To put the tables into a paper, load the packages below and copy what stands in the document.
% Beyond Western letters, compile with lualatex or xelatex and choose a font that has the letters.
\documentclass[a4paper]{{article}}
\usepackage{{iftex}}
\ifPDFTeX\usepackage[T1]{{fontenc}}\usepackage[utf8]{{inputenc}}\else\usepackage{{fontspec}}\fi
\usepackage{{textcomp,array,booktabs,longtable}}
\usepackage[margin=2cm]{{geometry}}
\begin{{document}}
\section*{{{title}}}
{said}
"""


def latex_document(document: Document) -> bytes:
    head = HEAD.format(
        heading=one_line(document.heading),
        standing=one_line(document.standing),
        missing=one_line("; ".join(document.missing)),
        title=escaped(document.heading),
        said=escaped(document.standing),
    )
    tables = (_table(document, each, number) for number, each in enumerate(document.codebook.dimensions, start=1))
    return (head + "\n" + "\n".join(tables) + "\n\\end{document}\n").encode()


def _table(document: Document, dimension: DimensionEntry, number: int) -> str:
    rows = [row for part in document.parts(dimension) for row in (SPACE, *_rows(part))][1:]
    rows = rows or [r"No codes. & \tabularnewline"]
    gone = document.put_away(dimension)
    said = " ".join([dimension.question, takes(dimension)]).strip()
    lines = [
        rf"\subsection*{{{escaped(dimension.name)}}}",
        escaped(said),
        "",
        r"\begin{longtable}{>{\raggedright\arraybackslash}p{0.27\linewidth}>{\raggedright\arraybackslash}p{0.67\linewidth}}",
        rf"\caption{{{escaped(dimension.name)}}}\label{{tab:codebook-{number}}}\tabularnewline",
        r"\toprule",
        r"Code & Meaning \tabularnewline",
        r"\midrule",
        r"\endfirsthead",
        r"\toprule",
        r"Code & Meaning \tabularnewline",
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *rows,
        r"\end{longtable}",
    ]
    return "\n".join([*lines, *([f"Retired and merged: {escaped('; '.join(gone))}."] if gone else []), ""])


def _rows(part: CodePart) -> Iterator[str]:
    """A row a paragraph, so that a page may end between any two of them."""
    face = "textbf" if part.code.is_category else "textrm"
    name = rf"\hspace*{{{min(part.depth, DEEPEST_INDENT)}em}}\{face}{{{escaped(part.code.name)}}}"
    for heading, text in part.paragraphs or [("", "")]:
        for place, lines in enumerate(_pieces(text)):
            said = rf"\emph{{{escaped(heading)}:}} " if place == 0 and heading and heading != TEXTS[0].heading else ""
            told = r"\newline ".join(map(escaped, lines))
            yield rf"{name} & {said}{told} \tabularnewline"
            name = ""


def _pieces(text: str) -> Iterator[list[str]]:
    """The lines of each paragraph, and of a part of it where it is long."""
    for paragraph in re.split(r"\n\s*\n", text):
        lines: list[str] = []
        length = 0
        for line in paragraph.splitlines():
            for part in wrap(line, MOST_OF_A_PAGE, break_on_hyphens=False):
                if lines and length + max(len(part), LETTERS_OF_A_LINE) > MOST_OF_A_PAGE:
                    yield lines
                    lines, length = [], 0
                lines.append(part)
                length += max(len(part), LETTERS_OF_A_LINE)
        yield lines
