"""What one coder may see of the suggestions on their own assignment, as plain values. Promises 2 and 3 stand here.

Where nothing may be seen and where nothing was offered, the very same value comes out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.exposures import exposed_subjects
from app.coding.policy import codable_codebook, may_act
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions import queries
from app.suggestions.models import RunIncident, Suggestion, SuggestionDecision, SuggestionRun
from app.suggestions.paragraphs import paragraphs
from app.suggestions.policy import may_appear
from app.suggestions.similar import NAME as SIMILAR

UNKNOWN_ID = re.compile(r"[cC]\d+\b")


@dataclass(frozen=True)
class ShownQuote:
    """start None: the text does not hold it. paragraph: where it begins."""

    text: str
    start: int | None
    end: int | None
    paragraph: int | None
    is_alike: bool


@dataclass(frozen=True)
class ShownSuggestion:
    """One that the viewer has opened. can_accept: the code can be had in this round."""

    id: int
    dimension_id: int
    name: str
    definition: str
    is_new: bool
    names_unknown_code: bool
    reasoning: str
    quotes: tuple[ShownQuote, ...]
    can_accept: bool
    decision: str = ""
    reason: str = ""  # why it was rejected
    became: str = ""
    application_id: int | None = None  # what was taken over became this, whether or not it still stands
    is_applied: bool = False

    @property
    def is_open(self) -> bool:
        """Nothing is decided yet, or what was taken over was taken away again."""
        return not self.decision or (self.decision != "rejected" and not self.is_applied)

    @property
    def may_be_decided(self) -> bool:
        """A rejection can be thought over; what is applied is taken away by its chip first."""
        return self.is_open or self.decision == "rejected"


@dataclass(frozen=True)
class Offer:
    """One dimension. state: 'nothing', 'closed' (can be opened) or 'opened'. opens_itself: in the arm 'before'."""

    dimension_id: int
    state: str = "nothing"
    opens_itself: bool = False
    may_decide: bool = False
    source: str = ""
    suggestions: tuple[ShownSuggestion, ...] = ()
    choices: tuple[CodeEntry, ...] = ()
    takes_new: bool = False

    @property
    def first_open(self) -> int | None:
        """The place of the suggestion that the keys decide about."""
        return next((place for place, one in enumerate(self.suggestions) if one.is_open), None)

    @property
    def options(self) -> list[tuple[str, str]]:
        return [("", "choose one"), *((str(code.id), code.name) for code in self.choices)]


@dataclass(frozen=True)
class Standing:
    """What was offered for an assignment, and whether its coder may be shown it. Never leaves this room unasked."""

    assignment: Assignment
    coding_round: Round
    run_incident: RunIncident | None
    may_appear: bool
    may_act: bool
    exposed: set[int] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)

    @property
    def is_allowed(self) -> bool:
        return self.may_appear and self.run_incident is not None


def nothing_note(run_id: int, dimension_id: int) -> str:
    """Names an opening that showed that nothing was offered: there is no suggestion whose id could."""
    return f"run {run_id} offered nothing in dimension {dimension_id}"


def standing(session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round) -> Standing:
    study_id, member_id = assignment.study_id, viewer.member.id
    own = assignment.member_id == member_id and viewer.may_code and coding_round.phase != "planned"
    allowed = own and may_appear(assignment.arm, coding_round.purpose, queries.handed_in(session, assignment))
    return Standing(
        assignment=assignment,
        coding_round=coding_round,
        run_incident=queries.newest_done(session, study_id, coding_round.id, assignment.incident_id),
        may_appear=allowed,
        may_act=may_act(viewer, coding_round, assignment),
        exposed=exposed_subjects(session, study_id, member_id, "suggestion", assignment.incident_id),
        notes=queries.exposure_notes(session, study_id, member_id),
    )


def visible_suggestions(session: Session, found: Standing) -> list[Suggestion]:
    """Allowed by the arm, and opened by this member."""
    if not found.is_allowed or found.run_incident is None:
        return []
    return [one for one in queries.suggestions_of(session, found.run_incident) if one.id in found.exposed]


def is_opened(found: Standing, dimension_id: int, offered: list[Suggestion]) -> bool:
    if offered:
        return all(one.id in found.exposed for one in offered)
    return found.run_incident is not None and nothing_note(found.run_incident.run_id, dimension_id) in found.notes


def offers(
    session: Session, viewer: Viewer, assignment: Assignment, coding_round: Round, dimension_id: int | None = None
) -> list[Offer]:
    """Every dimension of the assignment, or the one asked for. One that is not asked in the round offers nothing."""
    codebook = codable_codebook(session, viewer, coding_round)
    dimensions = [d for d in codebook.dimensions if dimension_id in (None, d.id)]
    found = standing(session, viewer, assignment, coding_round)
    if not found.is_allowed or found.run_incident is None:
        return [Offer(d.id) for d in dimensions]
    everything = queries.suggestions_of(session, found.run_incident)
    shown = _Shown(session, viewer, found, codebook)
    return [shown.offer(d, [one for one in everything if one.dimension_id == d.id]) for d in dimensions]


class _Shown:
    """Turns what may be seen into words. Read once for all dimensions."""

    def __init__(self, session: Session, viewer: Viewer, found: Standing, codebook: Codebook) -> None:
        assert found.run_incident is not None
        assignment = found.assignment
        self.found = found
        self.codebook = codebook
        self.run: SuggestionRun = queries.run_by_id(session, assignment.study_id, found.run_incident.run_id)
        self.named = disclosed_codebook(session, assignment.study_id, seq=self.run.codebook_seq)
        self.decisions: Mapping[int, SuggestionDecision] = queries.decisions_on(session, assignment)
        self.became = queries.became(session, assignment)
        self.applied = queries.applied(session, assignment)
        incident = session.get_one(Incident, assignment.incident_id)
        self.numbered = paragraphs(incident.text or "")

    def offer(self, dimension: DimensionEntry, offered: list[Suggestion]) -> Offer:
        found = self.found
        source = self.run.model if self.run.source == "model" else SIMILAR
        if not is_opened(found, dimension.id, offered):
            if not found.may_act:
                return Offer(dimension.id)
            return Offer(dimension.id, "closed", opens_itself=found.assignment.arm == "before", source=source)
        return Offer(
            dimension.id,
            "opened",
            may_decide=found.may_act,
            source=source,
            suggestions=tuple(self._suggestion(dimension, one) for one in offered),
            choices=tuple(self.codebook.appliable(dimension.id)) if found.may_act else (),
            takes_new=dimension.is_open and found.may_act,
        )

    def _suggestion(self, dimension: DimensionEntry, one: Suggestion) -> ShownSuggestion:
        code = self.codebook.codes.get(one.code_id) or self.named.codes.get(one.code_id) if one.code_id else None
        name = code.name if code else one.new_code_name or "a code that is gone"
        unknown = one.code_id is None and UNKNOWN_ID.match(name) is not None
        appliable = {entry.id for entry in self.codebook.appliable(dimension.id)}
        decision = self.decisions.get(one.id)
        became = self.codebook.codes.get(decision.code_id) if decision and decision.code_id else None
        application_id = self.became.get(decision.id) if decision else None
        return ShownSuggestion(
            id=one.id,
            dimension_id=dimension.id,
            name=name,
            definition=code.definition if code else one.new_code_definition,
            is_new=one.code_id is None,
            names_unknown_code=unknown,
            reasoning=one.reasoning,
            quotes=tuple(self._quote(entry) for entry in one.quotes),
            can_accept=one.code_id in appliable if one.code_id else dimension.is_open and not unknown,
            decision=decision.decision if decision else "",
            reason=decision.reason if decision else "",
            became=became.name if became else "",
            application_id=application_id,
            is_applied=application_id in self.applied,
        )

    def _quote(self, entry: Mapping[str, object]) -> ShownQuote:
        start, end = entry["start"], entry["end"]
        if not isinstance(start, int) or not isinstance(end, int):
            return ShownQuote(str(entry["quote"]), None, None, None, False)
        at = next((part.number for part in self.numbered if part.start < end and start < part.end), None)
        return ShownQuote(str(entry["quote"]), start, end, at, entry["status"] == "fuzzy")
