"""The figures of one round, row by row, as a lens looks at it. Loads numpy: import it where it is used."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.figures import NOT_OPEN, POST_HOC, Beside, Chosen, RoundFigures, Row
from app.agreement.lens import SEED, CodeOf, Lens
from app.agreement.ratings import ratings, without_not_enough
from app.codebook.queries import whole_codebook
from app.codebook.shelves import shelf_of
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.handed_in import Bools, HandedIn, handed_in
from app.methods.agreement import agreement_of_patterns, differing
from app.methods.codebook_algebra import category_of
from app.rounds.models import IMPORTED, Round, RoundLook
from app.rounds.queries import coders

PEOPLE = ("imported", "imported_independent")
NOT_SETTLED = (
    "No figure: coders coined codes alone there, and it is not settled what each of them means. Two of them may mean "
    "the same."
)


@dataclass(frozen=True, eq=False)
class Look:
    """One round as it is looked at. codebook: its dimensions, with the codes as they stand now. under: what is scored
    under. here: which submissions are of incidents that are looked at. coined: private new codes that were used
    somewhere -> whether they were pooled since, or by the version that is scored under."""

    coding_round: Round
    lens: Lens
    work: HandedIn
    codebook: Codebook
    under: Codebook
    here: Bools
    models: Sequence[int]
    coined: Mapping[int, bool]

    @classmethod
    def at(cls, session: Session, coding_round: Round, lens: Lens, recorded: RoundLook | None = None) -> "Look":
        """recorded: of a lead, at a round that runs."""
        work = handed_in(session, coding_round, recorded)
        codebook = queries.codebook_of_round(session, coding_round)
        is_imported = coding_round.purpose == IMPORTED
        if is_imported:
            first = work.submissions.is_first
            rated = {dimension.id for dimension in codebook.dimensions if len(work.answers(first, dimension.id))}
            codebook = replace(codebook, dimensions=tuple(each for each in codebook.dimensions if each.id in rated))
        return cls(
            coding_round=coding_round,
            lens=lens,
            work=work,
            codebook=codebook,
            under=lens.codebook(session, coding_round),
            here=lens.mask(session, coding_round, work),
            models=[each.id for each in coders(session, coding_round) if each.kind == "model"] if is_imported else [],
            coined={} if is_imported else queries.coined_in_private(session, coding_round, seq=lens.seq),
        )

    @property
    def kinds(self) -> list[str]:
        """What is counted of each dimension. Of a file: people's ratings; and beside them all of it where models rated
        too."""
        if self.coding_round.purpose == IMPORTED:
            kind = "imported_independent" if self.coding_round.plan.get("said_independent") else "imported"
            return [kind, "with_models"] if self.models else [kind]
        exposed_last = (self.work.submissions.is_last & ~self.work.submissions.independent & self.here).any()
        return [self.coding_round.purpose, "assisted"] if exposed_last else [self.coding_round.purpose]

    def submissions(self, kind: str) -> Bools:
        """Which are counted in a row that is counted like this kind."""
        every = self.work.submissions
        if kind == "assisted":
            return every.is_last & self.here
        if kind == "with_models":
            return every.is_first & self.here
        if kind in PEOPLE:
            return every.is_first & ~every.by(self.models) & self.here
        return every.is_first & every.independent & self.here

    def used(self, dimension: DimensionEntry) -> dict[int, bool]:
        return {code: self.coined[code] for code in self.work.codes_of(dimension.id) if code in self.coined}

    def code_of(self, dimension: DimensionEntry) -> CodeOf:
        """Codes that were coined alone and pooled since are compared as what they became."""
        if self.lens.is_post_hoc or not self.used(dimension):
            return self.lens.code_of(self.under, dimension.id)
        if self.lens.level == "code":
            return self.codebook.living
        shelf = shelf_of(self.codebook)
        return lambda code_id: category_of(shelf, code_id)


def looked_at(session: Session, coding_round: Round, row: Row) -> tuple[Chosen, CodeOf]:
    """What a row of `round_figures` counts, and how its codes are compared: for whatever else is counted of it."""
    look = Look.at(session, coding_round, row.lens)
    return (look.work, look.submissions(row.was or row.kind)), look.code_of(row.dimension)


def figured(
    session: Session,
    coding_round: Round,
    lens: Lens,
    planned: tuple[int, int],
    recorded: RoundLook | None = None,
) -> RoundFigures:
    """Under the round's own codebook."""
    look = Look.at(session, coding_round, lens, recorded)
    submissions = look.work.submissions
    first, exposed = submissions.is_first & look.here, ~submissions.independent & look.here
    if coding_round.purpose == IMPORTED:
        exposed = np.zeros_like(exposed)
    assignments, incidents = planned
    return RoundFigures(
        coding_round=coding_round,
        lens=lens,
        codebook=look.codebook,
        rows=list(_own_rows(look)),
        beside=[_beside(look, dimension) for dimension in look.codebook.dimensions],
        incidents=incidents,
        skipped=int((first & submissions.skipped).sum()),
        exposed_first=int((first & exposed).sum()),
        exposed_last=int((submissions.is_last & exposed).sum()),
        assignments=assignments,
        not_handed_in=assignments - int(first.sum()),
    )


