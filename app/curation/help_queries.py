"""What was asked of a model about the codebook, and the quotes that a definition may be drafted from."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.codebook.tree import Codebook
from app.coding.models import Submission, SubmittedCode, SubmittedEvidence
from app.curation.help_models import CodebookHelp, HelpDecision
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.ledger.queries import calls_about
from app.problems import NotFound
from app.rounds.holdings import counts
from app.rounds.models import WITHDRAWN, Assignment, Round, RoundIncident

SUBJECT = "codebook_help"  # what a model call is about


@dataclass(frozen=True)
class AppliedQuote:
    """Words under a code in somebody's last submission of a round whose answers are open."""

    evidence_id: int
    submission_id: int
    incident_id: int
    member_id: int
    place: tuple[int, int]
    words: str


def helps(
    session: Session, study_id: int, *, dimension_id: int | None = None, code_id: int | None = None
) -> Sequence[CodebookHelp]:
    """Newest first."""
    query = select(CodebookHelp).where(CodebookHelp.study_id == study_id)
    if dimension_id is not None:
        query = query.where(CodebookHelp.dimension_id == dimension_id)
    if code_id is not None:
        query = query.where(CodebookHelp.code_id == code_id)
    return session.scalars(query.order_by(CodebookHelp.id.desc())).all()


def help_by_id(session: Session, study_id: int, help_id: int, *, lock: bool = False) -> CodebookHelp:
    query = select(CodebookHelp).where(CodebookHelp.study_id == study_id, CodebookHelp.id == help_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None:
        raise NotFound
    return found


def decisions(session: Session, asked: CodebookHelp) -> dict[int, HelpDecision]:
    """By item."""
    of_help = (HelpDecision.study_id == asked.study_id, HelpDecision.help_id == asked.id)
    return {each.item: each for each in session.scalars(select(HelpDecision).where(*of_help))}


def decided_counts(session: Session, study_id: int) -> dict[int, int]:
    """Asking -> how many items were decided."""
    rows = session.execute(
        select(HelpDecision.help_id, func.count())
        .where(HelpDecision.study_id == study_id)
        .group_by(HelpDecision.help_id)
    )
    return dict(rows.all())


def calls_of(session: Session, asked: CodebookHelp) -> Sequence[ModelCall]:
    return calls_about(session, asked.study_id, SUBJECT, [asked.id])


def lineage(codebook: Codebook, code_id: int) -> set[int]:
    """The code and those that were merged into it."""
    return {each for each in codebook.codes if codebook.living(each) == code_id} | {code_id}


def quotes_of_codes(session: Session, study_id: int, code_ids: Collection[int]) -> list[AppliedQuote]:
    """Of rounds whose answers are open, by incident; the same words of an incident once (promise 1)."""
    query = _applied().where(SubmittedCode.study_id == study_id, SubmittedCode.code_id.in_(list(code_ids)))
    first: dict[tuple[int, int, int], AppliedQuote] = {}
    for quote in _quotes(session, query):
        first.setdefault((quote.incident_id, *quote.place), quote)
    return list(first.values())


def quotes_by_id(session: Session, study_id: int, evidence_ids: Collection[int]) -> list[AppliedQuote]:
    """Those of them that are still of rounds whose answers are open."""
    wanted = (SubmittedEvidence.study_id == study_id, SubmittedEvidence.id.in_(list(evidence_ids)))
    return _quotes(session, _applied().where(*wanted))


def being_coded(session: Session, study_id: int, incident_ids: Collection[int]) -> set[int]:
    """Those of these incidents that a running round holds."""
    return set(
        session.scalars(
            select(RoundIncident.incident_id)
            .join(Round, (Round.study_id == RoundIncident.study_id) & (Round.id == RoundIncident.round_id))
            .where(
                RoundIncident.study_id == study_id,
                RoundIncident.incident_id.in_(list(incident_ids)),
                Round.phase == "running",
            )
        )
    )


def still_to_code(session: Session, study_id: int, member_id: int, incident_ids: Collection[int]) -> set[int]:
    """Those of these incidents that the member codes, or will code, in a planned or running round."""
    return set(
        session.scalars(
            select(Assignment.incident_id)
            .join(Round, (Round.study_id == Assignment.study_id) & (Round.id == Assignment.round_id))
            .where(
                Assignment.study_id == study_id,
                Assignment.member_id == member_id,
                Assignment.incident_id.in_(list(incident_ids)),
                Assignment.ending.is_distinct_from(WITHDRAWN),
                Round.phase.in_(("planned", "running")),
            )
        )
    )


def _applied() -> Select[SubmittedEvidence, SubmittedCode]:
    later = aliased(Submission)
    replaced = exists().where(
        later.study_id == Submission.study_id,
        later.assignment_id == Submission.assignment_id,
        later.ordinal > Submission.ordinal,
    )
    span, code = SubmittedEvidence, SubmittedCode
    return (
        select(span, code)
        .join(code, (code.study_id == span.study_id) & (code.id == span.submitted_code_id))
        .join(Submission, (Submission.study_id == code.study_id) & (Submission.id == code.submission_id))
        .join(Assignment, (Assignment.study_id == code.study_id) & (Assignment.id == Submission.assignment_id))
        .join(Round, (Round.study_id == code.study_id) & (Round.id == code.round_id))
        .join(Incident, (Incident.study_id == code.study_id) & (Incident.id == code.incident_id))
        .where(Round.phase.in_(("settling", "closed")), Assignment.pass_ == 1, counts(), ~replaced)
        .order_by(Incident.number, span.start, span.id)
    )


def _quotes(session: Session, query: Select[SubmittedEvidence, SubmittedCode]) -> list[AppliedQuote]:
    return [
        AppliedQuote(
            evidence_id=span.id,
            submission_id=code.submission_id,
            incident_id=code.incident_id,
            member_id=code.member_id,
            place=(span.start, span.end),
            words=span.quote,
        )
        for span, code in session.execute(query)
    ]
