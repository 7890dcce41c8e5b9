"""What a coder is shown of the suggestions that they have opened, as plain values."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.queries import disclosed_codebook
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.models import WorkingAnswer
from app.coding.near_codes import near_duplicates
from app.incidents.models import Incident
from app.methods.names import same_name
from app.rounds.models import Assignment
from app.suggestions import queries
from app.suggestions.models import Suggestion, SuggestionDecision
from app.suggestions.paragraphs import paragraphs
from app.suggestions.policy import may_go_together
from app.suggestions.shown_runs import ShownRun
from app.suggestions.sources import source_words

UNKNOWN_ID = re.compile(r"[cC]\d+\b")


@dataclass(frozen=True)
class ShownQuote:
    """start None: the text does not hold it. paragraph: where it begins. likeness: in words, '' as it stands there."""

    text: str
    start: int | None
    end: int | None
    paragraph: int | None
    likeness: str


@dataclass(frozen=True)
class ShownSuggestion:
    """One that the viewer has opened. can_accept: the code can be had in this round.

    is_known_by_now: proposed as new, and somebody has made a code of that name since. near: codes of the codebook that
    are nearly what is proposed. goes_together: may be taken over with others at once.
    """

    id: int
    dimension_id: int
    name: str
    definition: str
    is_new: bool
    names_unknown_code: bool
    reasoning: str
    quotes: tuple[ShownQuote, ...]
    can_accept: bool
    held_by: int = 1
    samples: int = 1
    is_known_by_now: bool = False
    near: tuple[CodeEntry, ...] = ()
    goes_together: bool = False
    decision: str = ""
    reason: str = ""  # why it was rejected
    cause: str = ""
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

    @property
    def has_evidence(self) -> bool:
        return any(quote.start is not None for quote in self.quotes)


@dataclass(frozen=True)
class Offer:
    """One dimension. state: 'nothing', 'closed' (can be opened), 'opened', or 'came_to_nothing' (came_to says why).

    opens_itself: in the arm 'before'.
    """

    dimension_id: int
    state: str = "nothing"
    opens_itself: bool = False
    may_decide: bool = False
    source: str = ""
    is_model: bool = True
    came_to: str = ""
    suggestions: tuple[ShownSuggestion, ...] = ()
    choices: tuple[CodeEntry, ...] = ()
    takes_new: bool = False
    takes_many: bool = True

    @property
    def together(self) -> tuple[ShownSuggestion, ...]:
        """Those that may be taken over at once with others; one where the dimension takes one code."""
        sure = tuple(one for one in self.suggestions if one.goes_together)
        return sure if self.takes_many else sure[:1]

    @property
    def first_open(self) -> int | None:
        """The place of the suggestion that the keys decide about."""
        return next((place for place, one in enumerate(self.suggestions) if one.is_open), None)

    @property
    def options(self) -> list[tuple[str, str]]:
        return [("", "choose one"), *((str(code.id), code.name) for code in self.choices)]


LIKENESS = {"pieces": "in pieces", "fuzzy": "nearly in these words"}


class Shown:
    """Turns what may be seen into words. Read once for all dimensions of an assignment."""

    def __init__(self, session: Session, assignment: Assignment, codebook: Codebook) -> None:
        self.session = session
        self.codebook = codebook
        self.decisions: Mapping[int, SuggestionDecision] = queries.decisions_on(session, assignment)
        self.became = queries.became(session, assignment)
        self.applied = queries.applied(session, assignment)
        self.answers = _answers(session, assignment)
        incident = session.get_one(Incident, assignment.incident_id)
        self.numbered = paragraphs(incident.text or "")

    def opened(self, dimension: DimensionEntry, source: ShownRun, offered: Sequence[Suggestion], live: bool) -> Offer:
        """live: the viewer may decide."""
        named = disclosed_codebook(self.session, source.run.study_id, seq=source.run.codebook_seq)
        shown = tuple(self._suggestion(dimension, named, one) for one in offered)
        return Offer(
            dimension.id,
            "opened",
            may_decide=live,
            source=source_words(source.run),
            is_model=source.run.source == "model",
            suggestions=shown,
            choices=tuple(self.codebook.appliable(dimension.id)) if live else (),
            takes_new=dimension.is_open and live,
            takes_many=dimension.takes_many,
        )

    def _suggestion(self, dimension: DimensionEntry, named: Codebook, one: Suggestion) -> ShownSuggestion:
        code = self.codebook.codes.get(one.code_id) or named.codes.get(one.code_id) if one.code_id else None
        name = code.name if code else one.new_code_name or "a code that is gone"
        unknown = one.code_id is None and UNKNOWN_ID.match(name) is not None
        appliable = self.codebook.appliable(dimension.id)
        known = one.code_id is None and any(same_name(name, entry.name) for entry in appliable)
        may_be_had = one.code_id in {entry.id for entry in appliable} if one.code_id else dimension.is_open or known
        decision = self.decisions.get(one.id)
        became = self.codebook.codes.get(decision.code_id) if decision and decision.code_id else None
        application_id = self.became.get(decision.id) if decision else None
        is_open = decision is None or (decision.decision != "rejected" and application_id not in self.applied)
        return ShownSuggestion(
            id=one.id,
            dimension_id=dimension.id,
            name=name,
            definition=code.definition if code else one.new_code_definition,
            is_new=one.code_id is None,
            names_unknown_code=unknown,
            reasoning=one.reasoning,
            quotes=tuple(self._quote(entry) for entry in one.quotes),
            can_accept=may_be_had and not unknown,
            held_by=one.held_by,
            samples=one.samples,
            is_known_by_now=known,
            near=() if one.code_id or known else tuple(near_duplicates(appliable, name)),
            goes_together=may_be_had
            and is_open
            and may_go_together(one.code_id, one.quotes, dimension.takes_many, self.answers.get(dimension.id)),
            decision=decision.decision if decision else "",
            reason=decision.reason if decision else "",
            cause=decision.cause if decision else "",
            became=became.name if became else "",
            application_id=application_id,
            is_applied=application_id in self.applied,
        )

    def _quote(self, entry: Mapping[str, object]) -> ShownQuote:
        start, end = entry["start"], entry["end"]
        if not isinstance(start, int) or not isinstance(end, int):
            return ShownQuote(str(entry["quote"]), None, None, None, "")
        at = next((part.number for part in self.numbered if part.start < end and start < part.end), None)
        return ShownQuote(str(entry["quote"]), start, end, at, LIKENESS.get(str(entry["status"]), ""))


def _answers(session: Session, assignment: Assignment) -> dict[int, str]:
    """Dimension -> how it is answered now; what is not answered is left out."""
    of_assignment = (WorkingAnswer.study_id == assignment.study_id, WorkingAnswer.assignment_id == assignment.id)
    rows = session.execute(select(WorkingAnswer.dimension_id, WorkingAnswer.state).where(*of_assignment))
    return {row.dimension_id: row.state for row in rows}
