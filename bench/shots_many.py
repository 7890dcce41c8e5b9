"""A settling round of four coders, for the heat maps, the audit, the evidence and the closing in the pictures."""

from dataclasses import replace
from random import Random

from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.adjudication.actions import change_phase
from app.adjudication.settling import choose_rules
from app.adjudication.settling_rules import rules_of
from app.codebook.queries import whole_codebook
from app.codebook.template import apply_template
from app.rounds.models import Assignment, Round
from app.studies.actions import create_study
from app.studies.viewer import Viewer
from tests.makers import TEXT, act, assignment_of, make_coders, make_incidents, make_round

SURE = 0.65  # how often a coder takes the code that the incident was made for
QUOTES = ("The gateway returned 502", "for 40 minutes", "after a bad config push", "We rolled the push back")
CODES, INCIDENTS, ALONE = 8, 24, 4  # the last ones are coded by one coder only


def pages_of_many(session: Session, person: Person) -> list[tuple[str, str, tuple[str, ...]]]:
    """(name, address, what is pressed)"""
    lead = create_study(session, person, slug="many", title="Incidents of our storage", about="")
    apply_template(session, lead, "hybrid")
    coders, incidents = make_coders(session, lead, 4), make_incidents(session, lead, INCIDENTS)
    coding_round = make_round(session, lead, coders, incidents, name="Second reliability", purpose="reliability")
    rules = replace(rules_of(session, coding_round), audit_share=0.5, audit_seed=7)
    choose_rules(session, lead, coding_round, rules)
    dice, last = Random(20), INCIDENTS - ALONE
    for at, incident in enumerate(incidents):
        for place, coder in enumerate(coders[:1] if at >= last else coders):
            _codes(session, coder, assignment_of(session, coder, coding_round, incident), dice, at, place)
    change_phase(session, lead, coding_round.number, "settling", reason="")
    return _pages(session, lead, coding_round)


def _pages(session: Session, lead: Viewer, coding_round: Round) -> list[tuple[str, str, tuple[str, ...]]]:
    home, number = f"/studies/{lead.study.slug}", coding_round.number
    single = next(each for each in whole_codebook(session, lead.study.id).dimensions if not each.takes_many)
    queue, closes = f"{home}/disagreements?round={number}", "form:has(input[name=phase][value=closed]) .button"
    return [
        ("agreement-many", f"{home}/agreement?round={number}&dimension={single.id}", ()),
        ("disagreements-many", queue, ()),
        ("disagreements-audit", f"{queue}&standing=audit", ()),
        ("disagreements-evidence", f"{queue}&standing=evidence", ()),
        ("final-codes-many", f"{home}/final-codes?round={number}", ()),
        ("round-closing", f"{home}/rounds/{number}", (closes,)),
    ]


def _codes(session: Session, coder: Viewer, own: Assignment, dice: Random, at: int, place: int) -> None:
    """One code of each dimension, with the words that the coder takes for its evidence."""
    codebook = whole_codebook(session, coder.study.id)
    for dimension in codebook.dimensions:
        codes = codebook.appliable(dimension.id)[:CODES]
        code = codes[at % len(codes)] if dice.random() < SURE else dice.choice(codes)
        where = {"dimension_id": dimension.id, "code_id": code.id}
        act(session, coder, own, "toggle_code", **where)
        quote = QUOTES[place] if at % 3 == 0 else dice.choice(QUOTES[::3])  # now and then each marks other words
        start = TEXT.index(quote)
        act(session, coder, own, "add_evidence", **where, start=start, end=start + len(quote), quote=quote)
    act(session, coder, own, "submit", incomplete=True)
