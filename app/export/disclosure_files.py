"""The disclosure as Markdown and as LaTeX. What people and models wrote is text: no character of it is a command."""

import re
from collections.abc import Iterator, Sequence

from app.export.codebook_markdown import inline
from app.export.disclosure_document import SOURCE, Block, Disclosure, Exact, Grid
from app.methods.latex import escaped, one_line

TO_ADD = "To be added by the authors:"
HEAD = r"""% {title}
% Beyond Western letters, compile with lualatex or xelatex and choose a font that has the letters.
\documentclass[a4paper]{{article}}
\usepackage{{iftex}}
\ifPDFTeX\usepackage[T1]{{fontenc}}\usepackage[utf8]{{inputenc}}\else\usepackage{{fontspec}}\fi
\usepackage{{textcomp,array,booktabs,longtable}}
\usepackage[margin=2cm]{{geometry}}
\begin{{document}}
\section*{{{heading}}}
{source}
"""


def markdown(document: Disclosure) -> bytes:
    parts = [f"# {inline(document.title)}", inline(SOURCE)]
    for section in document.sections:
        parts.append(f"## {inline(section.title)}")
        parts += [part for block in section.blocks for part in _marked(block)]
    return ("\n\n".join(parts) + "\n").encode()


def _marked(block: Block) -> Iterator[str]:
    if isinstance(block, Grid):
        yield f"**{inline(block.caption)}**"
        rule = "|" + " --- |" * len(block.head)
        yield "\n".join([_row(block.head), rule, *map(_row, block.rows)])
    elif isinstance(block, Exact):
        yield f"**{inline(block.name)}** (SHA-256 {block.sha256})"
        fence = "`" * (max([2, *(len(run) for run in re.findall("`+", block.text))]) + 1)
        yield f"{fence}text\n{block.text}\n{fence}"
    else:
        yield f"*{TO_ADD}* {inline(block.text)}" if block.is_gap else inline(block.text)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(inline, cells)) + " |"


def latex(document: Disclosure) -> bytes:
    head = HEAD.format(title=one_line(document.title), heading=escaped(document.title), source=escaped(SOURCE))
    parts = [head]
    for section in document.sections:
        parts.append(rf"\subsection*{{{escaped(section.title)}}}")
        parts += [_set(block) for block in section.blocks]
    return ("\n\n".join(parts) + "\n\n\\end{document}\n").encode()


def _set(block: Block) -> str:
    if isinstance(block, Grid):
        return _table(block)
    if isinstance(block, Exact):
        lines = [rf"\texttt{{{_line(each)}}}\par" for each in block.text.splitlines()]
        said = rf"\noindent\textbf{{{escaped(block.name)}}} (SHA-256 \texttt{{{escaped(block.sha256)}}})"
        return "\n".join([said, "", r"{\footnotesize\raggedright\setlength{\parindent}{0pt}", *lines, "}"])
    return rf"\emph{{{escaped(TO_ADD)}}} {escaped(block.text)}" if block.is_gap else escaped(block.text)


def _line(text: str) -> str:
    """With the spaces that it begins with; an empty one keeps its place."""
    indent = len(text) - len(text.lstrip(" "))
    return "~" * indent + escaped(text) if text.strip() else "~"


def _table(grid: Grid) -> str:
    n = len(grid.head)
    width = rf"\dimexpr(\linewidth-{2 * n}\tabcolsep)/{n}\relax"
    columns = rf">{{\raggedright\arraybackslash}}p{{{width}}}" * n
    head = " & ".join(rf"\textbf{{{escaped(each)}}}" for each in grid.head) + r" \tabularnewline"
    rows = [" & ".join(map(escaped, row)) + r" \tabularnewline" for row in grid.rows]
    return "\n".join([
        rf"\begin{{longtable}}{{{columns}}}", rf"\caption{{{escaped(grid.caption)}}}\tabularnewline", r"\toprule", head,
        r"\midrule", r"\endfirsthead", r"\toprule", head, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot", *rows,
        r"\end{longtable}",
    ])  # fmt: skip
