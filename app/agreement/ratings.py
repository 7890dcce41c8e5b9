"""What was handed in on one dimension, as ratings that can be compared. Loads numpy: import it where it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from app.agreement.figures import NONE_APPLIES, NOT_ENOUGH, Value
from app.agreement.lens import CodeOf
from app.codebook.tree import DimensionEntry
from app.coding.handed_in import Bools, HandedIn, Ints, Said
from app.methods.agreement import mapped
from app.methods.agreement.tables import ABSENT, Patterns, counted, order_of

NOT_ENOUGH_ALONE: dict[bool, Value] = {True: frozenset([NOT_ENOUGH]), False: NOT_ENOUGH}  # by whether it takes many


class Asked(Protocol):
    """What is asked: of it only matters whether it takes several codes."""

    @property
    def takes_many(self) -> bool: ...


@dataclass(frozen=True, eq=False)
class Ratings:
    """incident_ids: who was answered at all, in order. unresolved: answers left out, as missing data, because a code of
    theirs was split since."""

    patterns: Patterns
    incident_ids: tuple[int, ...]
    unresolved: int


def ratings(dimension: DimensionEntry, work: HandedIn, chosen: Bools, code_of: CodeOf) -> Ratings:
    """chosen: at most one submission of each coder of an incident. An answer that was not given is missing data."""
    places = work.answers(chosen, dimension.id)
    submission = work.at[places]
    incidents, members = work.submissions.incidents[submission], work.submissions.members[submission]
    return rated(dimension, incidents, members, work.said_at[places], work.said, code_of)


def rated(
    asked: Asked, incidents: Ints, members: Ints, said_at: Ints, said: Sequence[Said], code_of: CodeOf
) -> Ratings:
    """One answer a place: about which incident, whose, and which of `said` it is."""
    used = np.unique(said_at).tolist()
    values_of = [value_of(asked, said[at], code_of) for at in used]
    values = tuple(sorted({value for value in values_of if value is not None}, key=order_of))
    number = {value: place for place, value in enumerate(values)}
    becomes = np.array([ABSENT if value is None else number[value] for value in values_of] or [ABSENT], dtype=np.int64)
    given = becomes[np.searchsorted(used, said_at)] if used else said_at
    units, row = np.unique(incidents, return_inverse=True)
    resolved = given != ABSENT
    raters, column = np.unique(members[resolved], return_inverse=True)
    cells = np.full((len(units), len(raters)), ABSENT, dtype=np.int64)
    cells[row[resolved], column] = given[resolved]
    cells = cells[(cells != ABSENT).any(axis=1)]
    patterns = counted(tuple(raters.tolist()), values, cells)
    return Ratings(patterns, tuple(units.tolist()), int((~resolved).sum()))


def without_not_enough(found: Ratings, *, sets: bool) -> Patterns | None:
    """As if those had not rated who said alone that there is not enough information; None where nobody did."""
    silent = NOT_ENOUGH_ALONE[sets]
    if silent not in found.patterns.values:
        return None
    return mapped(found.patterns, lambda value: None if value == silent else value)


def value_of(asked: Asked, said: Said, code_of: CodeOf) -> Value | None:
    """None where a code of it is not resolved: part of a set is not what was said."""
    state, given = said
    codes = [code_of(code_id) for code_id in given]
    resolved = frozenset(code for code in codes if code is not None)
    if None in codes:
        return None
    if asked.takes_many:
        return resolved | frozenset([NOT_ENOUGH] if state == "not_enough_information" else [])
    if state == "not_enough_information":
        return NOT_ENOUGH
    return codes[0] if codes and codes[0] is not None else NONE_APPLIES
