"""What a reader gave, made fit to be stored: usable names and texts, one of each name beside one another."""

import re

from app.codebook.policy import LONGEST_NAME, NameTooLong, NoName
from app.codebook.readers.listed import (
    DEEPEST,
    MOST_CODES,
    MOST_DIMENSIONS,
    CodebookFileProblem,
    ListedCode,
    ListedCodebook,
    ListedDimension,
    Refused,
    too_deep,
    too_many_codes,
)
from app.codebook.texts import Written
from app.methods.names import checked_name, folded_name, plain_name
from app.methods.text import UnusableText, canonical

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})|[a-z][a-z0-9-]{0,29}")


def checked(listed: ListedCodebook) -> ListedCodebook:
    """The same object. Raises CodebookFileProblem where there are more codes or levels than come in at once."""
    if len(listed.dimensions) > MOST_DIMENSIONS:
        raise CodebookFileProblem(
            f"The file lists {len(listed.dimensions):,} dimensions, and at most {MOST_DIMENSIONS} come in at once."
        )
    count = sum(1 for dimension in listed.dimensions for _ in dimension.everything())
    if count > MOST_CODES:
        raise too_many_codes(count)
    return _Check(listed).done()


class _Check:
    def __init__(self, listed: ListedCodebook) -> None:
        self.listed = listed
        self.cleaned = 0
        self.colours = 0

    def done(self) -> ListedCodebook:
        self.listed.dimensions = _one_of_each(self.listed.dimensions)
        for dimension in self.listed.dimensions:
            dimension.name = plain_name(canonical(dimension.name))
            dimension.question = self._plain(dimension.question)
            dimension.codes = self._siblings(dimension.codes, 1)
        if self.cleaned:
            self.listed.remarks.append(f"control characters were taken out of {self.cleaned} texts")
        if self.colours:
            self.listed.left_out.append(f"{self.colours} colours that are not written as #RRGGBB")
        return self.listed

    def _siblings(self, codes: list[ListedCode], depth: int) -> list[ListedCode]:
        if codes and depth > DEEPEST:
            raise too_deep()
        kept: dict[str, ListedCode] = {}
        for code in codes:
            if not self._is_usable(code):
                continue
            first = kept.setdefault(folded_name(code.name), code)
            if first is not code:
                self._refuse(code, f"“{code.name}” stands there twice; the first one counts")
                first.codes += code.codes
        for code in kept.values():
            code.codes = self._siblings(code.codes, depth + 1)
        return list(kept.values())

    def _is_usable(self, code: ListedCode) -> bool:
        try:
            code.name = checked_name(code.name, most=LONGEST_NAME, missing=NoName, too_long=NameTooLong)
            code.texts = {name: self._written(text) for name, text in code.texts.items()}
            code.examples = [(kind, self._plain(text)) for kind, text in code.examples]
            code.source = self._plain(code.source)
            canonical(code.name)
        except (NoName, NameTooLong, UnusableText) as problem:
            below = sum(1 for _ in code.everything_below())
            more = f" The {below} codes under it are left out too." if below else ""
            self._refuse(code, problem.sentence + more)
            return False
        if code.colour and not COLOUR.fullmatch(code.colour):
            self.colours += 1
            code.colour = ""
        return True

    def _written(self, written: Written) -> Written:
        return self._plain(written) if isinstance(written, str) else tuple(self._plain(each) for each in written)

    def _plain(self, text: str) -> str:
        """With our line ends, and without what cannot be seen and breaks other programs. NUL raises UnusableText."""
        whole = canonical(text)
        self.cleaned += CONTROLS.search(whole) is not None
        return CONTROLS.sub("", whole).strip()

    def _refuse(self, code: ListedCode, reason: str) -> None:
        self.listed.refused.append(Refused(code.place, reason))


def _one_of_each(dimensions: list[ListedDimension]) -> list[ListedDimension]:
    """Dimensions of one name are one; what the first says of itself counts."""
    kept: dict[str, ListedDimension] = {}
    for dimension in dimensions:
        first = kept.setdefault(folded_name(dimension.name), dimension)
        if first is not dimension:
            first.codes += dimension.codes
    return list(kept.values())
