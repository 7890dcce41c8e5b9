"""Incident text: made canonical once, at import, and from then on counted in code points."""

import hashlib
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.problems import Invalid

_SURROGATE = re.compile("[\ud800-\udfff]")

# fmt: off
_DROPPED = frozenset(
    [
        "script", "style", "template", "head", "title", "svg", "math", "noscript", "iframe", "object",
        "canvas", "audio", "video", "select", "-comment",
    ]
)
_PARAGRAPHS = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr"])
_BLOCKS = _PARAGRAPHS | frozenset(
    [
        "address", "article", "aside", "body", "button", "caption", "center", "dd", "details", "dialog",
        "div", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "html", "legend", "li",
        "main", "nav", "section", "summary", "tbody", "tfoot", "thead", "tr",
    ]
)
_LINE_BREAK = "\r"  # of `br`: breaks add up, the ends of blocks do not
_KEPT_SPACE = "\1"  # stands for a space of <pre> until the others are folded
# fmt: on
_CELLS = frozenset(("td", "th"))
_KNOWN = "|".join(
    sorted(
        (_BLOCKS | _CELLS | frozenset(["a", "b", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u"]))
        - {"hr"}
    )
)
_LOOKS_LIKE_HTML = re.compile(rf"</(?:{_KNOWN})\s*>|<(?:br|hr|p)\s*/?>", re.IGNORECASE)
_HTML_LAYS_OUT = re.compile(r"<(?:br|p|div|li|tr|h[1-6]|table|ul|ol)\b", re.IGNORECASE)


class UnusableText(Invalid):
    """This text cannot be stored. Take the damaged characters out of the file and try again."""


class OffsetOutside(Invalid):
    """This place is not in the text. Reload the page and select the text again."""


def canonical(text: str) -> str:
    """The one form in which text is stored; canonical(canonical(text)) == canonical(text).

    A leading byte order mark goes, CRLF and CR become LF; everything else stays, trailing spaces too, so that what is
    quoted is what was written.
    Raises UnusableText for a NUL and for half of a surrogate pair: no database stores them.
    """
    if "\0" in text:
        raise UnusableText("A NUL byte stands in the text. Take it out of the file and try again.")
    if not text.isascii() and _SURROGATE.search(text):
        raise UnusableText("Half of a character (a lone surrogate) stands in the text. Mend it in the file.")
    return text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def from_utf16_offset(text: str, offset: int) -> int:
    """Code points before the place that a browser names by UTF-16 units.

    Raises OffsetOutside for a place outside the text or between the two halves of one character.
    """
    if offset < 0:
        raise OffsetOutside
    found = offset if text.isascii() else _whole_characters(text.encode("utf-16-le"), offset)
    if found > len(text):
        raise OffsetOutside
    return found


def to_utf16_offset(text: str, offset: int) -> int:
    """UTF-16 units before the place that `offset` names in code points. Raises OffsetOutside."""
    if not 0 <= offset <= len(text):
        raise OffsetOutside
    return len(text[:offset].encode("utf-16-le")) // 2


def _whole_characters(units: bytes, offset: int) -> int:
    if 2 * offset > len(units):
        raise OffsetOutside
    try:
        return len(units[: 2 * offset].decode("utf-16-le"))
    except UnicodeDecodeError as error:
        raise OffsetOutside from error


def paragraphs(text: str) -> list[tuple[int, int]]:
    """(start, end) of every paragraph in code points, in order, each without its last line end.

    Blank lines part paragraphs; a text without any is parted at every line end. Lines of white space alone are in none.
    """
    lines = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, start + len(line), not line.strip()))
        start += len(line) + 1
    found: list[tuple[int, int]] = []
    after_blank = True
    for start, end, blank in lines:
        if not blank:
            found.append((start, end) if after_blank else (found.pop()[0], end))
        after_blank = blank
    if len(found) > 1:
        return found
    return [(start, end) for start, end, blank in lines if not blank]


def looks_like_html(text: str) -> bool:
    """Whether the text holds a closing tag or a line break of HTML; a lone `<word>` is no HTML."""
    return "<" in text and _LOOKS_LIKE_HTML.search(text) is not None


def html_to_text(html: str) -> str:
    """What a reader of the page would read: blocks on their own lines, entities decoded, scripts and styles dropped.

    Line ends of the source count as spaces, unless the source has no block at all and thus is text with a few marks.
    """
    body = LexborHTMLParser(re.sub("\r\n?", "\n", html).replace("\0", "")).body
    if body is None:
        return ""
    laid_out = _HTML_LAYS_OUT.search(html) is not None
    text = "".join(_without_doubled_ends(_pieces(body, spaces="[ \t\n\f]+" if laid_out else "[ \t\f]+")))
    text = re.sub(r"[ \xa0]+", " ", text)
    text = re.sub(r" ?([\n\r]) ?", r"\1", text)
    text = re.sub(r"\r(?=\n)", "", text).replace(_LINE_BREAK, "\n")  # a break at the end of a block shows nothing
    return re.sub(r"\n{3,}", "\n\n", text).strip().replace(_KEPT_SPACE, " ")


def _pieces(top: LexborNode, *, spaces: str) -> list[str]:
    """Text and line ends in document order. A stack, since a page may nest deeper than Python calls."""
    pieces: list[str] = []
    stack: list[tuple[LexborNode | str, bool]] = [(top, False)]
    while stack:
        node, in_pre = stack.pop()
        if isinstance(node, str):
            pieces.append(node)
            continue
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            pieces.append(text.replace(" ", _KEPT_SPACE) if in_pre else re.sub(spaces, " ", text))
        elif tag == "br":
            pieces.append(_LINE_BREAK)
        elif tag not in _DROPPED:
            around = "\n\n" if tag in _PARAGRAPHS else "\n" if tag in _BLOCKS else " " if tag in _CELLS else ""
            pieces += [around, "- "] if tag == "li" else [around]
            stack.append((around, in_pre))
            children = list(node.iter(include_text=True))
            stack += [(child, in_pre or tag == "pre") for child in reversed(children)]
    return pieces


def _without_doubled_ends(pieces: list[str]) -> list[str]:
    """Of line ends that touch only the longest: a list that closes in a box that closes is one end."""
    kept: list[str] = []
    for piece in filter(None, pieces):
        if not piece.strip("\n ") and "\n" in piece and kept and not kept[-1].strip("\n "):
            piece = max(piece, kept.pop(), key=lambda end: end.count("\n"))
        kept.append(piece)
    return kept
