"""Case law: the rulings that made rules of codes, as one member may read them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import queries
from app.adjudication.blind import Names, Somebody, names_in_rounds
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RuleDecision, RulingRule
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.codebook.withholding import open_incidents
from app.coding.exposures import expose, exposed_subjects
from app.incidents.models import Incident
from app.incidents.queries import incidents_by_id
from app.rounds.models import Round
from app.studies.events import record
from app.studies.models import Membership
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer


@dataclass(frozen=True)
class LawLine:
    """One rule with the ruling that it came of. is_open: the viewer may read what was ruled there; until then a
    proposed line is blank. ruling_stands: no later one superseded it, and nobody took it back.
    """

    rule: RulingRule
    ruling: Ruling
    coding_round: Round
    incident: Incident
    code: CodeEntry
    names: Names
    decision: RuleDecision | None
    decided_by: Membership | None
    is_open: bool
    ruling_stands: bool

    @property
    def by(self) -> Somebody:
        return self.names.of(self.ruling.member_id)

    @property
    def is_written(self) -> bool:
        return self.decision is not None and self.decision.codebook_seq is not None

    @property
    def text(self) -> str:
        if self.decision is not None and self.is_written:
            return self.decision.text
        if not self.is_open:
            return ""
        is_quote = self.rule.kind == "example"  # of the incident, to the letter
        return self.rule.text if is_quote else self.names.words(self.rule.text)

    @property
    def reason(self) -> str:
        return self.names.words(self.ruling.reason) if self.is_open else ""

    @property
    def standing(self) -> str:
        """proposed, declined, superseded (the ruling does not stand), gone (the code says it no more), or stands."""
        if self.decision is None:
            return "proposed" if self.ruling_stands else "superseded"
        if not self.is_written:
            return "declined"
        if not self.ruling_stands:
            return "superseded"
        return "stands" if self._is_said else "gone"

    @property
    def _is_said(self) -> bool:
        if self.rule.kind == "example":
            return any(each.get("text") == self.text for each in self.code.examples)
        return self.text in getattr(self.code, self.rule.kind)


@dataclass(frozen=True)
class CaseLaw:
    """lines: newest first. withheld: how many stay out, being of incidents that the viewer still has to code."""

    lines: tuple[LawLine, ...]
    withheld: int
    codebook: Codebook

    @property
    def closed(self) -> int:
        return sum(not line.is_open for line in self.lines)

    def of(self, standing: str) -> list[LawLine]:
        return [line for line in self.lines if line.standing == standing]

    @property
    def decided(self) -> list[LawLine]:
        return [line for line in self.lines if line.standing != "proposed"]


def case_law(
    session: Session, viewer: Viewer, *, code_id: int | None = None, ruling_ids: Collection[int] | None = None
) -> CaseLaw:
    """Of rounds that are open to others (promise 1). code_id, ruling_ids: of this code, of these rulings alone."""
    study_id = viewer.study.id
    codebook = visible_codebook(session, study_id, viewer.member.id)
    rows = [row for row in _rows(session, study_id, code_id, ruling_ids) if row[0].code_id in codebook.codes]
    hidden = open_incidents(session, study_id, viewer.member.id) if rows else frozenset()
    read = exposed_subjects(session, study_id, viewer.member.id, "ruling") if rows else set()
    incidents = incidents_by_id(session, study_id, {ruling.incident_id for _, ruling, _, _ in rows})
    rounds = {coding_round.id: coding_round for _, _, coding_round, _ in rows}
    standing = _standing(session, list(rounds.values()))
    names = names_in_rounds(session, viewer, rounds.values())
    members = members_by_id(session, study_id)
    lines = [
        LawLine(
            rule=rule,
            ruling=ruling,
            coding_round=coding_round,
            incident=incidents[ruling.incident_id],
            code=codebook.codes[rule.code_id],
            names=names(coding_round.id, ruling.incident_id),
            decision=decision,
            decided_by=members[decision.member_id] if decision else None,
            is_open=ruling.member_id == viewer.member.id or ruling.id in read,
            ruling_stands=ruling.id in standing,
        )
        for rule, ruling, coding_round, decision in rows
        if ruling.incident_id not in hidden
    ]
    return CaseLaw(tuple(lines), len(rows) - len(lines), codebook)


def open_case_law(session: Session, viewer: Viewer, *, code_id: int | None = None) -> None:
    """The member is about to read the rulings behind the rules: recorded before they are rendered."""
    closed = [line for line in case_law(session, viewer, code_id=code_id).lines if not line.is_open]
    shown = sorted({(line.incident.id, "ruling", line.ruling.id) for line in closed})
    expose(session, viewer.study.id, viewer.member.id, shown)
    record(
        session,
        viewer.study.id,
        viewer.member,
        "case_law.opened",
        subject=("study", viewer.study.id),
        incidents=len({incident_id for incident_id, _, _ in shown}),
    )


def proposals(session: Session, viewer: Viewer) -> int:
    """How many proposed rules wait for a lead."""
    return len(case_law(session, viewer).of("proposed"))


def unread_rules(session: Session, viewer: Viewer) -> dict[int, int]:
    """Rule -> its code, of rulings that the viewer neither made nor opened."""
    read = exposed_subjects(session, viewer.study.id, viewer.member.id, "ruling")
    rows = session.execute(
        select(RulingRule.id, RulingRule.code_id, Ruling.id)
        .join(Ruling, (Ruling.study_id == RulingRule.study_id) & (Ruling.id == RulingRule.ruling_id))
        .where(RulingRule.study_id == viewer.study.id, Ruling.member_id != viewer.member.id)
    )
    return {rule_id: code_id for rule_id, code_id, ruling_id in rows if ruling_id not in read}


def _rows(
    session: Session, study_id: int, code_id: int | None, ruling_ids: Collection[int] | None
) -> Sequence[tuple[RulingRule, Ruling, Round, RuleDecision | None]]:
    query = (
        select(RulingRule, Ruling, Round, RuleDecision)
        .join(Ruling, (Ruling.study_id == RulingRule.study_id) & (Ruling.id == RulingRule.ruling_id))
        .join(Round, (Round.study_id == Ruling.study_id) & (Round.id == Ruling.round_id))
        .outerjoin(
            RuleDecision, (RuleDecision.study_id == RulingRule.study_id) & (RuleDecision.rule_id == RulingRule.id)
        )
        .where(RulingRule.study_id == study_id, Round.phase.in_(("settling", "closed")))
        .order_by(RulingRule.id.desc())
    )
    if code_id is not None:
        query = query.where(RulingRule.code_id == code_id)
    if ruling_ids is not None:
        query = query.where(RulingRule.ruling_id.in_(ruling_ids))
    return [(rule, ruling, coding_round, decision) for rule, ruling, coding_round, decision in session.execute(query)]


def _standing(session: Session, rounds: Sequence[Round]) -> set[int]:
    return {
        ruling_id for coding_round in rounds for ruling_id in queries.standing_rulings(session, coding_round).values()
    }
