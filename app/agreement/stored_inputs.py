"""What the figures of a round are made of today. Loads numpy: import it where it is used."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.agreement.figured_rows import Look
from app.agreement.figures import RoundFigures, Row
from app.agreement.lens import PLAIN, CodeOf, Lens
from app.agreement.stored_form import FORM, LEVELS, Inputs
from app.rounds.models import Round
from app.rounds.queries import frozen_version


def inputs_of(session: Session, coding_round: Round, figures: RoundFigures) -> Inputs:
    """Of every row that has a figure. Raises StillBlind while the round runs (promise 1)."""
    version = frozen_version(session, coding_round)
    looks = [Look.at(session, coding_round, lens) for lens in (PLAIN, Lens("category"))]
    return {
        "form": FORM,
        "round": coding_round.number,
        "purpose": coding_round.purpose,
        "version": {"name": version.name, "codebook_seq": version.codebook_seq} if version else None,
        "rows": [_row(row, looks) for row in figures.rows if row.report],
    }


def _row(row: Row, looks: list[Look]) -> dict[str, Any]:
    """Ratings as they were submitted, in the order of incidents and coders; and as what their codes are compared."""
    work = looks[0].work
    places = work.answers(looks[0].submissions(row.kind), row.dimension.id)
    submission = work.at[places]
    units, raters = work.submissions.incidents[submission], work.submissions.members[submission]
    order = np.lexsort((raters, units))
    said = [work.said[at] for at in work.said_at[places][order].tolist()]
    codes = {code for _, given in set(said) for code in given}
    compared = zip(LEVELS, (look.code_of(row.dimension) for look in looks), strict=True)
    return {
        "kind": row.kind,
        "dimension": row.dimension.id,
        "takes": row.dimension.takes,
        "ratings": [
            [unit, rater, state, list(given)]
            for unit, rater, (state, given) in zip(units[order].tolist(), raters[order].tolist(), said, strict=True)
        ],
        **{level: _mapping(codes, code_of) for level, code_of in compared},
    }


def _mapping(codes: Iterable[int], become: CodeOf) -> list[list[int | None]]:
    """[a submitted code, as what it is compared]; null: left out, as it was split and nobody said which part."""
    return [[code, become(code)] for code in sorted(codes)]
