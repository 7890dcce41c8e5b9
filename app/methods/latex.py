"""Text that LaTeX sets as it stands: no character of it is taken for a command."""

import re
from unicodedata import east_asian_width

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
    "[": "{[}",  # after the end of a row it would begin an option
    "*": "{*}",
    # What pdflatex has in mathematics only.
    "−": r"\ensuremath{-}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≠": r"\ensuremath{\neq}",
    "≈": r"\ensuremath{\approx}",
    "⇒": r"\ensuremath{\Rightarrow}",
    "∞": r"\ensuremath{\infty}",
    "α": r"\ensuremath{\alpha}",
    "κ": r"\ensuremath{\kappa}",
    "ε": r"\ensuremath{\varepsilon}",
    "λ": r"\ensuremath{\lambda}",
    "ρ": r"\ensuremath{\rho}",
    "ω": r"\ensuremath{\omega}",
}
UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
LONGEST_WORD = 16  # letters that fit into the column of names, also where it is indented
LIGATURES = re.compile(r"([-',])(?=\1)")  # two of them would become a dash or a quote mark


def escaped(text: str) -> str:
    """On one line."""
    words = " ".join(_word(each) for each in UNSEEN.sub("", NOT_TEXT.sub("", text)).split())
    return LIGATURES.sub(r"\1\\/", words)


def _word(word: str) -> str:
    """With places where a long one, such as an address or a name in code, may go on in the next line."""
    if len(word) <= LONGEST_WORD and word.isascii():
        return "".join(SPECIAL.get(each, each) for each in word)
    written, since = [], 0
    for each in word:
        since += 1
        written.append(SPECIAL.get(each, each))
        is_wide = east_asian_width(each) in "WF"
        if is_wide or (len(word) > LONGEST_WORD and (not each.isalnum() or since >= LONGEST_WORD)):
            written.append(r"\allowbreak{}")
            since = 0
    return "".join(written)


def one_line(text: str) -> str:
    """For a comment: its words, without characters that no file may hold."""
    return " ".join(NOT_TEXT.sub("", text).split())
