"""What agreement asks of the rooms below."""

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import Session

from app.codebook.models import Code, CodeDisclosure, CodeRevision
from app.codebook.queries import whole_codebook
from app.codebook.tree import Codebook
from app.coding.models import Submission, SubmittedCode
from app.incidents.models import Incident
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round, RoundIncident, RoundPhaseChange
from app.rounds.queries import frozen_seq


def codebook_of_round(session: Session, coding_round: Round) -> Codebook:
    """Dimensions as they stood under the round's frozen version, codes as they stand now (merges included)."""
    now = whole_codebook(session, coding_round.study_id)
    seq = frozen_seq(session, coding_round)
    if seq is None:
        return now
    then = whole_codebook(session, coding_round.study_id, seq=seq)
    return Codebook(seq, then.dimensions, now.codes, then.retired_dimensions)


def coined_in_private(session: Session, coding_round: Round, *, seq: int | None = None) -> dict[int, bool]:
    """Codes that were somebody's alone when this round began or later -> whether they were pooled since, or by `seq`.

    Coined in this round or another one, where names were not shared, and not open to all before this round ran.
    Pooled: merged, moved, renamed or reworded after everybody could read them, or taken as the one that another was
    merged into, by an act that was not undone. What the author alone did to a code before says nothing about what it
    means to others.
    """
    began = select(func.min(RoundPhaseChange.at)).where(
        RoundPhaseChange.study_id == coding_round.study_id,
        RoundPhaseChange.round_id == coding_round.id,
        RoundPhaseChange.to_phase == "running",
    )
    by_name = select(CodeDisclosure.code_id).where(
        CodeDisclosure.study_id == coding_round.study_id, CodeDisclosure.extent == "name"
    )
    rows = session.execute(
        select(Code.id, CodeRevision.codebook_seq, CodeRevision.undoes_seq)
        .outerjoin(
            CodeDisclosure,
            (CodeDisclosure.study_id == Code.study_id)
            & (CodeDisclosure.code_id == Code.id)
            & (CodeDisclosure.extent == "whole"),
        )
        .outerjoin(
            CodeRevision,
            (CodeRevision.study_id == Code.study_id)
            & or_(CodeRevision.code_id == Code.id, CodeRevision.merged_into_id == Code.id)
            & (CodeRevision.at > CodeDisclosure.at)
            & (true() if seq is None else CodeRevision.codebook_seq <= seq),
        )
        .where(
            Code.study_id == coding_round.study_id,
            Code.created_in_round.is_not(None),
            Code.id.not_in(by_name),
            or_(CodeDisclosure.at.is_(None), CodeDisclosure.at > began.scalar_subquery()),
        )
        .order_by(Code.id, CodeRevision.codebook_seq.desc())
    )
    acts: dict[int, list[tuple[int, int | None]]] = {}
    for code_id, seq, undoes_seq in rows:
        acts.setdefault(code_id, [])
        if seq is not None:
            acts[code_id].append((seq, undoes_seq))
    return {code_id: bool(standing_acts(found)) for code_id, found in acts.items()}


def standing_acts(acts: Sequence[tuple[int, int | None]]) -> list[int]:
    """The acts that were not undone. acts: (codebook_seq, the act that it undoes), the newest first."""
    undone: set[int] = set()
    standing: list[int] = []
    for seq, undoes_seq in acts:
        if seq in undone:
            continue
        if undoes_seq is None:
            standing.append(seq)
        else:
            undone.add(undoes_seq)
    return standing


def planned(
    session: Session, coding_round: Round, cohorts: Sequence[str] = (), arms: Sequence[str] = ()
) -> tuple[int, int]:
    """(assignments of the first pass, incidents) of the round; with `cohorts` or `arms`, of their incidents alone."""
    incidents = incidents_looked_at(coding_round, cohorts, arms)
    assignments = select(func.count()).where(
        Assignment.study_id == coding_round.study_id,
        Assignment.round_id == coding_round.id,
        Assignment.pass_ == 1,
        counts(),
    )
    if cohorts or arms:
        assignments = assignments.where(Assignment.incident_id.in_(incidents))
    many = select(func.count()).select_from(incidents.subquery())
    return session.scalars(assignments).one(), session.scalars(many).one()


def incidents_looked_at(coding_round: Round, cohorts: Sequence[str] = (), arms: Sequence[str] = ()) -> Select[int]:
    """Ids of the incidents of the round; none of `cohorts` or of `arms` takes all."""
    study_id, round_id = coding_round.study_id, coding_round.id
    found = select(RoundIncident.incident_id).where(
        RoundIncident.study_id == study_id, RoundIncident.round_id == round_id
    )
    if cohorts:
        of_cohorts = select(Incident.id).where(
            Incident.study_id == study_id, func.coalesce(Incident.cohort, "").in_(cohorts)
        )
        found = found.where(RoundIncident.incident_id.in_(of_cohorts))
    if arms:
        of_arms = select(Assignment.incident_id).where(
            Assignment.study_id == study_id,
            Assignment.round_id == round_id,
            Assignment.pass_ == 1,
            Assignment.arm.in_(arms),
        )
        found = found.where(RoundIncident.incident_id.in_(of_arms))
    return found


def handed_in_codes(session: Session, coding_round: Round) -> dict[int, set[int]]:
    """Dimension -> the codes that stand in any submission of the round."""
    rows = session.execute(
        select(SubmittedCode.dimension_id, SubmittedCode.code_id)
        .where(SubmittedCode.study_id == coding_round.study_id, SubmittedCode.round_id == coding_round.id)
        .distinct()
    )
    found: dict[int, set[int]] = {}
    for dimension_id, code_id in rows:
        found.setdefault(dimension_id, set()).add(code_id)
    return found


def is_rated(session: Session, coding_round: Round) -> bool:
    """Whether any incident of the round was handed in, and not skipped."""
    handed_in = select(Submission.id).where(
        Submission.study_id == coding_round.study_id,
        Submission.round_id == coding_round.id,
        Submission.kind == "submitted",
    )
    return session.scalar(handed_in.limit(1)) is not None
