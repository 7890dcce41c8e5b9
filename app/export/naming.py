"""What things are called in files: a name where it says which one is meant, and more where two share it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Text, cast, func, literal, select
from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.models import Membership

BETWEEN_LEVELS = " > "
BETWEEN = "; "


@dataclass(frozen=True)
class Names:
    """By id. Two that differ never share a name within a dimension, among the raters, units or rounds."""

    codes: dict[int, str]
    raters: dict[int, str]
    units: dict[int, str]
    rounds: dict[int, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """What an incident is called by, without its text: there may be a hundred thousand."""

    id: int
    number: int
    source: str
    label: str


def units_of(session: Session, study_id: int) -> Iterator[Unit]:
    """Every incident of the study."""
    label = func.coalesce(func.nullif(Incident.external_id, ""), literal("#").concat(cast(Incident.number, Text)))
    rows = session.execute(
        select(Incident.id, Incident.number, Incident.source, label)
        .where(Incident.study_id == study_id)
        .order_by(Incident.id)
    )
    return (Unit(*row) for row in rows)


def names_of(
    codebook: Codebook, members: Iterable[Membership], incidents: Iterable[Unit], rounds: Iterable[Round]
) -> Names:
    """incidents and rounds: all of the study that began, so that a part of it is named as the whole is."""
    return Names(
        codes=_code_names(codebook),
        raters=_told_apart({each.id: [each.name, f"{each.name} (member {each.id})"] for each in members}),
        units=_told_apart({each.id: _unit_names(each) for each in incidents}),
        rounds=_told_apart({each.id: [each.name, f"{each.name} (round {each.number})"] for each in rounds}),
    )


def path_of(codebook: Codebook, code: CodeEntry) -> str:
    names = [code.name]
    while code.parent_id is not None and code.parent_id in codebook.codes:
        code = codebook.codes[code.parent_id]
        names.insert(0, code.name)
    return BETWEEN_LEVELS.join(names)


def joined(names: Iterable[str]) -> str:
    """Several names in one cell; one that holds the separator itself is put between quote marks."""
    return BETWEEN.join(f'"{name}"' if BETWEEN.strip() in name else name for name in names)


def _code_names(codebook: Codebook) -> dict[int, str]:
    """A code that others may not see yet has no name here, and takes none from the others (promise 1)."""
    found = {code.id: f"(code {code.id}, not open yet)" for code in codebook.codes.values()}
    seen = [code for code in codebook.codes.values() if code.disclosed == "whole"]
    for dimension_id in {code.dimension_id for code in seen}:
        codes = [code for code in seen if code.dimension_id == dimension_id]
        found |= _told_apart({code.id: _ways_to_say(codebook, code) for code in codes})
    return found


def _ways_to_say(codebook: Codebook, code: CodeEntry) -> list[str]:
    path = path_of(codebook, code)
    return [code.name, path, f"{path} (code {code.id})"]


def _unit_names(incident: Unit) -> list[str]:
    return [incident.label, f"{incident.source}: {incident.label}", f"{incident.label} (incident {incident.number})"]


def _told_apart(ways: dict[int, list[str]]) -> dict[int, str]:
    """For each the first of its names that nobody else has, in any form; the last one holds a number of its own."""
    said = Counter(name.casefold() for names in ways.values() for name in dict.fromkeys(names))
    return {key: next((name for name in names if said[name.casefold()] == 1), names[-1]) for key, names in ways.items()}
