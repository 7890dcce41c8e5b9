"""A file of figures at closing, held against itself: its hash, and its figures made again out of its inputs."""

import json
from dataclasses import dataclass
from typing import Any

from app.agreement.stored_differences import RATERS, Compared, NumberDiffers, numbers_that_differ
from app.agreement.stored_figures import with_figures
from app.agreement.stored_file import WHAT
from app.agreement.stored_form import FORM, Figure, hash_of
from app.agreement.stored_recount import recounted
from app.methods.agreement.results import FORMULAS
from app.problems import Invalid
from app.web.wording import plural

PARTS = ("inputs", "inputs_sha256", "figures", "formulas", "names", "round")
DIFFERENCES_SHOWN = 20


class NoStoredFigures(Invalid):
    """This is no file of figures at closing, as Tandem writes them on the page of a round that was closed."""


@dataclass(frozen=True)
class CheckedFile:
    document: dict[str, Any]
    made_again: list[Figure]
    sha256: str
    differing: list[NumberDiffers]

    @property
    def is_whole(self) -> bool:
        return self.sha256 == self.document["inputs_sha256"]

    @property
    def is_same(self) -> bool:
        return self.is_whole and not self.differing

    def written(self) -> str:
        return json.dumps(
            {
                "round": self.document["round"],
                "inputs_sha256": self.sha256,
                "inputs_bear_their_hash": self.is_whole,
                "formulas": {"then": self.document["formulas"], "now": FORMULAS},
                "is_same": self.is_same,
                "differing": [vars(each) for each in self.differing],
                "figures": self.made_again,
            },
            ensure_ascii=False,
            indent=2,
        )

    def told(self) -> str:
        hashed = "as stored" if self.is_whole else f"not as stored: {self.document['inputs_sha256']}"
        formulas = f"formulas {self.document['formulas']} then, {FORMULAS} now"
        lines = [
            f"Figures at the closing of {self.document['round']} ({formulas})",
            f"SHA-256 of the inputs: {self.sha256}, {hashed}",
            *(self._line(figure) for figure in self.made_again),
            self._verdict(),
            *(self._difference(each) for each in self.differing[:DIFFERENCES_SHOWN]),
        ]
        return "\n".join(lines)

    def _line(self, figure: Figure) -> str:
        name = "alpha_masi" if figure["takes"] == "many" else "alpha"
        alpha = figure["measures"][name]
        kind, level = figure["kind"].replace("_", " "), "" if figure["level"] == "code" else ", by category"
        value = f"{alpha['value']:.3f}" if alpha["value"] is not None else f"undefined: {alpha['undefined']}"
        ends = f" [{alpha['low']:.3f}, {alpha['high']:.3f}]" if alpha["low"] is not None else ""
        return f"  {self._dimension(figure['dimension'])}, {kind}{level}: {name} {value}{ends}, n = {alpha['n']}"

    def _verdict(self) -> str:
        if not self.differing:
            return "Made again: every number is the same."
        raters = sum(each.measure == RATERS for each in self.differing)
        numbers = len(self.differing) - raters
        said = [
            *(["1 number differs" if numbers == 1 else f"{numbers} numbers differ"] if numbers else []),
            *([f"the raters differ of {plural(raters, 'figure')}"] if raters else []),
        ]
        return f"Made again: {', and '.join(said)}."

    def _difference(self, each: NumberDiffers) -> str:
        kind, dimension, level = each.key
        measure = "rated by" if each.measure == RATERS else each.measure
        then, now = self._said(each.then), self._said(each.now)
        return f"  {self._dimension(dimension)}, {kind}, {level}, {measure}: {then} then, {now} now"

    def _said(self, compared: Compared) -> str:
        if isinstance(compared, tuple):
            names = self.document["names"].get("raters", {})
            return " and ".join(names.get(str(rater), f"rater {rater}") for rater in compared) or "nobody"
        return "nothing" if compared is None else str(compared)

    def _dimension(self, dimension_id: int) -> str:
        return str(self.document["names"]["dimensions"].get(str(dimension_id), f"dimension {dimension_id}"))


def checked_file(content: bytes) -> CheckedFile:
    """Raises NoStoredFigures."""
    document = _document(content)
    try:
        made_again = recounted(document["inputs"])
        stored = with_figures(document["figures"])
        differing = numbers_that_differ(stored, made_again)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise NoStoredFigures from problem
    return CheckedFile(document, made_again, hash_of(document["inputs"]), differing)


def _document(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as problem:
        raise NoStoredFigures from problem
    if not isinstance(found, dict) or found.get("what") != WHAT or any(part not in found for part in PARTS):
        raise NoStoredFigures
    if not isinstance(found["inputs"], dict) or found["inputs"].get("form") != FORM:
        raise NoStoredFigures
    return found
