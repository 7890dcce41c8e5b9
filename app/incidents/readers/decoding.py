"""Bytes to text: which encoding a file is in."""

import codecs

from charset_normalizer import from_bytes

from app.incidents.readers.table import ReaderProblem

_LOOKED_AT = 20_000
_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_FALLBACK = "cp1252"  # by far the most of the files that are not UTF-8 come from Windows in the West
_ALPHABETS = ["cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"]
_CJK = ["cp932", "cp949", "gb18030", "big5", "euc_jp"]


def decoded(content: bytes) -> tuple[str, str]:
    """The text without byte order mark, and the encoding in words. Raises ReaderProblem."""
    if not content.strip():
        raise ReaderProblem("The file is empty. Choose a file with a header line and at least one row.")
    for mark, codec, name in _MARKS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], codec, name), name
    if utf16 := _utf16_without_mark(content):
        return _strictly(content, utf16, "UTF-16"), "UTF-16"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _guessed(content)


def _strictly(content: bytes, codec: str, name: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise ReaderProblem(
            f"The file says that it is {name}, but byte {error.start} is not. Save it again as UTF-8."
        ) from error


def _utf16_without_mark(content: bytes) -> str | None:
    sample = content[:_LOOKED_AT]
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > 0.4 * half:
        return "utf-16-le"
    if sample[0::2].count(0) > 0.4 * half:
        return "utf-16-be"
    return None


def _guessed(content: bytes) -> tuple[str, str]:
    for codec in (_likely_codec(content), _FALLBACK):
        try:
            return content.decode(codec), f"Windows-{codec[2:]}" if codec in _ALPHABETS else codec
        except UnicodeDecodeError:
            continue
    raise ReaderProblem("The encoding of the file cannot be told. Save it as UTF-8 and try again.")


def _likely_codec(content: bytes) -> str:
    """Another encoding than the fallback only on evidence: letters that speak for a language, or mostly CJK."""
    part = _telling_part(content)
    best = from_bytes(part, cp_isolation=_CJK).best()
    if best is not None and sum(byte > 127 for byte in part) > 0.3 * len(part):
        return best.encoding
    readings = from_bytes(part, cp_isolation=_ALPHABETS)
    coherence = {name: match.coherence for match in readings for name in match.could_be_from_charset}
    codec = max(coherence, key=lambda name: coherence[name], default=_FALLBACK)
    return codec if coherence.get(codec, 0.0) > coherence.get(_FALLBACK, 0.0) else _FALLBACK


def _telling_part(content: bytes) -> bytes:
    """The lines with bytes beyond ASCII: they alone tell encodings apart."""
    lines = [line for line in content.split(b"\n") if not line.isascii()]
    return b"\n".join(lines)[:_LOOKED_AT]
