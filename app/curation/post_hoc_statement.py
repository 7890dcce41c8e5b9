"""Figures of closed rounds that were coded under another codebook, scored under a version: never its reliability.

A code counts as what it has become by the version. One that the version does not have, or that was split by then, is
left out with the rating that holds it, and how many that were is said.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.agreement import queries
from app.agreement.post_hoc import POST_HOC_WORDS, CountedRow, counted_rows, scored
from app.codebook.models import CodebookVersion
from app.codebook.queries import whole_codebook
from app.codebook.rows import newest_state
from app.codebook.shelves import shelf_of
from app.codebook.tree import Codebook
from app.curation.figure_lines import FigureLine, RoundFigureLines
from app.db.shared import shared_by_sessions
from app.methods.codebook_algebra import Shelf, living, scored_as
from app.rounds.models import IMPORTED, Round, RoundPhaseChange
from app.web.wording import plural

WAITS = (
    "No figure: coders coined codes alone there, and it is not settled what each of them means. Two of them may mean "
    "the same."
)


class ClosedRound(NamedTuple):
    """changes: how often its phase changed, so that a look tells whether it was reopened since."""

    coding_round: Round
    changes: int
    closed_at: datetime
    version: str | None


def post_hoc_lines(session: Session, version: CodebookVersion) -> tuple[RoundFigureLines, ...]:
    """Read once for all who look, as long as nothing changes: anybody may ask, and figures take long to make."""
    rounds = _closed_rounds_of_others(session, version)
    shared = shared_by_sessions(session)
    key, state = ("post hoc", version.study_id, version.id), _state(session, version, rounds)
    kept = shared.find(key) if shared else None
    if kept is None or kept[0] != state:
        kept = state, _lines(session, version, rounds)
        if shared:
            shared.keep(key, kept)
    return _with_versions(session, version, rounds, kept[1])


def open_round_names(session: Session, study_id: int) -> list[str]:
    """Of rounds that are not closed: words that name one of them wait until it is."""
    names = session.scalars(select(Round.name).where(Round.study_id == study_id, Round.phase != "closed"))
    return [name for name in names if name]


def _closed_rounds_of_others(session: Session, version: CodebookVersion) -> list[ClosedRound]:
    changed, coded_under = RoundPhaseChange, CodebookVersion
    rows = session.execute(
        select(Round, func.count(changed.id), func.max(changed.at), coded_under.name)
        .join(changed, (changed.study_id == Round.study_id) & (changed.round_id == Round.id))
        .outerjoin(
            coded_under, (coded_under.study_id == Round.study_id) & (coded_under.id == Round.codebook_version_id)
        )
        .where(
            Round.study_id == version.study_id,
            Round.phase == "closed",
            Round.codebook_version_id.is_distinct_from(version.id),
        )
        .group_by(Round.id, coded_under.name)
        .order_by(Round.number)
    )
    return [ClosedRound._make(row) for row in rows]


def _state(session: Session, version: CodebookVersion, rounds: Sequence[ClosedRound]) -> Any:
    """What the figures rest on that can change: the version and what was pooled by it cannot, what coders coin
    meanwhile does not matter."""
    now = whole_codebook(session, version.study_id)
    dimensions = max((each.codebook_seq for each in (*now.dimensions, *now.retired_dimensions)), default=0)
    closed = tuple((each.coding_round.id, each.changes) for each in rounds)
    return closed, newest_state(session, version.study_id).disclosures, dimensions


def _lines(
    session: Session, version: CodebookVersion, rounds: Sequence[ClosedRound]
) -> tuple[tuple[int, RoundFigureLines], ...]:
    """(id of the round, its lines); a round without a rating in a dimension of the version has none."""
    closed = [each.coding_round for each in rounds]
    then = whole_codebook(session, version.study_id, seq=version.codebook_seq)
    dimension_ids = [each.id for each in then.dimensions]
    rows = counted_rows(session, closed, dimension_ids, pooled_by=version.codebook_seq)
    scoring = Scoring.under(then, open_to_all=_open_to_all(session, version.study_id))
    lines: dict[int, list[FigureLine]] = {}
    for row in rows:
        lines.setdefault(row.coding_round.id, []).append(scoring.line(row))
    return tuple(
        (
            each.coding_round.id,
            RoundFigureLines(
                each.coding_round.name,
                each.closed_at,
                queries.planned(session, each.coding_round)[1],
                tuple(lines[each.coding_round.id]),
            ),
        )
        for each in rounds
        if each.coding_round.id in lines
    )


def _open_to_all(session: Session, study_id: int) -> frozenset[int]:
    codes = whole_codebook(session, study_id).codes.values()
    return frozenset(code.id for code in codes if code.disclosed == "whole")


def _with_versions(
    session: Session,
    version: CodebookVersion,
    rounds: Sequence[ClosedRound],
    found: Iterable[tuple[int, RoundFigureLines]],
) -> tuple[RoundFigureLines, ...]:
    not_told = open_round_names(session, version.study_id)
    under = {each.coding_round.id: _coded_under(each, not_told) for each in rounds}
    return tuple(replace(lines, under=under[round_id]) for round_id, lines in found)


def _coded_under(closed: ClosedRound, not_told: Collection[str]) -> str:
    """The name of a version is not told as long as it names a round that is not closed."""
    if closed.coding_round.purpose == IMPORTED:
        return "imported from a file"
    if closed.version is None:
        return "coded while no version was frozen"
    if any(name in closed.version for name in not_told):
        return "coded under another version"
    return f"coded under {closed.version}"


@dataclass(frozen=True)
class Scoring:
    """A version as the codebook that ratings are scored under. open_to_all: codes that everybody may see by now."""

    then: Codebook
    shelf: Shelf
    open_to_all: frozenset[int]

    @classmethod
    def under(cls, then: Codebook, *, open_to_all: frozenset[int]) -> "Scoring":
        return cls(then, shelf_of(then), open_to_all)

    def line(self, row: CountedRow) -> FigureLine:
        named = self.then.dimension(row.dimension.id)
        dimension = replace(row.dimension, name=named.name if named else row.dimension.name)
        kind = "mapped" if row.coined and row.kind != "assisted" else row.kind
        words = f"Post hoc. {POST_HOC_WORDS[kind]}"
        if self._waits(row):
            return FigureLine.without_figure(dimension, words, WAITS)
        become = {code_id: self.become(code_id, dimension.id) for code_id in _codes_in(row)}
        found = scored(row, become.__getitem__)
        line = FigureLine.of(dimension, found.measures.alpha, found.raters, words=words, apart=True)
        return replace(line, left_out=self._left_out(become, found.left_out, dimension.id))

    def become(self, code_id: int, dimension_id: int) -> int | None:
        """None: the version does not have it among the codes of this dimension, or it was split by then."""
        return scored_as(self.shelf, code_id) if self._has(code_id, dimension_id) else None

    def _has(self, code_id: int, dimension_id: int) -> bool:
        code = self.then.codes.get(living(self.shelf, code_id))
        return code is not None and code.status != "undone" and code.dimension_id == dimension_id

    def _waits(self, row: CountedRow) -> bool:
        """A code that is its author's alone until now waits too: what came of it may not even be counted."""
        unsettled = any(not pooled and self._has(code_id, row.dimension.id) for code_id, pooled in row.coined.items())
        return unsettled or not row.codes <= self.open_to_all

    def _left_out(self, become: Mapping[int, int | None], ratings: int, dimension_id: int) -> str:
        """With the codes that were retired by then: they stand for themselves, though nobody would give them."""
        gone = [code_id for code_id, new in become.items() if new is None]
        split = sum(self._has(code_id, dimension_id) for code_id in gone)
        retired = sum(self._status(new) == "retired" for new in set(become.values()) if new is not None)
        why = [
            f"{plural(len(gone) - split, 'code')} not in this version" if len(gone) > split else "",
            f"{plural(split, 'code')} split by then, and which part was meant is not known" if split else "",
        ]
        sentences = [
            f"{plural(ratings, 'rating')} left out: {'; '.join(each for each in why if each)}." if ratings else "",
            f"{plural(retired, 'code')} retired by then, scored as given." if retired else "",
        ]
        return " ".join(each for each in sentences if each)

    def _status(self, code_id: int) -> str:
        code = self.then.codes.get(code_id)
        return code.status if code else ""


def _codes_in(row: CountedRow) -> set[int]:
    sets = [value if isinstance(value, frozenset) else [value] for value in row.patterns.values]
    return {each for one in sets for each in one if isinstance(each, int)}
