"""The queue of a round: what its coders disagree on, what is to be audited, and where only their evidence
differs or their coders ask for a look though they agree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.audits import standing_audits
from app.adjudication.differences import Key, Line, lines
from app.adjudication.flags import raised_flags
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RulingTakenBack
from app.adjudication.settling_rules import SettlingRules, rules_of
from app.codebook.queries import disclosed_codebook
from app.codebook.tree import DimensionEntry
from app.incidents.models import Incident
from app.methods.teaching import Pair
from app.rounds.models import Assignment, Round


class IncidentLine(NamedTuple):
    id: int
    number: int
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What can be opened and ruled on. strength: 1 - mean pairwise agreement. coder_ids: who handed in this incident.

    settles: 'ruling' where it has no final code before one, 'majority' where more than half said the same, 'itself'
    where all agree or one answered alone. audit: '' unless it was drawn for one, else 'waits', 'confirmed' or 'ruled'.
    evidence: the mean overlap of what was marked, where only that differs.
    """

    incident: IncidentLine
    dimension: DimensionEntry
    strength: float
    kind: str
    coder_ids: tuple[int, ...]
    submission_ids: tuple[int, ...]
    apart: tuple[tuple[int, int], ...]
    met: frozenset[Pair]
    teaches: int
    ruling_id: int | None
    settles: str
    audit: str
    evidence: float | None
    arm: str
    is_skipped: bool
    is_flagged: bool

    @property
    def is_ruled(self) -> bool:
        return self.ruling_id is not None

    @property
    def is_open(self) -> bool:
        """It has no final code before it is ruled on."""
        return self.settles == "ruling" and self.ruling_id is None

    @property
    def is_apart(self) -> bool:
        """A disagreement, or what was ruled on as one."""
        return self.settles != "itself" or self.ruling_id is not None

    @property
    def standing(self) -> str:
        if self.ruling_id is not None:
            return "ruled"
        if self.settles != "itself":
            return "open" if self.settles == "ruling" else "majority"
        if self.audit:
            return "audit"
        return "evidence" if self.evidence is not None else "flagged"

    @property
    def waits(self) -> bool:
        """For a ruling, or for an audit."""
        return self.is_open or self.audit == "waits"

    @property
    def key(self) -> Key:
        return self.incident.id, self.dimension.id


@dataclass(frozen=True)
class Queue:
    """listed: strongest first. agreed: answers that are final without a ruling or a majority."""

    listed: list[Disagreement] = field(default_factory=list)
    agreed: int = 0

    @cached_property
    def disagreements(self) -> list[Disagreement]:
        return [each for each in self.listed if each.is_apart]

    @cached_property
    def open(self) -> list[Disagreement]:
        return [each for each in self.listed if each.is_open]

    @property
    def undecided(self) -> list[Disagreement]:
        """On which somebody may still rule who is to know the answers alone: a confirmed audit is one, too."""
        return [each for each in self.listed if each.is_open or each.audit in ("waits", "confirmed")]

    @property
    def ruled(self) -> list[Disagreement]:
        return [each for each in self.listed if each.is_ruled]

    @property
    def by_majority(self) -> list[Disagreement]:
        return [each for each in self.listed if each.standing == "majority"]

    @property
    def audited(self) -> list[Disagreement]:
        return [each for each in self.listed if each.audit]

    def find(self, key: Key) -> Disagreement | None:
        return next((each for each in self.listed if each.key == key), None)


def queue(session: Session, coding_round: Round) -> Queue:
    """Raises StillBlind while the round runs."""
    everything = lines(session, coding_round)
    rules = rules_of(session, coding_round)
    rulings = standing_rulings(session, coding_round)
    audits = standing_audits(session, coding_round)
    settles = {each.key: _settles(each, rules) for each in everything}
    flagged = frozenset(each.incident_id for each in raised_flags(session, coding_round))
    chosen = [
        each
        for each in everything
        if settles[each.key] != "itself"
        or each.key in rulings
        or each.key in audits
        or each.differs_in_evidence
        or each.incident_id in flagged
    ]
    around = _around(session, coding_round, {each.incident_id for each in chosen}, flagged)
    dimensions = {each.id: each for each in disclosed_codebook(session, coding_round.study_id).dimensions}
    found = [
        _disagreement(each, settles[each.key], rulings.get(each.key), audits.get(each.key, ""), around, dimension)
        for each in chosen
        if (dimension := dimensions.get(each.dimension_id)) is not None
    ]
    found.sort(key=strongest_first)
    settled = sum(settles[each.key] == "itself" and each.key not in rulings for each in everything)
    return Queue(found, agreed=settled)


