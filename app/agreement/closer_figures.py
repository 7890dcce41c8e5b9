"""What the closer look at one row of figures is made of, counted. Loads numpy: import it where it is used."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from app.agreement.closer_cells import repeats_of
from app.agreement.closer_evidence import EvidenceFound, evidence_found
from app.agreement.closer_source import Source, source_of
from app.agreement.closer_words import row_key
from app.agreement.figures import Row
from app.agreement.kept import made_once
from app.coding.handed_in import Bools
from app.methods.agreement import (
    Measures,
    code_confusion,
    confusion,
    count_patterns,
    measures_of,
    pair_agreements,
)
from app.methods.agreement.inclusion import Inclusion, inclusion_of_patterns
from app.methods.agreement.matrices import Confusion, PairAgreement
from app.methods.agreement.tables import ABSENT, counted
from app.rounds.models import Round


@dataclass(frozen=True)
class RepeatsOfCoder:
    """Agreement of one coder with themselves, over the incidents that came to them twice. exposed: incidents left out,
    as something of others or of a model was seen before one of the two."""

    member_id: int
    measures: Measures
    repeats: int
    apart: int
    exposed: int


@dataclass(frozen=True)
class CloserFigures:
    pairs: tuple[PairAgreement, ...]
    confusion: Confusion
    evidence: EvidenceFound
    repeats: tuple[RepeatsOfCoder, ...]
    inclusion: Inclusion


def closer_figures(session: Session, coding_round: Round, row: Row) -> CloserFigures:
    """Made once for all who look, until something of it changes. Raises StillBlind while the round runs (promise 1)."""
    what = "closer", row_key(row), row.dimension.id, row.lens
    return made_once(session, coding_round, what, lambda: _figured(session, source_of(session, coding_round, row)))


def _figured(session: Session, source: Source) -> CloserFigures:
    patterns = source.ratings.patterns
    return CloserFigures(
        pairs=pair_agreements(patterns),
        confusion=code_confusion(patterns) if source.dimension.takes_many else confusion(patterns),
        evidence=evidence_found(session, source),
        repeats=_repeats(source),
        inclusion=_inclusion(source),
    )


def _inclusion(source: Source) -> Inclusion:
    """By column: of a file, hundreds of thousands of ratings were never skipped."""
    of, which = source.work.submissions, source.firsts
    incidents, row = np.unique(of.incidents[which], return_inverse=True)
    members, column = np.unique(of.members[which], return_inverse=True)
    cells = np.full((len(incidents), len(members)), ABSENT, dtype=np.int64)
    cells[row, column] = ~of.skipped[which]
    apart = (cells == 0).any(axis=1) & (cells == 1).any(axis=1)
    return inclusion_of_patterns(
        counted(tuple(members.tolist()), (False, True), cells), tuple(incidents[apart].tolist())
    )


def _repeats(source: Source) -> tuple[RepeatsOfCoder, ...]:
    of = source.work.submissions
    again = of.is_repeat & source.within & ~of.skipped
    sets = source.dimension.takes_many
    unexposed = repeats_of(source)
    return tuple(
        RepeatsOfCoder(
            member_id=member_id,
            measures=measures_of(
                count_patterns([{1: one.value, 2: two.value} for one, two in unexposed.get(member_id, ())]), sets=sets
            ),
            repeats=len(unexposed.get(member_id, ())),
            apart=sum(one.value != two.value for one, two in unexposed.get(member_id, ())),
            exposed=_exposed(source, again, member_id),
        )
        for member_id in sorted(set(of.members[again].tolist()))
    )


def _exposed(source: Source, again: Bools, member_id: int) -> int:
    """Repeats of which one pass was handed in after something of others or of a model was shown."""
    of = source.work.submissions
    mine = of.by([member_id])
    late = set(of.incidents[again & mine & ~of.independent].tolist())
    first = set(of.incidents[of.is_first & mine & ~of.independent].tolist())
    return len(late | (first & set(of.incidents[again & mine].tolist())))