def post_hoc_rows(session: Session, coding_round: Round, lens: Lens) -> list[Row]:
    """The same dimensions and submissions, scored under another codebook: never a reliability (promise 9)."""
    look = Look.at(session, coding_round, lens)
    there = {each.id for each in look.under.dimensions}
    codes = whole_codebook(session, coding_round.study_id).codes
    open_to_all = {code.id for code in codes.values() if code.disclosed == "whole"}
    return [
        _post_hoc_row(look, kind, dimension, open_to_all)
        for dimension in look.codebook.dimensions
        if dimension.id in there
        for kind in look.kinds
    ]


def _own_rows(look: Look) -> Iterator[Row]:
    """New codes coined alone are compared only once all of them are pooled; then the figure is named for it."""
    for dimension in look.codebook.dimensions:
        coined = look.used(dimension)
        unpooled = [look.codebook.codes[code_id] for code_id, is_pooled in coined.items() if not is_pooled]
        here = sum(code.created_in_round == look.coding_round.id for code in unpooled)
        for kind in look.kinds:
            if unpooled:
                yield _without_figure(look, kind, dimension, _waits(unpooled), waiting=here)
            else:
                yield _measured(look, "mapped" if coined and kind != "assisted" else kind, dimension)


def _post_hoc_row(look: Look, kind: str, dimension: DimensionEntry, open_to_all: set[int]) -> Row:
    """A code that is its author's alone until now waits too: what came of it may not even be counted."""
    coined = look.used(dimension)
    was = "mapped" if coined and kind != "assisted" else kind
    unsettled = any(not is_pooled and code_id in look.under.codes for code_id, is_pooled in coined.items())
    if unsettled or not look.work.codes_of(dimension.id) <= open_to_all:
        return _without_figure(look, POST_HOC, dimension, NOT_SETTLED, was=was)
    return _measured(look, POST_HOC, dimension, was=was)


def _without_figure(
    look: Look, kind: str, dimension: DimensionEntry, why: str, *, waiting: int = 0, was: str = ""
) -> Row:
    return Row(kind, dimension, None, why, (), 0, None, waiting=waiting, lens=look.lens, was=was)


def _waits(unpooled: Sequence[CodeEntry]) -> str:
    names = ", ".join(sorted({code.name if code.disclosed == "whole" else NOT_OPEN for code in unpooled}))
    wait = "1 proposed code waits" if len(unpooled) == 1 else f"{len(unpooled)} proposed codes wait"
    return (
        f"No figure yet: {wait} to be pooled ({names}). Coders coined them alone, so two of them may mean the same; "
        "the figure is made once it is settled what each became."
    )


def _measured(look: Look, kind: str, dimension: DimensionEntry, *, was: str = "") -> Row:
    chosen = look.work, look.submissions(was or kind)
    rated = ratings(dimension, *chosen, look.code_of(dimension))
    measured = partial(agreement_of_patterns, sets=dimension.takes_many, resamples=look.lens.resamples, seed=SEED)
    without = without_not_enough(rated, sets=dimension.takes_many)
    return Row(
        kind=kind,
        dimension=dimension,
        report=measured(rated.patterns),
        sentence="",
        incident_ids=rated.incident_ids,
        differing=differing(rated.patterns),
        without_not_enough=None if without is None else measured(without),
        unresolved=rated.unresolved,
        lens=look.lens,
        was=was,
    )


def _beside(look: Look, dimension: DimensionEntry) -> Beside:
    work = look.work
    first = work.submissions.is_first & ~work.submissions.skipped & look.here
    states: Counter[str] = Counter()
    for (state, _), times in work.times_said(work.answers(first, dimension.id)):
        states[state] += times
    return Beside(
        dimension,
        coded=states["coded"],
        none_applies=states["none_applies"],
        not_enough=states["not_enough_information"],
        not_coded=int(first.sum()) - states.total(),
    )
