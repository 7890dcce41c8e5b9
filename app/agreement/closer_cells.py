"""Which incidents stand behind a cell of the closer look. Loads numpy: import it where it is used."""

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from app.agreement.closer_evidence import disjoint_incidents
from app.agreement.closer_source import Given, Source, Units, decided, units_of
from app.agreement.closer_words import Cell, value_of_token
from app.agreement.figures import NONE_APPLIES, Value
from app.agreement.lens import as_submitted

Behind = Mapping[int, Collection[int]]  # incident -> the submissions of which its being listed tells something


class ToldBy(NamedTuple):
    """value None: left open, or a code of it is not resolved."""

    incident_id: int
    member_id: int
    pass_: int
    submission_id: int
    skipped: bool
    value: Value | None


def behind(session: Session, source: Source, cell: Cell) -> Behind:
    if cell.kind == "skipped":
        return _skipped(source)
    if cell.kind == "repeats":
        return _repeats_apart(source, cell.member_ids[0])
    if cell.kind == "pair":
        return _pair(source.units, *cell.member_ids)
    return {incident_id: _told(source.units[incident_id]) for incident_id in sorted(_of_units(session, source, cell))}


def is_free(source: Source, cell: Cell) -> bool:
    """Says only where coders are apart, as the queue of disagreements does: no answer can be read off it. Of codes
    rolled up or scored under another version it could: who knows their own code would learn what another's is not."""
    return cell.kind in ("row", "differ") and source.code_of is as_submitted


def differing(source: Source) -> set[int]:
    return {incident_id for incident_id, given in source.units.items() if _is_apart(given)}


def told_by(source: Source, submission_ids: Collection[int]) -> list[ToldBy]:
    """What these submissions say on the dimension, by incident, member and pass."""
    of = source.work.submissions
    which = np.isin(of.ids, np.array(sorted(submission_ids), dtype=np.int64))
    values = {
        each.submission_id: each.value
        for given in units_of(source.dimension, (source.work, which), source.code_of).values()
        for each in given
    }
    columns = (of.incidents, of.members, of.passes, of.ids, of.skipped)
    rows = sorted(zip(*(column[which].tolist() for column in columns), strict=True))
    return [ToldBy(*row, values.get(row[3])) for row in rows]  # type: ignore[call-arg]


def _of_units(session: Session, source: Source, cell: Cell) -> Collection[int]:
    if cell.kind == "evidence":
        return disjoint_incidents(session, source)
    if cell.kind == "differ":
        return differing(source)
    if cell.kind == "codes":
        first, second = cell.values
        return [i for i, given in source.units.items() if _met(given, first, second)]
    if cell.kind == "code":
        wanted = value_of_token(cell.values[0])
        return [i for i, given in source.units.items() if any(_has(each.value, wanted) for each in given)]
    return source.units


def _is_apart(given: list[Given]) -> bool:
    return len({each.value for each in given}) > 1


def _told(given: list[Given]) -> list[int]:
    return [each.submission_id for each in given]


def _pair(units: Units, first: int, second: int) -> Behind:
    """What both rated, the incidents on which they are apart first."""
    both = {i: [each for each in given if each.member_id in (first, second)] for i, given in units.items()}
    pairs = {i: given for i, given in both.items() if len(given) == 2}
    return {i: _told(pairs[i]) for i in sorted(pairs, key=lambda i: (not _is_apart(pairs[i]), i))}


def _skipped(source: Source) -> Behind:
    """By one coder, and coded by another."""
    return {
        incident_id: [submission_id for _, submission_id in said.values()]
        for incident_id, said in sorted(decided(source).items())
        if len({coded for coded, _ in said.values()}) > 1
    }


def repeats_of(source: Source, member_id: int | None = None) -> dict[int, list[tuple[Given, Given]]]:
    """Member -> both passes of each incident that came to them twice, with nothing of others seen before either."""
    of = source.work.submissions
    unexposed = of.independent & source.within
    if member_id is not None:
        unexposed &= of.by([member_id])
    came_twice = of.of(of.incidents[of.is_repeat & unexposed].tolist())
    first = units_of(source.dimension, (source.work, of.is_first & unexposed & came_twice), source.code_of)
    again = units_of(source.dimension, (source.work, of.is_repeat & unexposed), source.code_of)
    found: dict[int, list[tuple[Given, Given]]] = {}
    for incident_id, repeats in again.items():
        before = {each.member_id: each for each in first.get(incident_id, ())}
        for repeat in repeats:
            if repeat.member_id in before:
                found.setdefault(repeat.member_id, []).append((before[repeat.member_id], repeat))
    return found


def _repeats_apart(source: Source, member_id: int) -> Behind:
    of = source.work.submissions
    incident_of = dict(zip(of.ids.tolist(), of.incidents.tolist(), strict=True))
    return {
        incident_of[first.submission_id]: [first.submission_id, repeat.submission_id]
        for first, repeat in repeats_of(source, member_id).get(member_id, ())
        if first.value != repeat.value
    }


def _has(value: Value, wanted: Value | None) -> bool:
    """Of sets the empty one is *none applies*."""
    if isinstance(value, frozenset):
        return wanted in value if value else wanted == NONE_APPLIES
    return value == wanted


def _met(given: list[Given], first: str, second: str) -> bool:
    return any(_pair_met(a.value, b.value, first, second) for a, b in combinations(given, 2))


def _pair_met(one: Value, other: Value, first: str, second: str) -> bool:
    """As it is counted in the tables of confusion (app/methods/agreement/matrices.py)."""
    a, b = value_of_token(first), value_of_token(second)
    if not (isinstance(one, frozenset) and isinstance(other, frozenset)):
        return (one, other) in ((a, b), (b, a))
    if first == second:
        return a in one and a in other
    only, lacking = one - other, other - one
    return _are(only, lacking, a, b) or _are(lacking, only, a, b)


def _are(only: frozenset[str | int], lacking: frozenset[str | int], a: Value | None, b: Value | None) -> bool:
    return _holds(only, a) and _holds(lacking, b)


def _holds(codes: frozenset[str | int], value: Value | None) -> bool:
    """None: nothing in the place of another code."""
    return not codes if value is None else value in codes
