"""What a split left unresolved: the incidents on which the code was applied, until somebody settles which of the codes
that stand in its place is meant. Of rounds that run and incidents that the viewer codes nothing is in it (promise 1).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.adjudication.final_codes import current_answers
from app.adjudication.models import FinalCode
from app.codebook.tree import Codebook, CodeEntry
from app.coding.exposures import exposed_subjects
from app.coding.models import Submission, SubmittedCode
from app.coding.open_incidents import still_coded
from app.curation.quotes import Quote, QuoteReader, Wanted, by_incident, lineage, other_counts
from app.curation.recoding_models import Recoding, RecodingTakenBack
from app.curation.recodings_told import touched_by_recodings
from app.curation.stale import borne_codes
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Case:
    """One incident that is left. bears: its final answer holds the code; else only quotes of it are left under it.

    final: the rows of its final answer to the question. is_opened: the viewer was shown all of it.
    """

    incident_id: int
    bears: bool
    quotes: tuple[Quote, ...]
    final: tuple[FinalCode, ...]
    is_opened: bool


@dataclass(frozen=True)
class SplitWork:
    """cases: what is left. settled: incidents that recodings took from the code. told_of: (incident, recoding) that an
    opening shows. waiting: incidents on which nothing is final and nobody quoted, so that only a ruling decides."""

    cases: Mapping[int, Case]
    settled: Collection[int]
    told_of: Collection[tuple[int, int]]
    waiting: int


def split_work(session: Session, viewer: Viewer, codebook: Codebook, code: CodeEntry) -> SplitWork:
    reader = QuoteReader(session, viewer, codebook, code.dimension_id)
    codes = lineage(codebook, code.id)
    of_code = and_(FinalCode.code_id.in_(codes), FinalCode.dimension_id == code.dimension_id)
    borne = borne_codes(session, viewer, of_code)
    bearing = {one.incident_id for one in borne}
    quoted = reader.incident_ids(code.id, Wanted()) - reader.closed
    quotes = by_incident(reader.on_incidents(code.id, quoted))
    told_of = _recodings_from(session, viewer, codes, reader.closed)
    ids = bearing | quotes.keys()
    applied = _applied(session, viewer, codes, code.dimension_id)
    answers = current_answers(session, viewer.study.id, code.dimension_id, ids | applied)
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "final_code")
    unopened = {quote.incident.id for quote in reader.unopened(code.id, Wanted())}

    def case(incident_id: int) -> Case:
        final = tuple(answers.get(incident_id, ()))
        is_opened = incident_id not in unopened and all(row.id in opened for row in final)
        return Case(incident_id, incident_id in bearing, tuple(quotes.get(incident_id, ())), final, is_opened)

    return SplitWork(
        cases={incident_id: case(incident_id) for incident_id in ids},
        settled={incident_id for incident_id, _ in told_of} - ids,
        told_of=told_of,
        waiting=len(applied - ids - answers.keys()),
    )


def standing_parts(codebook: Codebook, code: CodeEntry) -> list[CodeEntry]:
    """The codes that its applications can be put under: its parts, or what became of them."""
    found: dict[int, CodeEntry] = {}
    for part in codebook.parts_of(code.id):
        living = codebook.codes.get(codebook.living(part.id) or 0)
        standing = standing_parts(codebook, part) if part.status == "split" else [living] if living else []
        found |= {each.id: each for each in standing if each.can_be_applied}
    return list(found.values())


def in_order(cases: Mapping[int, Case], numbers: Mapping[int, int]) -> Sequence[Case]:
    """Those whose final answer hangs on it first. numbers: of the incidents."""
    return sorted(cases.values(), key=lambda each: (not each.bears, numbers[each.incident_id]))


def _recodings_from(
    session: Session, viewer: Viewer, codes: Collection[int], closed: Collection[int]
) -> set[tuple[int, int]]:
    """(incident, recoding) of those that stand and are of rounds that are open to others."""
    touched = touched_by_recodings(viewer.study.id).subquery()
    taken_back = select(RecodingTakenBack.recoding_id).where(RecodingTakenBack.study_id == viewer.study.id)
    rows = session.execute(
        select(touched.c.incident_id, Recoding.id)
        .join(Recoding, and_(Recoding.study_id == viewer.study.id, Recoding.id == touched.c.recoding_id))
        .join(Round, and_(Round.study_id == viewer.study.id, Round.id == touched.c.round_id))
        .where(
            Recoding.from_code_id.in_(codes),
            Recoding.id.not_in(taken_back),
            Round.phase.in_(("settling", "closed")),
        )
        .distinct()
    )
    return {(incident_id, key) for incident_id, key in rows if incident_id not in closed}


def _applied(session: Session, viewer: Viewer, codes: Collection[int], dimension_id: int) -> set[int]:
    """Incidents on which the code was applied in last submissions that are open to others."""
    code = SubmittedCode
    rows = session.scalars(
        select(code.incident_id)
        .join(Submission, and_(Submission.study_id == code.study_id, Submission.id == code.submission_id))
        .join(Assignment, and_(Assignment.study_id == code.study_id, Assignment.id == Submission.assignment_id))
        .join(Round, and_(Round.study_id == code.study_id, Round.id == code.round_id))
        .where(
            code.study_id == viewer.study.id,
            code.code_id.in_(codes),
            code.dimension_id == dimension_id,
            Assignment.pass_ == 1,
            counts(),
            Round.phase.in_(("settling", "closed")),
            code.incident_id.not_in(still_coded(viewer)),
            ~other_counts(first=False),
        )
        .distinct()
    )
    return set(rows)
