"""One incident of a running round, as its coders may compare it (ADR 24): one's own, and what an exposure covers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session

from app.adjudication.blind import Names
from app.adjudication.disagreement_page import Sight, answer_of
from app.adjudication.disagreement_shown import HANDS, CoderAnswer
from app.adjudication.marked_text import MarkedText, Quote, marked_text
from app.adjudication.queries import comparison_of
from app.adjudication.veiled_acts import record_act
from app.codebook.tree import DimensionEntry
from app.coding.comparing import comparable_assignments
from app.coding.exposures import expose, exposed_subjects
from app.coding.policy import codable_codebook
from app.coding.submissions import SubmittedWork, compared_submissions
from app.incidents.models import Incident
from app.incidents.queries import incident
from app.methods.disagreement import Comparison
from app.problems import NotFound
from app.rounds.models import Assignment, Round
from app.rounds.queries import own_assignment
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class ComparedDimension:
    """answers: those that may be seen, by coder. comparison None: not all may be seen yet."""

    dimension: DimensionEntry
    answers: tuple[CoderAnswer, ...]
    comparison: Comparison | None

    @property
    def kind(self) -> str:
        return self.comparison.kind if self.comparison else ""


@dataclass(frozen=True)
class ComparisonPage:
    """coders: (hand, member) of all whose answers may be seen. hidden: how many colleagues an opening would show.

    previous_id, next_id: the viewer's assignments beside this one that can be compared, too.
    """

    coding_round: Round
    assignment: Assignment
    incident: Incident
    coders: tuple[tuple[str, Membership], ...]
    dimensions: tuple[ComparedDimension, ...]
    hidden: int
    position: int
    total: int
    previous_id: int | None
    next_id: int | None

    @cached_property
    def quotes(self) -> dict[tuple[int, int | str], list[Quote]]:
        """(dimension, coder) -> their quotes in the order of the text, numbered through for each hand."""
        begun: Counter[str] = Counter()
        found: dict[tuple[int, int | str], list[Quote]] = {}
        for compared in self.dimensions:
            for answer in compared.answers:
                of_answer = found.setdefault((compared.dimension.id, answer.member.id), [])
                for span, code in answer.spans:
                    begun[answer.hand] += 1
                    note = (answer.member.name, code)
                    number, initials = begun[answer.hand], answer.member.initials
                    of_answer.append(Quote(answer.hand, number, span.start, span.end, initials, note))
        return found

    @cached_property
    def marked(self) -> MarkedText:
        every = [quote for quotes in self.quotes.values() for quote in quotes]
        return marked_text(self.incident.text or "", every)

    def words(self, quote: Quote) -> str:
        return (self.incident.text or "")[quote.start : quote.end]


def comparison_page(session: Session, viewer: Viewer, assignment_id: int) -> ComparisonPage:
    """Not found where the assignment is somebody else's, or the incident is not open to its coders."""
    assignment, coding_round, works = _compared(session, viewer, assignment_id)
    beside = comparable_assignments(session, viewer, coding_round)
    if assignment.id not in beside:
        raise NotFound  # it changed hands a moment ago
    at = beside.index(assignment.id)
    sight = _sight(session, viewer, coding_round, works)
    members = sight.names.members
    shown = [work for work in works if sight.shows("colleague_code", work.submission.member_id, work.submission.id)]
    return ComparisonPage(
        coding_round=coding_round,
        assignment=assignment,
        incident=incident(session, viewer.study.id, assignment.incident_id),
        coders=tuple((sight.hands[w.submission.member_id], members[w.submission.member_id]) for w in shown),
        dimensions=tuple(
            ComparedDimension(
                dimension,
                tuple(answer_of(work, dimension.id, sight, ()) for work in shown),
                comparison_of(works, dimension.id) if len(shown) == len(works) else None,
            )
            for dimension in sight.codebook.dimensions
        ),
        hidden=len(works) - len(shown),
        position=at + 1,
        total=len(beside),
        previous_id=beside[at - 1] if at else None,
        next_id=next(iter(beside[at + 1 :]), None),
    )


def open_comparison(session: Session, viewer: Viewer, assignment_id: int) -> None:
    """The coder is about to be shown what colleagues submitted first: recorded before it is rendered, and once."""
    assignment, coding_round, works = _compared(session, viewer, assignment_id)
    seen = exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code", assignment.incident_id)
    others = [work.submission.id for work in works if work.submission.member_id != viewer.member.id]
    if seen.issuperset(others):
        return
    shown = [(assignment.incident_id, "colleague_code", key) for key in others]
    expose(session, viewer.study.id, viewer.member.id, shown)
    record_act(session, viewer, coding_round, "comparison.opened", ("assignment", assignment.id))


def _compared(session: Session, viewer: Viewer, assignment_id: int) -> tuple[Assignment, Round, list[SubmittedWork]]:
    """works: by member. A silent repeat has no comparison of its own."""
    assignment, coding_round = own_assignment(session, viewer.study.id, viewer.member.id, assignment_id)
    if assignment.pass_ != 1:
        raise NotFound
    works = compared_submissions(session, viewer, coding_round, assignment.incident_id)
    return assignment, coding_round, sorted(works, key=lambda work: work.submission.member_id)


def _sight(session: Session, viewer: Viewer, coding_round: Round, works: Sequence[SubmittedWork]) -> Sight:
    """Codes under the names that the desk has for them."""
    incident_id = works[0].submission.incident_id
    opened = exposed_subjects(session, viewer.study.id, viewer.member.id, "colleague_code", incident_id)
    return Sight(
        member_id=viewer.member.id,
        covered={"colleague_code": opened},
        names=Names(members_by_id(session, viewer.study.id)),
        codebook=codable_codebook(session, viewer, coding_round),
        hands={work.submission.member_id: HANDS[place % len(HANDS)] for place, work in enumerate(works)},
    )
