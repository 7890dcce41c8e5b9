"""What goes into the data set: only rounds that are open to others (promise 1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import FinalCode
from app.adjudication.own_case import rulings_on_own_case
from app.codebook.queries import whole_codebook
from app.codebook.tree import Codebook
from app.coding.submissions import SubmittedReply, SubmittedWork, first_submissions, last_submissions
from app.export.naming import Names, names_of, units_of
from app.incidents.models import Incident
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.rounds.queries import incidents_of, rounds_of
from app.studies.models import Membership, Study, StudyEvent
from app.studies.queries import members_by_id


@dataclass(frozen=True)
class FinalAnswer:
    """The settled answer of one incident and dimension in the round that settled it.

    own_case: of a ruling, whether whoever made it had coded the incident.
    """

    state: str
    basis: str
    own_case: bool | None = None
    codes: list[FinalCode] = field(default_factory=list)


@dataclass(frozen=True)
class RoundData:
    """work: the last submission of each assignment; first: the first, which agreement stands on."""

    coding_round: Round
    incidents: Sequence[Incident]
    work: list[SubmittedWork]
    first: list[SubmittedWork]
    final: dict[tuple[int, int], FinalAnswer]

    def replies(self, incident_id: int, dimension_id: int) -> list[tuple[SubmittedWork, SubmittedReply]]:
        return self._by_place.get((incident_id, dimension_id), [])

    @cached_property
    def _by_place(self) -> dict[tuple[int, int], list[tuple[SubmittedWork, SubmittedReply]]]:
        found: dict[tuple[int, int], list[tuple[SubmittedWork, SubmittedReply]]] = {}
        for work in self.work:
            for dimension_id, reply in work.answers.items():
                found.setdefault((work.submission.incident_id, dimension_id), []).append((work, reply))
        return found


@dataclass(frozen=True)
class StudyData:
    study: Study
    codebook: Codebook
    members: dict[int, Membership]
    rounds: list[RoundData]
    names: Names


def open_rounds(session: Session, study_id: int) -> list[Round]:
    """Oldest first."""
    return [r for r in reversed(rounds_of(session, study_id)) if is_open_to_others(r)]


def study_data(session: Session, study: Study, rounds: Sequence[Round]) -> StudyData:
    codebook, members = whole_codebook(session, study.id), members_by_id(session, study.id)
    begun = [each for each in rounds_of(session, study.id) if each.phase != "planned"]
    return StudyData(
        study=study,
        codebook=codebook,
        members=members,
        rounds=[_round_data(session, coding_round) for coding_round in rounds],
        names=names_of(codebook, members.values(), units_of(session, study.id), begun),
    )


def _round_data(session: Session, coding_round: Round) -> RoundData:
    final: dict[tuple[int, int], FinalAnswer] = {}
    on_own_case = rulings_on_own_case(session, coding_round)
    for row in session.scalars(
        select(FinalCode)
        .where(
            FinalCode.study_id == coding_round.study_id,
            FinalCode.round_id == coding_round.id,
            FinalCode.superseded_at.is_(None),
        )
        .order_by(FinalCode.incident_id, FinalCode.dimension_id, FinalCode.id)
    ):
        own_case = row.ruling_id in on_own_case if row.ruling_id is not None else None
        answer = final.setdefault((row.incident_id, row.dimension_id), FinalAnswer(row.state, row.basis, own_case))
        answer.codes.append(row)
    return RoundData(
        coding_round,
        incidents_of(session, coding_round),
        last_submissions(session, coding_round),
        first_submissions(session, coding_round),
        final,
    )


def arrival(session: Session, study_id: int) -> StudyEvent:
    """What came of the file that the study was brought in from. One that was not is not found."""
    found = session.scalar(
        select(StudyEvent)
        .where(StudyEvent.study_id == study_id, StudyEvent.kind == "study.imported")
        .order_by(StudyEvent.id)
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found
