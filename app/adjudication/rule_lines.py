"""A rule that comes of a ruling: a line of *use when* or *not when* for a code, an example of the incident, or both.

Who leads the study writes it into the codebook with the ruling, in one transaction; of anybody else it is a proposal
that a lead decides on (ADR 37).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RuleDecision, RulingRule
from app.adjudication.veiled_acts import record_act
from app.codebook.actions import CodeText, edit_code
from app.codebook.queries import current_seq, visible_codebook
from app.codebook.tree import Codebook, CodeEntry
from app.incidents.models import Incident
from app.incidents.queries import incident
from app.problems import Conflict, Invalid, NotAllowed, NotFound
from app.rounds.models import Round
from app.studies.viewer import Viewer

LINES = ("use_when", "not_when")
EXAMPLES = {"use_when": "typical", "not_when": "close_call"}
LONGEST_LINE = 2_000
FROM_RULING = "From a ruling in "  # before the name of a round: why a code was reworded


class NoRuleCode(Invalid):
    """Choose the code that the rule is for."""


class NoRule(Invalid):
    """Write the line, or take a quote as an example. Without a rule, take the tick away."""


class RuleTooLong(Invalid):
    """A line of a rule is longer than 2,000 characters. Shorten it."""


class NoSuchQuote(Invalid):
    """The incident does not hold this quote. Choose one of the list."""


class LeadsDecide(NotAllowed):
    """What goes into the codebook is decided by the lead of the study. Ask them."""


class DecidedMeanwhile(Conflict):
    """This rule was decided on in the meantime. Nothing was changed again."""


@dataclass(frozen=True)
class RuleWords:
    """kind: use_when or not_when. example: (start, end) of a quote of the incident. seen_seq: the codebook that whoever
    wrote it looked at."""

    code_id: int | None
    kind: str
    line: str
    example: tuple[int, int] | None
    seen_seq: int


def write_rule(
    session: Session, viewer: Viewer, coding_round: Round, ruling: Ruling, words: RuleWords
) -> Sequence[RulingRule]:
    """Raises ChangedMeanwhile where somebody reworded the code since."""
    code = _code(session, viewer, words.code_id, ruling.dimension_id)
    found = incident(session, viewer.study.id, ruling.incident_id)
    drafted = _checked(found, words)
    rules = [
        RulingRule(study_id=ruling.study_id, ruling_id=ruling.id, code_id=code.id, kind=kind, text=text)
        for kind, text in drafted
    ]
    session.add_all(rules)
    session.flush()
    _record(session, viewer, coding_round, "rule.drafted", rules[0])
    if viewer.leads:
        _apply(session, viewer, coding_round, code, rules, found, words.kind, words.seen_seq)
    return rules


def decide(
    session: Session, viewer: Viewer, rule_id: int, *, line: str | None, reason: str = "", seen_seq: int = 0
) -> RulingRule:
    """line: as it goes into the codebook; None declines the rule."""
    if not viewer.leads:
        raise LeadsDecide
    rule, ruling, coding_round = rule_of(session, viewer, rule_id)
    session.refresh(rule, with_for_update=True)
    if decision_on(session, rule) is not None:
        raise DecidedMeanwhile
    if line is None:
        _decide(session, viewer, rule, None, "", reason.strip())
        _record(session, viewer, coding_round, "rule.declined", rule)
        return rule
    if not line.strip():
        raise NoRule
    if len(line) > LONGEST_LINE:
        raise RuleTooLong
    code = _code(session, viewer, rule.code_id, ruling.dimension_id)
    found = incident(session, viewer.study.id, ruling.incident_id)
    _apply(session, viewer, coding_round, code, [rule], found, _side(session, rule), seen_seq, line.strip())
    return rule


def rule_of(session: Session, viewer: Viewer, rule_id: int) -> tuple[RulingRule, Ruling, Round]:
    """Of a round that is reopened none is found (promise 1)."""
    row = session.execute(
        select(RulingRule, Ruling, Round)
        .join(Ruling, (Ruling.study_id == RulingRule.study_id) & (Ruling.id == RulingRule.ruling_id))
        .join(Round, (Round.study_id == Ruling.study_id) & (Round.id == Ruling.round_id))
        .where(
            RulingRule.study_id == viewer.study.id,
            RulingRule.id == rule_id,
            Round.phase.in_(("settling", "closed")),
        )
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


def decision_on(session: Session, rule: RulingRule) -> RuleDecision | None:
    return session.scalar(
        select(RuleDecision).where(RuleDecision.study_id == rule.study_id, RuleDecision.rule_id == rule.id)
    )


# What a ruling says already, as a line of a code: the script of the page drafts by these.
DRAFTS = {"use_when": "{reason}", "not_when": "{reason} Then it is {codes}."}


def _checked(found: Incident, words: RuleWords) -> list[tuple[str, str]]:
    """(kind, text) of each row."""
    if words.kind not in LINES:
        raise NoRule
    if len(words.line) > LONGEST_LINE:
        raise RuleTooLong
    drafted = [(words.kind, words.line.strip())] if words.line.strip() else []
    if words.example is not None:
        start, end = words.example
        quote = (found.text or "")[start:end]
        if not quote.strip():
            raise NoSuchQuote
        drafted.append(("example", quote))
    if not drafted:
        raise NoRule
    return drafted


def _code(session: Session, viewer: Viewer, code_id: int | None, dimension_id: int) -> CodeEntry:
    if code_id is None:
        raise NoRuleCode
    codebook: Codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    code = codebook.codes.get(code_id)
    if code is None or code.dimension_id != dimension_id:
        raise NotFound
    return code


def _apply(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    code: CodeEntry,
    rules: Sequence[RulingRule],
    found: Incident,
    side: str,
    seen_seq: int,
    line: str | None = None,
) -> None:
    """One revision of the code. Its reason names the round and no incident: who still codes that one reads it, too."""
    written = [(rule, rule.text if line is None else line) for rule in rules]
    after = before = CodeText.of(code)
    for rule, text in written:
        after = with_rule(after, rule.kind, text, side, found.id)
    seq = code.codebook_seq
    if after != before:
        reason = FROM_RULING + coding_round.name
        edit_code(
            session,
            viewer.study.id,
            viewer.member,
            code.id,
            after,
            seen_seq=seen_seq,
            parent_id=code.parent_id,
            reason=reason,
        )
        seq = current_seq(session, viewer.study.id)
    for rule, text in written:
        _decide(session, viewer, rule, seq, text)
    _record(session, viewer, coding_round, "rule.written", rules[0])


def with_rule(words: CodeText, kind: str, text: str, side: str, incident_id: int) -> CodeText:
    """What stands there already stays, and a new line comes below; one that stands there word for word is enough."""
    if kind == "example":
        example: dict[str, Any] = {"kind": EXAMPLES[side], "text": text, "incident_id": incident_id}
        held = any(each.get("text") == text and each.get("incident_id") == incident_id for each in words.examples)
        return words if held else replace(words, examples=(*words.examples, example))
    before: str = getattr(words, kind)
    if text in before.splitlines():
        return words
    after = f"{before}\n{text}" if before else text
    return replace(words, use_when=after) if kind == "use_when" else replace(words, not_when=after)


def _side(session: Session, rule: RulingRule) -> str:
    """Of an example that comes without a line: typical."""
    if rule.kind != "example":
        return rule.kind
    beside = session.scalar(
        select(RulingRule.kind).where(
            RulingRule.study_id == rule.study_id,
            RulingRule.ruling_id == rule.ruling_id,
            RulingRule.code_id == rule.code_id,
            RulingRule.kind != "example",
        )
    )
    return beside or "use_when"


def _decide(session: Session, viewer: Viewer, rule: RulingRule, seq: int | None, text: str, reason: str = "") -> None:
    session.add(
        RuleDecision(
            study_id=rule.study_id,
            rule_id=rule.id,
            member_id=viewer.member.id,
            codebook_seq=seq,
            text=text,
            reason=reason,
        )
    )
    session.flush()


def _record(session: Session, viewer: Viewer, coding_round: Round, kind: str, rule: RulingRule) -> None:
    record_act(session, viewer, coding_round, kind, ("code", rule.code_id), rule_id=rule.id)
