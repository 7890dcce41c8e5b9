"""Undoing an act on the codebook: revisions of a new act that bring back what stood before it.

Every revision under the act's codebook_seq is taken back together. What the act made is *undone*: it is in no
codebook any more, but what was coded with it still names it. An undo is an act like others and can be undone itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy.orm import Session

from app.codebook.actions import record_code_act
from app.codebook.policy import check_may_alter, is_in_sight
from app.codebook.queries import whole_codebook
from app.codebook.revisions import next_seq, revise_code, revise_dimension
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.codebook.undo_policy import (
    NothingToUndo,
    check_may_come_back,
    check_nothing_later,
)
from app.problems import NotFound
from app.studies.events import record
from app.studies.models import Membership


@dataclass(frozen=True)
class Turnabout:
    """What undoing an act would bring back. unseen: codes that were moved along without being in the member's sight."""

    codes: Sequence[CodeEntry]
    dimensions: Sequence[DimensionEntry]
    unseen: Sequence[CodeEntry]

    @property
    def unmade(self) -> list[CodeEntry]:
        return [code for code in self.codes if code.status == "undone"]


def undo_act(session: Session, study_id: int, member: Membership, undone_seq: int, *, reason: str) -> Turnabout:
    """undone_seq: the codebook_seq of the act. Raises StandsLater where something later rests on it."""
    seq = next_seq(session, study_id)
    back = turnabout(session, study_id, member, undone_seq)
    for dimension in back.dimensions:
        revise_dimension(session, study_id, member, dimension, seq, reason=reason, undoes_seq=undone_seq)
    for code in (*back.codes, *back.unseen):
        revise_code(session, study_id, member, code, seq, kind="undone", reason=reason, undoes_seq=undone_seq)
    _record(session, study_id, member, back, undone_seq, reason)
    return back


def turnabout(session: Session, study_id: int, member: Membership, undone_seq: int) -> Turnabout:
    """What undo_act would do. Raises what it would raise."""
    now = whole_codebook(session, study_id)
    if not 0 < undone_seq <= now.codebook_seq:
        raise NotFound
    then = whole_codebook(session, study_id, seq=undone_seq)
    before = whole_codebook(session, study_id, seq=undone_seq - 1)
    touched = [code for code in then.codes.values() if code.codebook_seq == undone_seq]
    seen = [code for code in touched if is_in_sight(code, member)]
    dimensions = [each for each in _all_dimensions(then) if each.codebook_seq == undone_seq]
    if not seen and not dimensions:
        raise NotFound
    for code in seen:
        check_may_alter(code, member)
    back = Turnabout(
        codes=[_former(before, code) for code in seen],
        dimensions=[_former_dimension(before, each) for each in dimensions],
        unseen=list(_put_back_unseen(now, then, before, [code for code in touched if code not in seen])),
    )
    if all(_says(back_to) == _says(was) for back_to, was in _pairs(back, seen, dimensions)):
        raise NothingToUndo
    check_nothing_later(now, seen, dimensions, back.codes, back.dimensions)
    check_may_come_back(now, before, back.codes, back.dimensions, undone_seq, member)
    return back


def _former(before: Codebook, code: CodeEntry) -> CodeEntry:
    return before.codes.get(code.id) or replace(code, status="undone", merged_into_id=None)


def _former_dimension(before: Codebook, dimension: DimensionEntry) -> DimensionEntry:
    return before.dimension(dimension.id) or replace(dimension, status="undone")


def _put_back_unseen(
    now: Codebook, then: Codebook, before: Codebook, unseen: Iterable[CodeEntry]
) -> Iterable[CodeEntry]:
    """Only what the act altered of them and nobody altered since: to refuse because of them would tell of them."""
    for code in unseen:
        former, present = before.codes.get(code.id), now.codes[code.id]
        if former is None:
            continue
        altered = {
            each.name: getattr(former, each.name)
            for each in fields(CodeEntry)
            if each.name not in ("codebook_seq", "disclosed")
            and getattr(former, each.name) != getattr(code, each.name) == getattr(present, each.name)
        }
        if altered:
            yield replace(present, **altered)


def _all_dimensions(codebook: Codebook) -> tuple[DimensionEntry, ...]:
    return (*codebook.dimensions, *codebook.retired_dimensions)


def _pairs(
    back: Turnabout, seen: Sequence[CodeEntry], dimensions: Sequence[DimensionEntry]
) -> Iterable[tuple[CodeEntry | DimensionEntry, CodeEntry | DimensionEntry]]:
    yield from zip(back.codes, seen, strict=True)
    yield from zip(back.dimensions, dimensions, strict=True)


def _says(entry: CodeEntry | DimensionEntry) -> CodeEntry | DimensionEntry:
    return replace(entry, codebook_seq=0)


def _record(session: Session, study_id: int, member: Membership, back: Turnabout, undone_seq: int, reason: str) -> None:
    for code in back.codes:
        record_code_act(session, study_id, member, "code.undone", code, reason=reason, act=undone_seq, name=code.name)
    for dimension in back.dimensions:
        record(
            session, study_id, member, "dimension.undone",
            subject=("dimension", dimension.id), reason=reason, act=undone_seq, name=dimension.name,
        )  # fmt: skip
