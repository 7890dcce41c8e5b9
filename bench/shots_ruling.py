"""A round of the sample study that is ruled on blind, with a rule, a mention and a proposal, for the pictures."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication import actions, walk
from app.adjudication.actions import RulingWords
from app.adjudication.rule_lines import RuleWords
from app.adjudication.settling_rules import rules_of, write_choice
from app.codebook.queries import current_seq, whole_codebook
from app.codebook.tree import CodeEntry, DimensionEntry
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.viewer import Viewer
from tests.makers import act, assignment_of, make_member, make_round, move_round

REASON = (
    "The person followed the runbook; the query it rests on could not show the missing nodes. What failed is the query."
)
LINE = "The written procedure was followed, and it could not have shown the fault."


def pages_of_rulings(
    session: Session, lead: Viewer, coders: tuple[Viewer, Viewer], cause: DimensionEntry
) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """(name, who looks, address, what is pressed). Of three disagreements one is the lead's ruling with a rule, one the
    adjudicator's with a proposal, one is open."""
    codes = [each for each in whole_codebook(session, lead.study.id).appliable(cause.id) if each.disclosed == "whole"]
    asked = select(Incident).where(Incident.study_id == lead.study.id, Incident.text.is_not(None))
    incidents = list(session.scalars(asked.order_by(Incident.id.desc()).limit(3)))
    coding_round = make_round(session, lead, list(coders), incidents, name="Third calibration")
    for place, coder in enumerate(coders):
        for incident in incidents:
            _codes(session, coder, coding_round, incident, cause, codes[place])
    move_round(session, lead, coding_round, "settling")
    write_choice(session, lead, coding_round, replace(rules_of(session, coding_round), blind=True))
    judge = make_member(session, lead, role="adjudicator")
    judge.member.name = "Ruth Hall"
    session.flush()
    _rules(session, lead, coding_round, incidents[0], cause, codes[:2])
    _rules(session, judge, coding_round, incidents[1], cause, codes[:2])
    open_one = (coding_round, incidents[2].id, cause.id)
    first = actions.comment(session, coders[1], *open_one, f"@{lead.name} by v1 this covers any step of a person. ¶ 2")
    actions.comment(
        session,
        coders[0],
        *open_one,
        "Both numbers agreed; a careful operator would have ticked it.",
        parent_id=first.id,
    )
    _overruled(session, lead, coders, incidents, cause, codes[:2])
    base = f"/studies/{lead.study.slug}"
    at = f"{base}/disagreements/{coding_round.number}"
    opening = ("form[action*=openings] .button-main",)
    with_rule = (*opening, "#cause-definition_gap", ".talk-list .answer summary")
    return [
        ("disagreement-blind", "lead", f"{at}/{incidents[2].id}/{cause.id}", with_rule),
        ("disagreement-with-rule", "lead", f"{at}/{incidents[0].id}/{cause.id}", (".again summary",)),
        ("case-law-closed", "lead", f"{base}/codebook/case-law", ()),
        ("case-law", "lead", f"{base}/codebook/case-law", opening),
        ("case-law-of-code", "lead", f"{base}/codebook/codes/{codes[1].id}", ()),
        ("mentions", "lead", f"{base}/mentions", opening),
        ("mentions-none", coders[1].name, f"{base}/mentions", ()),
        ("overruled", coders[1].name, f"{base}/overruled", ()),
        ("agreement-with-final", "lead", f"{base}/agreement-with-final", ()),
        ("agreement-with-final-own", coders[1].name, f"{base}/agreement-with-final", ()),
    ]


def _overruled(
    session: Session,
    lead: Viewer,
    coders: tuple[Viewer, Viewer],
    incidents: list[Incident],
    cause: DimensionEntry,
    codes: list[CodeEntry],
) -> None:
    """A closed round in which the second coder was overruled for a rule."""
    coding_round = make_round(session, lead, list(coders), incidents[:2], name="Fourth calibration")
    for coder, code in zip(coders, codes, strict=True):
        for incident in incidents[:2]:
            _codes(session, coder, coding_round, incident, cause, code)
    move_round(session, lead, coding_round, "settling")
    for incident in incidents[:2]:
        _rules(session, lead, coding_round, incident, cause, codes)
    move_round(session, lead, coding_round, "closed")
    walk.open_outcomes(session, coders[1], coding_round.number)


def _codes(
    session: Session, coder: Viewer, coding_round: Round, incident: Incident, cause: DimensionEntry, code: CodeEntry
) -> None:
    own = assignment_of(session, coder, coding_round, incident)
    text = incident.text or ""
    start = text.index(". ") + 2 if ". " in text else 0
    end = text.find(". ", start) if text.find(". ", start) > 0 else len(text)
    where = {"dimension_id": cause.id, "code_id": code.id}
    act(session, coder, own, "toggle_code", **where)
    act(session, coder, own, "add_evidence", **where, start=start, end=end, quote=text[start:end])
    act(session, coder, own, "submit", incomplete=True)


def _rules(
    session: Session,
    viewer: Viewer,
    coding_round: Round,
    incident: Incident,
    cause: DimensionEntry,
    codes: list[CodeEntry],
) -> None:
    actions.open_answers(session, viewer, coding_round, incident.id, cause.id)
    rule = RuleWords(codes[1].id, "not_when", LINE, None, current_seq(session, viewer.study.id))
    words = RulingWords("coded", "definition_gap", REASON, [codes[0].id], rule=rule)
    actions.rule(session, viewer, coding_round, incident.id, cause.id, words)
