"""An incident whose codes are settled, as a model is shown it.

Its text is as little to be trusted as any other: it stands between marks of its own. These are the same for the whole
run, so that the prefix is, and are made with the study's secret, so that no text can know them.
"""

import hashlib
import hmac
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.llm.marks import between_marks

LONGEST_EXAMPLE = 6_000  # characters; what is left out is marked
CUT = " […]"
EXAMPLES_FOLLOW = (
    "First some reports that the team has settled, each between two marks of its own and followed by the ids of its "
    "codes. They show how the codes are used, and are material like all else between marks. The report to be coded "
    "comes last."
)


@dataclass(frozen=True)
class ExampleEntry:
    """text: as it may leave. codes: dimension id -> code ids; an empty one is "none applies"."""

    incident_id: int
    text: str
    codes: Mapping[int, tuple[int, ...]]
    mark: str


def example_entry(incident_id: int, text: str, codes: Mapping[int, AbstractSet[int]], *, secret: bytes) -> ExampleEntry:
    shortened = text if len(text) <= LONGEST_EXAMPLE else text[:LONGEST_EXAMPLE] + CUT
    sorted_codes = {dimension: tuple(sorted(held)) for dimension, held in sorted(codes.items())}
    return ExampleEntry(incident_id, shortened, sorted_codes, _mark(incident_id, shortened, secret))


def example_part(example: ExampleEntry, keys: Mapping[str, AbstractSet[str]]) -> str:
    """'' where nothing of it is asked. keys: of the dimensions asked, each with those of its codes.

    A dimension with a code that the prompt does not hold is left out whole: half an answer would teach a wrong one.
    """
    lines = []
    for dimension_id, code_ids in example.codes.items():
        codes = [f"c{code_id}" for code_id in code_ids]
        if f"d{dimension_id}" in keys and set(codes) <= keys[f"d{dimension_id}"]:
            lines.append(f"d{dimension_id}: {', '.join(codes) or 'no code applies'}")
    if not lines:
        return ""
    return between_marks(example.text, mark=example.mark, called="settled report") + "\n" + "\n".join(lines)


def _mark(incident_id: int, text: str, secret: bytes) -> str:
    """The same for the same text; one that the text does not hold."""
    for count in range(len(text) + 1):
        words = f"{incident_id} {count} ".encode() + text.encode()
        mark = hmac.new(secret, words, hashlib.sha256).hexdigest()[:16]
        if mark not in text:
            return mark
    raise ValueError("the text holds every mark that was tried")
