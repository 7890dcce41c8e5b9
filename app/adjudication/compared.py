"""What the coders of a round handed in, one dimension of one incident at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.coding.submissions import SubmittedReply, SubmittedWork, last_submissions
from app.methods.disagreement import Comparison, Reply, compare, majority_reply
from app.problems import NotFound
from app.rounds.models import Round


@dataclass(frozen=True)
class Compared:
    """One dimension of one incident. works: the last submission of each coder, skips among them, by member."""

    incident_id: int
    dimension_id: int
    works: tuple[SubmittedWork, ...]
    comparison: Comparison

    @property
    def key(self) -> tuple[int, int]:
        return self.incident_id, self.dimension_id

    @property
    def replies(self) -> list[SubmittedReply]:
        """Of those who answered."""
        return [work.answers[self.dimension_id] for work in self.works if self.dimension_id in work.answers]

    @property
    def coder_ids(self) -> tuple[int, ...]:
        return tuple(work.submission.member_id for work in self.works)

    @property
    def majority(self) -> SubmittedReply | None:
        """What more than half of three or more coders answered alike."""
        wanted = majority_reply([_reply(work.answers.get(self.dimension_id)) for work in self.works])
        return next((reply for reply in self.replies if _reply(reply) == wanted), None)


def compared(session: Session, coding_round: Round, *, incident_id: int | None = None) -> list[Compared]:
    """Every dimension that a coder of the incident answered. Silent repeats stay out. Raises StillBlind."""
    by_incident: dict[int, list[SubmittedWork]] = {}
    for work in last_submissions(session, coding_round, incident_id=incident_id):
        if work.pass_ == 1:
            by_incident.setdefault(work.submission.incident_id, []).append(work)
    found = []
    for incident, works in by_incident.items():
        works.sort(key=lambda work: work.submission.member_id)
        for dimension_id in sorted({dimension for work in works for dimension in work.answers}):
            found.append(Compared(incident, dimension_id, tuple(works), comparison_of(works, dimension_id)))
    return found


def comparison_of(works: Sequence[SubmittedWork], dimension_id: int) -> Comparison:
    return compare([_reply(work.answers.get(dimension_id)) for work in works])


def compared_dimension(session: Session, coding_round: Round, incident_id: int, dimension_id: int) -> Compared:
    """One that nobody answered is not found."""
    for each in compared(session, coding_round, incident_id=incident_id):
        if each.dimension_id == dimension_id:
            return each
    raise NotFound


def _reply(submitted: SubmittedReply | None) -> Reply | None:
    if submitted is None:
        return None
    main = next((choice.code_id for choice in submitted.codes if choice.is_main), None)
    return Reply(submitted.state, frozenset(choice.code_id for choice in submitted.codes), main)
