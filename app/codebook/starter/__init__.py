"""Starter codebooks shipped with Tandem: read from JSON beside this file, no database."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent


@dataclass(frozen=True)
class StarterCode:
    name: str
    definition: str
    use_when: str
    not_when: str
    example: str
    source: str
    source_kind: Literal["category", "theme"]  # the study has a comparable category, or treats the subject

    @property
    def cited(self) -> str:
        """The source as a reader sees it, claiming no more than is true of it."""
        lead = "Comparable category" if self.source_kind == "category" else "Subject treated"
        return f"{lead} in {self.source}"


@dataclass(frozen=True)
class StarterCategory:
    name: str
    definition: str
    codes: tuple[StarterCode, ...]


@dataclass(frozen=True)
class StarterDimension:
    name: str
    question: str
    takes: Literal["one", "many"]
    has_main: bool
    guidance: str
    categories: tuple[StarterCategory, ...]

    def codes(self) -> Iterator[StarterCode]:
        for category in self.categories:
            yield from category.codes


@dataclass(frozen=True)
class StarterCodebook:
    name: str
    slug: str
    description: str
    dimensions: tuple[StarterDimension, ...]


def incident_study() -> StarterCodebook:
    """The template "Incident study": symptom, impact, root cause, mitigation, detection."""
    return read_starter(json.loads((HERE / "incident_study.json").read_text(encoding="utf-8")))


def read_starter(raw: dict[str, Any]) -> StarterCodebook:
    """A missing or an unknown field raises, so that a typing slip in the file does not go unseen."""
    dimensions = tuple(_dimension(dict(entry)) for entry in raw["dimensions"])
    return StarterCodebook(**{**raw, "dimensions": dimensions})


def _dimension(raw: dict[str, Any]) -> StarterDimension:
    categories = tuple(
        StarterCategory(**{**entry, "codes": tuple(StarterCode(**code) for code in entry["codes"])})
        for entry in raw["categories"]
    )
    return StarterDimension(**{**raw, "categories": categories})
