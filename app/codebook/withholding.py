"""Examples that a member may not read yet: those out of an incident that they still have to code.

Who codes what is known on a floor above; the wiring passes the query down (app/main.py). Everything that shows
examples to somebody asks here.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry
from app.studies.models import Membership

ReadOpenIncidents = Callable[[Session, int, int], Collection[int]]  # session, study_id, member_id -> incident ids


class _Source:
    read: ReadOpenIncidents | None = None


def withhold_examples_of(read: ReadOpenIncidents) -> None:
    """Called once, by the wiring (app/main.py)."""
    _Source.read = staticmethod(read)


def open_incidents(session: Session, study_id: int, member_id: int) -> frozenset[int]:
    """Those that the member still has to code."""
    if _Source.read is None:
        raise RuntimeError("Nobody said which incidents a member still has to code.")
    return frozenset(_Source.read(session, study_id, member_id))


def without_open_examples(session: Session, study_id: int, member_id: int, codebook: Codebook) -> Codebook:
    """Nothing is asked where no example names an incident."""
    linked = {code.id: code for code in codebook.codes.values() if any(map(_incident_of, code.examples))}
    if not linked or not (hidden := open_incidents(session, study_id, member_id)):
        return codebook
    shown = {code.id: replace(code, examples=readable(code.examples, hidden)) for code in linked.values()}
    return replace(codebook, codes={**codebook.codes, **shown})


def readable(examples: Collection[Mapping[str, Any]], hidden: Collection[int]) -> tuple[Mapping[str, Any], ...]:
    return tuple(example for example in examples if _incident_of(example) not in hidden)


def withheld(session: Session, study_id: int, member: Membership, code: CodeEntry) -> tuple[Mapping[str, Any], ...]:
    """The examples of a code that the member was not shown: whoever rewrites it leaves them as they are."""
    if not any(map(_incident_of, code.examples)):
        return ()
    hidden = open_incidents(session, study_id, member.id)
    return tuple(example for example in code.examples if _incident_of(example) in hidden)


def _incident_of(example: Mapping[str, Any]) -> int | None:
    found = example.get("incident_id")
    return found if isinstance(found, int) else None
