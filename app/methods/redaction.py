"""Taking out of a text what should not leave: secrets, addresses, people's mail, and the words a team names itself.

Best effort, by patterns of a fixed version: it finds what has the shape of a secret, not what means one. Each thing
taken out becomes the same placeholder wherever it stands in a study, so that a reader still sees that two are one.
"""

import hashlib
import hmac
import ipaddress
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.methods.spans import Span

VERSION = "redaction-1"  # stored with every run: a change of a pattern is a new version

# Everything below is bounded, so that no text takes more than a time in step with its length.
_SECRET_NAME = (
    r"(?<![\w.-])[\w.-]{0,80}(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)"
    r"[\w.-]{0,40}"
)
_HOST_ENDS = (
    r"internal|intranet|corp|lan|local|localdomain|home\.arpa|private|svc|compute\.amazonaws\.com|rds\.amazonaws\.com|"
    r"elb\.amazonaws\.com|cloudapp\.azure\.com|database\.windows\.net|blob\.core\.windows\.net|googleusercontent\.com"
)
_HEX = "[0-9A-Fa-f]{0,4}"
_DOTTED = r"\d{1,3}(?:\.\d{1,3}){3}"
_LABEL = "[a-z0-9_][a-z0-9_-]{0,62}"

Found = tuple[str, int, int]  # what it is, from, to


@dataclass(frozen=True)
class Pattern:
    """group: the part that is taken out. holds: whether what was found is what it looks like."""

    label: str
    words: re.Pattern[str]
    group: int = 0
    holds: Callable[[str], bool] = lambda _: True


def _is_address(found: str) -> bool:
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return False
    return address.version == 4 or (len(found) >= 7 and any(each.isdigit() for each in found))  # a::b is a name in code


