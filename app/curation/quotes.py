"""The quotes under a code, across rounds: as they were submitted, or where a recoding put them since.

Nobody reads quotes of others that are not open: not of a round that runs, and not of an incident that the reader
codes in one (promise 1). What is open is shown once an exposure covers it (promise 3); one's own always is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.codebook.tree import Codebook
from app.coding.models import Exposure, Submission, SubmittedCode, SubmittedEvidence
from app.coding.open_incidents import still_coded
from app.curation.recoding_models import RecodedQuote, Recoding, RecodingTakenBack
from app.incidents.models import Incident
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.rounds.policy import is_open_to_others
from app.studies.viewer import Viewer
from app.web.paging import page_at

OTHER = aliased(Submission)


@dataclass(frozen=True)
class Wanted:
    """Which quotes are asked for; blank takes all. of: 'last' or 'first' submissions. coder_id narrows what is shown,
    never what waits to be opened: that would tell whose it is."""

    cohort: str = ""
    round_number: int | None = None
    coder_id: int | None = None
    of: str = "last"


@dataclass(frozen=True)
class Move:
    """Where a standing recoding put a quote."""

    evidence_id: int
    incident_id: int
    round_id: int
    recoding: Recoding


@dataclass(frozen=True)
class Quote:
    """start, end: in the text of the incident. code_id: as it was submitted. move: the recoding that stands on it.

    may_be_moved: not what its author may still change, nor what the viewer codes elsewhere just now.
    """

    evidence_id: int
    submission_id: int
    code_id: int
    dimension_id: int
    member_id: int
    start: int
    end: int
    incident: Incident
    coding_round: Round
    move: Move | None
    may_be_moved: bool

    def overlaps(self, other: "Quote") -> bool:
        return self.incident.id == other.incident.id and self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Found:
    """shown: of one page, the one nearest to what was asked for. total: of all pages. hidden: what an opening would
    show. coder_ids: whose quotes the viewer is shown here, of whichever coder they asked for those."""

    shown: list[Quote]
    page: int
    pages: int
    total: int
    hidden: int
    coder_ids: frozenset[int]


def lineage(codebook: Codebook, code_id: int) -> set[int]:
    """The code and those that were merged into it: what they bore is its own."""
    found, before = {code_id}, set[int]()
    while found != before:
        before = found
        found = before | {each.id for each in codebook.codes.values() if each.merged_into_id in before}
    return found


def standing_moves(session: Session, study_id: int, dimension_id: int) -> dict[int, Move]:
    """Quote -> where the newest recoding that was not taken back put it, in one dimension."""
    taken_back = exists().where(
        RecodingTakenBack.study_id == Recoding.study_id, RecodingTakenBack.recoding_id == Recoding.id
    )
    rows = session.execute(
        select(RecodedQuote, Recoding)
        .join(Recoding, and_(Recoding.study_id == RecodedQuote.study_id, Recoding.id == RecodedQuote.recoding_id))
        .where(Recoding.study_id == study_id, Recoding.dimension_id == dimension_id, ~taken_back)
        .order_by(Recoding.id)
    )
    return {
        quote.submitted_evidence_id: Move(quote.submitted_evidence_id, quote.incident_id, quote.round_id, recoding)
        for quote, recoding in rows
    }


class QuoteReader:
    """Reads quotes for one member; what recodings did in a dimension is asked once.

    A recoding in a round that was reopened is hidden with it, and so is one on an incident that the member codes just
    now: for them their own quote stands there as they submitted it.
    """

    def __init__(self, session: Session, viewer: Viewer, codebook: Codebook, dimension_id: int) -> None:
        self.session, self.viewer, self.codebook = session, viewer, codebook
        self.closed = set(session.scalars(still_coded(viewer)))
        open_rounds = set(session.scalars(_open_round_ids(viewer)))
        standing = standing_moves(session, viewer.study.id, dimension_id)
        self.moves = {
            key: move
            for key, move in standing.items()
            if move.round_id in open_rounds and move.incident_id not in self.closed
        }
        self.covered = covered_recodings(session, viewer, self.moves.values())

    def found(self, code_id: int, wanted: Wanted, *, size: int, page: int = 1) -> Found:
        readable, covered = self._readable(wanted).where(*self._of_code(code_id)), self._is_covered()
        narrowed = covered if wanted.coder_id is None else and_(covered, SubmittedCode.member_id == wanted.coder_id)
        tally = readable.with_only_columns(
            func.count().filter(narrowed),
            func.count().filter(~covered),
            func.array_agg(SubmittedCode.member_id.distinct()).filter(covered),
        )
        total, hidden, coder_ids = self.session.execute(tally).one()
        page, pages = page_at(page, total, size)
        shown = self._page_of(readable.where(narrowed), size, page) if total else []
        return Found(shown, page, pages, total, hidden, frozenset(coder_ids or ()))

    def _page_of(
        self, query: Select[SubmittedEvidence, SubmittedCode, Incident, Round], size: int, page: int
    ) -> list[Quote]:
        order = (Incident.number, SubmittedEvidence.start, SubmittedEvidence.end, SubmittedEvidence.id)
        rows = self.session.execute(query.order_by(*order).limit(size).offset((page - 1) * size))
        return [self._quote(row) for row in rows]

    def chosen(self, code_id: int, evidence_ids: Collection[int]) -> list[Quote]:
        """Those of these quotes that stand under the code and may be shown, whatever the submission they are of."""
        rows = self.session.execute(
            self._readable(Wanted(of="any"))
            .where(*self._of_code(code_id), self._is_covered(), SubmittedEvidence.id.in_(list(evidence_ids)))
            .order_by(Incident.number, SubmittedEvidence.start, SubmittedEvidence.id)
        )
        return [self._quote(row) for row in rows]

    def on_incidents(self, code_id: int, incident_ids: Collection[int]) -> list[Quote]:
        """All that stand under the code on these incidents, of last submissions, shown or not."""
        rows = self.session.execute(
            self._readable(Wanted()).where(*self._of_code(code_id), Incident.id.in_(list(incident_ids)))
        )
        return [self._quote(row) for row in rows]

    def unopened(self, code_id: int, wanted: Wanted) -> list[Quote]:
        rows = self.session.execute(self._readable(wanted).where(*self._of_code(code_id), ~self._is_covered()))
        return [self._quote(row) for row in rows]

    def incident_ids(self, code_id: int, wanted: Wanted) -> set[int]:
        """Of every quote that the viewer is shown, or would be once they opened it."""
        of_code = self._readable(wanted).where(*self._of_code(code_id)).with_only_columns(Incident.id)
        return set(self.session.scalars(of_code.distinct()))

    def moved_away(self, code_id: int) -> list[Move]:
        """Quotes that were submitted under this code, or stood there once, and stand elsewhere now."""
        codes = lineage(self.codebook, code_id)
        submitted = self._submitted_under(list(self.moves))
        return [
            move
            for move in self.moves.values()
            if move.recoding.to_code_id not in codes
            and (move.recoding.from_code_id in codes or submitted.get(move.evidence_id) in codes)
        ]

    def is_told(self, move: Move) -> bool:
        """Whether the viewer may be told of a recoding of this quote."""
        return (move.incident_id, move.recoding.id) in self.covered

    def _submitted_under(self, evidence_ids: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        for start in range(0, len(evidence_ids), 5_000):
            rows = self.session.execute(
                select(SubmittedEvidence.id, SubmittedCode.code_id)
                .join(SubmittedCode, _evidence_of_code())
                .where(
                    SubmittedEvidence.study_id == self.viewer.study.id,
                    SubmittedEvidence.id.in_(evidence_ids[start : start + 5_000]),
                )
            )
            found |= dict(rows.all())
        return found

    def _of_code(self, code_id: int) -> list[ColumnElement[bool]]:
        codes = lineage(self.codebook, code_id)
        moved_in = [key for key, move in self.moves.items() if move.recoding.to_code_id in codes]
        submitted = and_(SubmittedCode.code_id.in_(codes), SubmittedEvidence.id.not_in(list(self.moves)))
        return [or_(submitted, SubmittedEvidence.id.in_(moved_in))]

    def _is_covered(self) -> ColumnElement[bool]:
        untold = [key for key, move in self.moves.items() if not self.is_told(move)]
        own = SubmittedCode.member_id == self.viewer.member.id
        opened = exists().where(
            Exposure.study_id == self.viewer.study.id,
            Exposure.member_id == self.viewer.member.id,
            Exposure.kind == "colleague_code",
            Exposure.incident_id == SubmittedCode.incident_id,
            Exposure.subject_id == SubmittedCode.submission_id,
        )
        return and_(or_(own, opened), SubmittedEvidence.id.not_in(untold))

    def _readable(self, wanted: Wanted) -> Select[SubmittedEvidence, SubmittedCode, Incident, Round]:
        """Every quote of the study that is the viewer's own or open to others, as wanted (but for its coder)."""
        viewer, code = self.viewer, SubmittedCode
        own = code.member_id == viewer.member.id
        is_open = and_(Round.phase.in_(("settling", "closed")), code.incident_id.not_in(still_coded(viewer)))
        query = (
            select(SubmittedEvidence, code, Incident, Round)
            .join(code, _evidence_of_code())
            .join(Submission, and_(Submission.study_id == code.study_id, Submission.id == code.submission_id))
            .join(Assignment, and_(Assignment.study_id == code.study_id, Assignment.id == Submission.assignment_id))
            .join(Incident, and_(Incident.study_id == code.study_id, Incident.id == code.incident_id))
            .join(Round, and_(Round.study_id == code.study_id, Round.id == code.round_id))
            .where(code.study_id == viewer.study.id, Assignment.pass_ == 1, counts(), or_(own, is_open))
        )
        if wanted.of != "any":
            query = query.where(~other_counts(first=wanted.of == "first"))
        if wanted.cohort:
            query = query.where(Incident.cohort == wanted.cohort)
        if wanted.round_number is not None:
            query = query.where(Round.number == wanted.round_number)
        return query

    def _quote(self, row: Sequence[object]) -> Quote:
        evidence, code, incident, coding_round = row
        assert isinstance(evidence, SubmittedEvidence) and isinstance(code, SubmittedCode)
        assert isinstance(incident, Incident) and isinstance(coding_round, Round)
        return Quote(
            evidence_id=evidence.id,
            submission_id=code.submission_id,
            code_id=code.code_id,
            dimension_id=code.dimension_id,
            member_id=code.member_id,
            start=evidence.start,
            end=evidence.end,
            incident=incident,
            coding_round=coding_round,
            move=self.moves.get(evidence.id),
            may_be_moved=is_open_to_others(coding_round) and incident.id not in self.closed,
        )


