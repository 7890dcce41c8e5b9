"""What one coder may see of the suggestions on their own assignment. Promises 2 and 3 stand here.

Where nothing may be seen and where nothing was offered, the very same value comes out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.coding.policy import codable_codebook, may_act
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions import queries
from app.suggestions.models import Suggestion
from app.suggestions.policy import may_appear
from app.suggestions.shown import Offer, Shown
from app.suggestions.shown_runs import ShownRun, nothing_note, shown_runs
from app.suggestions.sources import source_words


@dataclass(frozen=True)
class Standing:
    """What was offered for an assignment, by dimension, and whether its coder may be shown it. Never leaves this room
    unasked."""

    assignment: Assignment
    codebook: Codebook
    sources: Mapping[int, ShownRun]
    may_appear: bool
    may_act: bool
    exposed: set[int] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)

    @property
    def allowed(self) -> Mapping[int, ShownRun]:
        return self.sources if self.may_appear else {}


def standing(session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round) -> Standing:
    study_id, member_id = assignment.study_id, viewer.member.id
    own = assignment.member_id == member_id and viewer.may_code and coding_round.phase != "planned"
    codebook = codable_codebook(session, viewer, coding_round)
    return Standing(
        assignment=assignment,
        codebook=codebook,
        sources=shown_runs(session, assignment, member_id, [dimension.id for dimension in codebook.dimensions]),
        may_appear=own and may_appear(assignment.arm, coding_round.purpose, queries.handed_in(session, assignment)),
        may_act=may_act(viewer, coding_round, assignment),
        exposed=exposed_subjects(session, study_id, member_id, "suggestion", assignment.incident_id),
        notes=queries.exposure_notes(session, study_id, member_id, assignment.incident_id),
    )


def visible_suggestions(session: Session, found: Standing) -> list[Suggestion]:
    """Allowed by the arm, and opened by this member."""
    offered = offered_by_dimension(session, found.allowed)
    return [one for every in offered.values() for one in every if one.id in found.exposed]


def offered_by_dimension(session: Session, of: Mapping[int, ShownRun]) -> dict[int, list[Suggestion]]:
    """What the source of each dimension offers in it; each source is read once."""
    read = {source.row.id: queries.suggestions_of(session, source.row) for source in of.values()}
    return {
        dimension_id: [one for one in read[source.row.id] if one.dimension_id == dimension_id]
        for dimension_id, source in of.items()
    }


def is_opened(found: Standing, dimension_id: int, source: ShownRun, offered: Sequence[Suggestion]) -> bool:
    if offered:
        return all(one.id in found.exposed for one in offered)
    return nothing_note(source.run.id, dimension_id) in found.notes


def offers(
    session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round, dimension_id: int | None = None
) -> list[Offer]:
    """Every dimension of the assignment, or the one asked for. One that is not asked in the round offers nothing."""
    found = standing(session, viewer, assignment, coding_round)
    dimensions = [each for each in found.codebook.dimensions if dimension_id in (None, each.id)]
    if not found.allowed:
        return [Offer(each.id) for each in dimensions]
    offered = offered_by_dimension(session, found.allowed)
    shown = Shown(session, assignment, found.codebook)
    return [_offer(found, shown, each, offered.get(each.id, [])) for each in dimensions]


def _offer(found: Standing, shown: Shown, dimension: DimensionEntry, offered: Sequence[Suggestion]) -> Offer:
    source = found.allowed.get(dimension.id)
    if source is None:
        return Offer(dimension.id)
    if source.came_to:
        return _why_nothing(found, source, dimension)
    if is_opened(found, dimension.id, source, offered):
        return shown.opened(dimension, source, offered, found.may_act)
    if not found.may_act:
        return Offer(dimension.id)
    return Offer(
        dimension.id,
        "closed",
        opens_itself=found.assignment.arm == "before",
        source=source_words(source.run),
        is_model=source.run.source == "model",
    )


def _why_nothing(found: Standing, source: ShownRun, dimension: DimensionEntry) -> Offer:
    """It tells nothing of what the incident could be coded as, so no opening goes before it (ADR 44)."""
    if not found.may_act:
        return Offer(dimension.id)
    return Offer(dimension.id, "came_to_nothing", source=source_words(source.run), came_to=source.came_to)
