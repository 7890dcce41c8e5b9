"""Text that LaTeX sets as it stands: no character of it is taken for a command."""

import re

NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": "{'}",
    "-": "{-}",  # two of them would become a dash
    "[": "{[}",  # after the end of a row it would begin an option
    "*": "{*}",
}


def escaped(text: str) -> str:
    """On one line."""
    return "".join(SPECIAL.get(each, each) for each in one_line(text))


def one_line(text: str) -> str:
    """For a comment: its words, without characters that no file may hold."""
    return " ".join(NOT_TEXT.sub("", text).split())
