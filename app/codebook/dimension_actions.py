"""Acts on dimensions: each one or more revisions under a fresh codebook_seq, never a rewriting."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app.codebook.models import Dimension
from app.codebook.policy import active_dimension, usable_dimension_name
from app.codebook.queries import whole_codebook
from app.codebook.revisions import ChangedMeanwhile, check_unchanged, next_seq, revise_dimension
from app.codebook.tree import DimensionEntry
from app.problems import Invalid
from app.studies.events import record
from app.studies.models import Membership

TAKES = ("one", "many")
OPENNESS = ("open", "closed")


class NoSuchChoice(Invalid):
    """A dimension takes one code or many, and is open to new codes or closed."""


@dataclass(frozen=True)
class DimensionText:
    name: str
    question: str = ""
    takes: str = "one"
    has_main: bool = False
    openness: str = "open"
    needs_evidence: bool = False


def add_dimension(
    session: Session, study_id: int, member: Membership | None, words: DimensionText, *, reason: str = ""
) -> DimensionEntry:
    _check_choices(words)
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    name = usable_dimension_name(codebook, words.name, None)
    dimension = Dimension(study_id=study_id, created_by=member.id if member else None)
    session.add(dimension)
    session.flush()
    entry = DimensionEntry(
        id=dimension.id,
        name=name,
        question=words.question.strip(),
        takes=words.takes,
        has_main=words.has_main and words.takes == "many",
        openness=words.openness,
        position=max((d.position for d in codebook.dimensions), default=0) + 1,
        status="active",
        codebook_seq=seq,
        needs_evidence=words.needs_evidence,
    )
    revise_dimension(session, study_id, member, entry, seq, reason=reason)
    record(session, study_id, member, "dimension.added", subject=("dimension", dimension.id), name=name)
    return entry


def edit_dimension(
    session: Session,
    study_id: int,
    member: Membership,
    dimension_id: int,
    words: DimensionText,
    *,
    seen_seq: int,
    reason: str = "",
) -> None:
    """seen_seq: the codebook_seq of the revision that was edited; a newer one is a conflict."""
    _check_choices(words)
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    before = active_dimension(codebook, dimension_id)
    check_unchanged(before, seen_seq)
    after = replace(
        before,
        name=usable_dimension_name(codebook, words.name, dimension_id),
        question=words.question.strip(),
        takes=words.takes,
        has_main=words.has_main and words.takes == "many",
        openness=words.openness,
        needs_evidence=words.needs_evidence,
    )
    revise_dimension(session, study_id, member, after, seq, reason=reason)
    record(session, study_id, member, "dimension.edited", subject=("dimension", dimension_id), reason=reason)


def order_dimensions(session: Session, study_id: int, member: Membership, dimension_ids: Sequence[int]) -> None:
    """dimension_ids: every active dimension, in the new order."""
    seq = next_seq(session, study_id)
    codebook = whole_codebook(session, study_id)
    if sorted(dimension_ids) != sorted(d.id for d in codebook.dimensions):
        raise ChangedMeanwhile
    for position, dimension_id in enumerate(dimension_ids, start=1):
        entry = active_dimension(codebook, dimension_id)
        if entry.position != position:
            revise_dimension(session, study_id, member, replace(entry, position=position), seq, reason="reordered")
    record(session, study_id, member, "dimensions.ordered", order=list(dimension_ids))


def retire_dimension(session: Session, study_id: int, member: Membership, dimension_id: int, *, reason: str) -> None:
    seq = next_seq(session, study_id)
    entry = active_dimension(whole_codebook(session, study_id), dimension_id)
    revise_dimension(session, study_id, member, replace(entry, status="retired"), seq, reason=reason)
    record(session, study_id, member, "dimension.retired", subject=("dimension", dimension_id), reason=reason)


def _check_choices(words: DimensionText) -> None:
    if words.takes not in TAKES or words.openness not in OPENNESS:
        raise NoSuchChoice
