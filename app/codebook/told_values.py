"""The properties of codes and dimensions as a reader is told of them: what they are called, and what they hold.

An example that was quoted from an incident is not repeated here, since the reader may yet have to code that incident;
the page of its code knows who may read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.codebook.comparing import Alteration, is_written
from app.codebook.tree import Codebook
from app.methods.rewording import Piece, rewording

QUOTED = "(an example quoted from an incident)"
LABELS = {
    "use_when": "Use when",
    "not_when": "Not when",
    "is_category": "Category",
    "has_main": "One of several is the main one",
    "needs_evidence": "Every code needs a quote",
    "openness": "New codes",
}
CHOICES = {("takes", "one"): "one code", ("takes", "many"): "several codes"}


@dataclass(frozen=True)
class ToldField:
    """pieces: the inserted and deleted words of a text; else before and after say what was chosen."""

    label: str
    pieces: tuple[Piece, ...]
    before: str
    after: str


def told_field(alteration: Alteration, codebook: Codebook) -> ToldField:
    """codebook: where the names of codes are looked up."""
    name = alteration.name
    before, after = (told_value(name, value, codebook) for value in (alteration.before, alteration.after))
    pieces = tuple(rewording(before, after)) if is_written(alteration) and before != after else ()
    return ToldField(label_of(name), pieces, before, after)


def label_of(name: str) -> str:
    return LABELS.get(name) or name.removesuffix("_ids").removesuffix("_id").replace("_", " ").capitalize()


def told_value(name: str, value: Any, codebook: Codebook) -> str:
    """'' for what is not there; a list has one line an item."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "\n".join(told_value(name.removesuffix("s"), item, codebook) for item in value)
    if isinstance(value, Mapping):
        return _told_example(value)
    if name == "dimension_id":
        dimension = codebook.dimension(value)
        return dimension.name if dimension else "another dimension"
    if name.endswith("_id"):
        code = codebook.codes.get(value)
        return code.name if code else "another code"
    return CHOICES.get((name, value), str(value))


def _told_example(example: Mapping[str, Any]) -> str:
    kind = f"{str(example['kind']).replace('_', ' ')}: " if example.get("kind") else ""
    return kind + (QUOTED if example.get("incident_id") else str(example.get("text", "")))
