"""Where a coder was overruled, over all closed rounds, by the rule that came of it, else by the cause."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication import walk
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RuleDecision, RulingRule, RulingTakenBack
from app.adjudication.walk import Outcome
from app.coding.models import Exposure
from app.problems import NotFound
from app.rounds.holdings import counts
from app.rounds.models import Assignment, Round
from app.rounds.queries import rounds_of
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class Overruled:
    coding_round: Round
    outcome: Outcome


@dataclass(frozen=True)
class Rule:
    """since: when it was written into the codebook."""

    code_id: int
    kind: str
    text: str
    since: datetime


@dataclass
class Group:
    """Answers that were overruled for the same rule; rule None: for the same cause, without one."""

    cause: str
    rule: Rule | None = None
    found: list[Overruled] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        """The rule's day, else that of the first ruling."""
        if self.rule:
            return self.rule.since
        return min(each.outcome.ruling.at for each in self.found if each.outcome.ruling)


@dataclass(frozen=True)
class Digest:
    """groups: those with a rule first, then the most frequent. closed: (round, outcomes not opened yet)."""

    groups: tuple[Group, ...]
    closed: tuple[tuple[Round, int], ...]
    rounds: int
    answers: int

    @property
    def overruled(self) -> int:
        return sum(len(group.found) for group in self.groups)


def digest(session: Session, viewer: Viewer) -> Digest:
    """Tells what is opened, and counts the rest (promise 3)."""
    everything = own_outcomes(session, viewer)
    opened = [(r, each) for r, found in everything for each in found if each.is_open]
    overruled = [Overruled(r, each) for r, each in opened if each.mark == "overruled" and each.ruling]
    closed = [(r, sum(not each.is_open for each in found)) for r, found in everything]
    return Digest(
        groups=tuple(_grouped(overruled, _rules(session, viewer, overruled))),
        closed=tuple((r, count) for r, count in closed if count),
        rounds=len(everything),
        answers=len(opened),
    )


def own_outcomes(session: Session, viewer: Viewer) -> list[tuple[Round, list[Outcome]]]:
    """Of every closed round in which the viewer handed something in, newest first."""
    found = []
    for coding_round in rounds_of(session, viewer.study.id):
        if coding_round.phase == "closed":
            try:
                found.append((coding_round, walk.outcomes(session, viewer, coding_round)))
            except NotFound:
                continue  # nothing of the viewer's own
    return found


def unread_rulings(session: Session, viewer: Viewer) -> int:
    """Rulings of others in closed rounds on incidents that the viewer coded there, not opened yet."""
    superseded = select(Ruling.supersedes_id).where(
        Ruling.study_id == viewer.study.id, Ruling.supersedes_id.is_not(None)
    )
    returned = select(RulingTakenBack.ruling_id).where(RulingTakenBack.study_id == viewer.study.id)
    read = select(Exposure.subject_id).where(
        Exposure.study_id == viewer.study.id,
        Exposure.member_id == viewer.member.id,
        Exposure.kind == "ruling",
        Exposure.subject_id.is_not(None),
    )
    return (
        session.scalar(
            select(func.count(Ruling.id.distinct()))
            .join(Round, (Round.study_id == Ruling.study_id) & (Round.id == Ruling.round_id))
            .join(
                Assignment,
                (Assignment.study_id == Ruling.study_id)
                & (Assignment.round_id == Ruling.round_id)
                & (Assignment.incident_id == Ruling.incident_id),
            )
            .where(
                Ruling.study_id == viewer.study.id,
                Ruling.member_id != viewer.member.id,
                Round.phase == "closed",
                Assignment.member_id == viewer.member.id,
                counts(),
                Ruling.id.not_in(superseded),
                Ruling.id.not_in(returned),
                Ruling.id.not_in(read),
            )
        )
        or 0
    )


def _rules(session: Session, viewer: Viewer, overruled: Sequence[Overruled]) -> dict[int, Rule]:
    """Ruling -> the line that was written into the codebook because of it."""
    ruling_ids = [each.outcome.ruling.id for each in overruled if each.outcome.ruling]
    rows = session.execute(
        select(RulingRule, RuleDecision)
        .join(RuleDecision, (RuleDecision.study_id == RulingRule.study_id) & (RuleDecision.rule_id == RulingRule.id))
        .where(
            RulingRule.study_id == viewer.study.id,
            RulingRule.ruling_id.in_(ruling_ids),
            RulingRule.kind != "example",
            RuleDecision.codebook_seq.is_not(None),
        )
    )
    return {rule.ruling_id: Rule(rule.code_id, rule.kind, decided.text, decided.at) for rule, decided in rows}


def _grouped(overruled: Sequence[Overruled], rules: dict[int, Rule]) -> list[Group]:
    groups: dict[tuple[object, ...], Group] = {}
    for each in overruled:
        ruling = each.outcome.ruling
        if ruling is None:
            continue
        rule = rules.get(ruling.id)
        key = (rule.code_id, rule.kind, rule.text) if rule else (ruling.cause,)
        groups.setdefault(key, Group(ruling.cause, rule)).found.append(each)
    return sorted(groups.values(), key=lambda group: (group.rule is None, -len(group.found), group.cause))