def covered_recodings(session: Session, viewer: Viewer, moves: Iterable[Move]) -> set[tuple[int, int]]:
    """(incident, recoding) that the member was told of. Who made one was told of it then."""
    ids = {move.recoding.id for move in moves}
    rows = session.execute(
        select(Exposure.incident_id, Exposure.subject_id).where(
            Exposure.study_id == viewer.study.id,
            Exposure.member_id == viewer.member.id,
            Exposure.kind == "recoding",
            Exposure.subject_id.in_(ids),
        )
    )
    return {(incident_id, key) for incident_id, key in rows if key is not None}


def by_incident(quotes: Iterable[Quote]) -> Mapping[int, list[Quote]]:
    found: dict[int, list[Quote]] = {}
    for quote in quotes:
        found.setdefault(quote.incident.id, []).append(quote)
    return found


def _open_round_ids(viewer: Viewer) -> Select[int]:
    return select(Round.id).where(Round.study_id == viewer.study.id, Round.phase.in_(("settling", "closed")))


def _evidence_of_code() -> ColumnElement[bool]:
    return and_(
        SubmittedCode.study_id == SubmittedEvidence.study_id, SubmittedCode.id == SubmittedEvidence.submitted_code_id
    )


def other_counts(*, first: bool) -> ColumnElement[bool]:
    """Another submission of the same assignment is the one that counts: an earlier that was no skip, or any later."""
    same = (OTHER.study_id == Submission.study_id, OTHER.assignment_id == Submission.assignment_id)
    if first:
        return exists().where(*same, OTHER.ordinal < Submission.ordinal, OTHER.kind == "submitted")
    return exists().where(*same, OTHER.ordinal > Submission.ordinal)
