"""What a reader gave, made fit to be stored: usable names and texts, one of each name beside one another."""

import re

from app.codebook.policy import LONGEST_NAME, MOST_SYNONYMS, NameTooLong, NoName
from app.codebook.readers.listed import (
    DEEPEST,
    MOST_CODES,
    MOST_DIMENSIONS,
    CodebookFileProblem,
    ListedCode,
    ListedCodebook,
    ListedDimension,
    Refused,
    counted,
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
        self.synonyms = 0  # codes not all of whose synonyms are kept

    def done(self) -> ListedCodebook:
        self.listed.dimensions = _one_of_each(self.listed.dimensions)
        for dimension in self.listed.dimensions:
            dimension.name = plain_name(canonical(dimension.name))
            dimension.question = self._plain(dimension.question)
            dimension.codes = self._siblings(dimension.codes, 1)
        if self.cleaned:
            self.listed.remarks.append(f"control characters were taken out of {counted(self.cleaned, 'text')}")
        if self.colours:
            colours = counted(self.colours, "colour that is", many="colours that are")
            self.listed.left_out.append(f"{colours} not written as #RRGGBB")
        if self.synonyms:
            said = f"that are longer than {LONGEST_NAME} characters, or more than {MOST_SYNONYMS} for a code"
            self.listed.left_out.append(f"synonyms of {counted(self.synonyms, 'code')} {said}")
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
            if "synonyms" in code.texts:
                code.texts["synonyms"] = self._synonyms(code.texts["synonyms"])
            code.examples = [(kind, self._plain(text)) for kind, text in code.examples]
            code.source = self._plain(code.source)
            canonical(code.name)
        except (NoName, NameTooLong, UnusableText) as problem:
            below = sum(1 for _ in code.everything_below())
            more = f" What stands under it is left out too: {counted(below, 'code')}." if below else ""
            self._refuse(code, problem.sentence + more)
            return False
        if code.colour and not COLOUR.fullmatch(code.colour):
            self.colours += 1
            code.colour = ""
        return True

    def _synonyms(self, written: Written) -> tuple[str, ...]:
        """Each once, as many and as long as a code may have."""
        names: dict[str, str] = {}
        for each in written:
            names.setdefault(folded_name(each), plain_name(each))
        names.pop("", None)
        usable = [name for name in names.values() if len(name) <= LONGEST_NAME]
        self.synonyms += len(usable) < len(names) or len(usable) > MOST_SYNONYMS
        return tuple(usable[:MOST_SYNONYMS])

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