def strongest_first(each: Disagreement) -> tuple[float, int, int, int]:
    return -each.strength, each.incident.number, each.dimension.position, each.dimension.id


def disagreements(
    session: Session, coding_round: Round, *, dimension_id: int | None = None, standing: str = ""
) -> list[Disagreement]:
    """Strongest first. standing: 'open', 'ruled' or '' for all that differ."""
    return [
        each
        for each in queue(session, coding_round).disagreements
        if dimension_id in (None, each.dimension.id) and standing in ("", each.standing)
    ]


def standing_rulings(session: Session, coding_round: Round) -> dict[Key, int]:
    """(incident, dimension) -> the ruling that no later one superseded and nobody took back."""
    superseded = select(Ruling.supersedes_id).where(
        Ruling.study_id == coding_round.study_id, Ruling.supersedes_id.is_not(None)
    )
    taken_back = select(RulingTakenBack.ruling_id).where(RulingTakenBack.study_id == coding_round.study_id)
    rows = session.execute(
        select(Ruling.incident_id, Ruling.dimension_id, Ruling.id).where(
            Ruling.study_id == coding_round.study_id,
            Ruling.round_id == coding_round.id,
            Ruling.id.not_in(superseded),
            Ruling.id.not_in(taken_back),
        )
    )
    return {(incident_id, dimension_id): ruling_id for incident_id, dimension_id, ruling_id in rows}


@dataclass(frozen=True)
class _Around:
    """What is told of the incidents of a queue beside what was answered."""

    incidents: Mapping[int, IncidentLine]
    arms: Mapping[int, str]
    flagged: frozenset[int]


def _settles(line: Line, rules: SettlingRules) -> str:
    if line.comparison.is_disagreement:
        return "majority" if rules.by_majority and line.has_majority else "ruling"
    return "ruling" if line.comparison.kind == "single" and rules.single == "review" else "itself"


def _disagreement(
    line: Line, settles: str, ruling_id: int | None, audit: str, around: _Around, dimension: DimensionEntry
) -> Disagreement:
    return Disagreement(
        incident=around.incidents[line.incident_id],
        dimension=dimension,
        strength=line.comparison.strength,
        kind="evidence" if line.differs_in_evidence else line.comparison.kind,
        coder_ids=line.coder_ids,
        submission_ids=line.submission_ids,
        apart=line.apart,
        met=line.met,
        teaches=line.teaches,
        ruling_id=ruling_id,
        settles=settles,
        audit="ruled" if audit and ruling_id is not None else audit,
        evidence=line.evidence if line.differs_in_evidence else None,
        arm=around.arms.get(line.incident_id, ""),
        is_skipped=line.is_skipped and line.comparison.kind == "missing",
        is_flagged=line.incident_id in around.flagged,
    )


def _around(session: Session, coding_round: Round, incident_ids: Iterable[int], flagged: frozenset[int]) -> _Around:
    study_id = coding_round.study_id
    ids = list(incident_ids)
    incidents = session.execute(
        select(Incident.id, Incident.number, Incident.external_id, Incident.title).where(
            Incident.study_id == study_id, Incident.id.in_(ids)
        )
    )
    arms = session.execute(
        select(Assignment.incident_id, Assignment.arm)
        .where(Assignment.study_id == study_id, Assignment.round_id == coding_round.id, Assignment.pass_ == 1)
        .distinct()
    )
    return _Around(
        incidents={
            key: IncidentLine(key, number, external_id or f"#{number}", title or "")
            for key, number, external_id, title in incidents
        },
        arms=dict(arms.all()),
        flagged=flagged,
    )