def _is_card(found: str) -> bool:
    """The check digit of card numbers (Luhn)."""
    digits = [int(each) for each in found if each.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and sum(doubled) % 10 == 0 and len(set(digits)) > 1


# The earlier wins where two touch.
PATTERNS = (
    Pattern(
        "KEY",
        re.compile(r"-----BEGIN (?:[A-Z]+ ){0,3}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}KEY-----|\Z)", re.DOTALL),
    ),
    Pattern("TOKEN", re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")),
    Pattern("SECRET", re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,20}://([^\s/:@]{1,200}:[^\s/@]{1,200})@"), 1),
    Pattern("SECRET", re.compile(r"https://hooks\.slack\.com/services/(\S+)"), 1),
    Pattern("KEY", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b")),
    Pattern("KEY", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{16,})")),
    Pattern("KEY", re.compile(r"\b(?:sk|rk|pk)[-_](?:live|test|ant|proj|or)?[-_]?[A-Za-z0-9_-]{16,}")),
    Pattern("KEY", re.compile(r"\b(?:xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|hf_[A-Za-z0-9]{20,})")),
    Pattern("KEY", re.compile(r"\b(?:SG\.[\w-]{16,}\.[\w-]{16,}|npm_[A-Za-z0-9]{30,}|(?:dop_v1|shpat)_[0-9a-f]{24,})")),
    Pattern("TOKEN", re.compile(r"\b(?:bearer|basic)\s+([A-Za-z0-9._~+/=-]{16,})", re.IGNORECASE), 1),
    Pattern("SECRET", re.compile(rf"{_SECRET_NAME}[\"']?\s*[=:]\s*\"([^\"\n]{{3,}})\"", re.IGNORECASE), 1),
    Pattern("SECRET", re.compile(rf"{_SECRET_NAME}[\"']?\s*[=:]\s*'([^'\n]{{3,}})'", re.IGNORECASE), 1),
    Pattern("SECRET", re.compile(rf"{_SECRET_NAME}=([^\s\"',;&]{{3,}})", re.IGNORECASE), 1),
    Pattern("SECRET", re.compile(rf"{_SECRET_NAME}:\s*(?=[^\s,;]{{0,200}}\d)([^\s\"',;&]{{8,}})", re.IGNORECASE), 1),
    Pattern("SECRET", re.compile(r"\b(?:AccountKey|SharedAccessKey|sig)=([A-Za-z0-9+/=%]{16,})"), 1),
    Pattern("EMAIL", re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    Pattern("ACCOUNT", re.compile(r"\barn:aws[\w-]*:[\w-]*:[\w-]*:(\d{12}):"), 1),
    Pattern("MAC", re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")),
    Pattern("IP", re.compile(rf"(?<![\w.:])(?:{_HEX}:){{2,7}}(?:{_DOTTED}|{_HEX})(?![\w:])"), 0, _is_address),
    Pattern("IP", re.compile(rf"(?<![\w.]){_DOTTED}(?![\w]|\.\d)"), 0, _is_address),
    Pattern("HOST", re.compile(rf"(?<![\w.-])(?:{_LABEL}\.){{1,8}}(?:{_HOST_ENDS})(?![\w-])", re.IGNORECASE)),
    Pattern("PHONE", re.compile(r"(?<![\w+])\+\d(?:[ ().-]{0,2}\d){7,14}(?!\d)")),
    Pattern("CARD", re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])"), 0, _is_card),
    Pattern("USER", re.compile(r"(?:/home/|/Users/|\\Users\\)([^\s/\\:;,\"']+)"), 1),
)  # fmt: skip


@dataclass(frozen=True)
class Replaced:
    """One thing that was taken out: where it stood, and where its placeholder stands."""

    label: str
    original: Span
    placed: Span
    placeholder: str


@dataclass(frozen=True)
class Redacted:
    """A text as it may leave, and the way back to the text as it is stored."""

    original: str
    text: str
    replaced: tuple[Replaced, ...] = ()

    def span_in_original(self, span: Span) -> Span:
        """Where that stands in the stored text; a place within a placeholder takes in all that it stands for."""
        return Span(self._back(span.start, at_end=False), self._back(span.end, at_end=True))

    def _back(self, place: int, *, at_end: bool) -> int:
        starts = [each.placed.start for each in self.replaced]
        index = bisect_right(starts, place - 1 if at_end else place) - 1
        if index < 0:
            return place
        near = self.replaced[index]
        if place < near.placed.end or (at_end and place == near.placed.end):
            return near.original.end if at_end else near.original.start
        return place - near.placed.end + near.original.end


def unredacted(text: str) -> Redacted:
    return Redacted(text, text)


def redact(text: str, *, key: bytes, own_words: Sequence[str] = ()) -> Redacted:
    """key: the study's, which the placeholders come from; own_words: taken out wherever they stand, in any case."""
    pieces: list[str] = []
    replaced: list[Replaced] = []
    before, written = 0, 0
    for label, start, end in _apart(_found(text, own_words)):
        placeholder = _placeholder(label, text[start:end], key)
        pieces += [text[before:start], placeholder]
        placed = written + start - before
        replaced.append(Replaced(label, Span(start, end), Span(placed, placed + len(placeholder)), placeholder))
        before, written = end, placed + len(placeholder)
    pieces.append(text[before:])
    return Redacted(text, "".join(pieces), tuple(replaced))


def _found(text: str, own_words: Sequence[str]) -> Iterable[Found]:
    for word in sorted(filter(None, own_words), key=len, reverse=True):
        named = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
        yield from (("NAME", found.start(), found.end()) for found in named.finditer(text))
    for pattern in PATTERNS:
        for match in pattern.words.finditer(text):
            if pattern.holds(match[pattern.group]):
                yield pattern.label, match.start(pattern.group), match.end(pattern.group)


def _apart(found: Iterable[Found]) -> list[Found]:
    """Of those that overlap the one found first, in the order of the text."""
    taken: list[tuple[int, int, str]] = []
    for label, start, end in found:
        at = bisect_right(taken, (start, end, label))
        free_before = at == 0 or taken[at - 1][1] <= start
        if start < end and free_before and (at == len(taken) or end <= taken[at][0]):
            taken.insert(at, (start, end, label))
    return [(label, start, end) for start, end, label in taken]


def _placeholder(label: str, secret: str, key: bytes) -> str:
    """The same for the same thing in one study, and nothing to guess it from."""
    told = hmac.new(key, f"{label}\0{secret.casefold()}".encode(), hashlib.sha256).hexdigest()
    return f"<{label}_{told[:6]}>"
