"""A figure for whoever watches an installation: a name, what it means, and a number for each kind."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """rows: (values of the labels, number). Labels are words of the code, never what people wrote or ids."""

    name: str
    means: str
    labels: Sequence[str]
    rows: Sequence[tuple[tuple[str, ...], float]]
    only_grows: bool = False
