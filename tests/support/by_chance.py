"""A study that one seed makes: an earlier round, pooled and closed, and one that runs, somewhere in its coding."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.codebook.tree import CodeEntry, DimensionEntry
from app.coding.acts import ActAnswer
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import Evidence
from app.coding.round_changes import add_coder, reassign, remove_coder, take_in
from app.curation.actions import group_codes, open_quotes, put_down_pen, settle, take_pen
from app.curation.models import OUTCOMES
from app.curation.outcomes import GroupWords
from app.db.session import Database
from app.incidents.models import Incident
from app.problems import Problem
from app.rounds.intake import Intake, save_intake
from app.rounds.models import ARMS, PURPOSES, WITHDRAWN, Assignment, Round
from app.studies.viewer import Viewer
from tests.makers import (
    TEXT,
    act,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_member,
    make_round,
    make_study,
    move_round,
)
from tests.support.scenes import Scene, offer

OFTEN = {"toggle_code": 4, "create_code": 4, "add_evidence": 3, "set_main": 1, "answer": 1, "write_memo": 2}
OFTEN |= {"flag": 2, "unflag": 1, "skip": 1, "submit": 4, "take_back": 2, "undo": 3, "redo": 2}
ACTS = 12  # of each coder


@dataclass
class Chance:
    """What is drawn, and whose words are whose. sayings: member id -> words that stand in nothing but that member's."""

    session: Session
    draw: random.Random
    lead: Viewer
    cause: DimensionEntry
    symptom: DimensionEntry
    codes: list[CodeEntry]
    sayings: dict[int, list[str]] = field(default_factory=dict)
    known: dict[int, list[tuple[int, int]]] = field(
        default_factory=dict
    )  # member id -> (dimension, code) they can take

    def says(self, who: Viewer, kind: str) -> str:
        said = self.sayings.setdefault(who.member.id, [])
        said.append(f"{kind}{who.member.id}X{len(said)}Z")
        return said[-1]

    def takes(self, who: Viewer) -> dict[str, int]:
        common = [(code.dimension_id, code.id) for code in self.codes]
        dimension_id, code_id = self.draw.choice(common + self.known.get(who.member.id, []))
        return {"dimension_id": dimension_id, "code_id": code_id}


@dataclass
class ChanceScene(Scene):
    earlier: Round = None  # type: ignore[assignment]  # closed, with a board of pooled codes


def scene_by_chance(session: Session, database: Database, seed: int) -> ChanceScene:
    """Four seeds in a row have every purpose and every arm once, sixteen every pair of them."""
    draw = random.Random(seed)
    lead = make_study(session)
    coders = make_coders(session, lead, 3)
    cause = make_dimension(session, lead, "Cause")
    symptom = make_dimension(session, lead, "Symptom", takes="many", has_main=True)
    names = ((cause, "Network"), (cause, "Quota"), (symptom, "Errors"), (symptom, "Slow answers"))
    codes = [make_code(session, lead, dimension, name) for dimension, name in names]
    chance = Chance(session, draw, lead, cause, symptom, codes)
    incidents = make_incidents(session, lead, 4)
    earlier = pooled_round(chance, coders[:2], incidents[:1])
    who_codes = draw.sample([*coders, lead], draw.choice((2, 2, 3)))
    coding_round = planned_by_chance(chance, seed, who_codes, incidents)
    everybody = {"lead": lead} | {f"coder {number}": coder for number, coder in enumerate(coders)}
    everybody |= {role: make_member(session, lead, role=role) for role in ("adjudicator", "reader")}
    offer(session, database, lead, coding_round, {code.dimension_id: code.id for code in codes})
    coded_by_chance(chance, coding_round, who_codes)
    changed_by_chance(chance, coding_round, who_codes, coders)
    words = {name: chance.sayings.get(viewer.member.id, []) for name, viewer in everybody.items()}
    if coding_round.code_sharing == "shared":  # then the names of new codes, and no more, are everybody's
        words = {who: [word for word in said if not word.startswith("COINED")] for who, said in words.items()}
    session.expire_all()
    return ChanceScene(lead, coding_round, incidents, everybody, words, earlier=earlier)


def pooled_round(chance: Chance, coders: Sequence[Viewer], incidents: list[Incident]) -> Round:
    """What was coined in it is known to all by now; what was noted on its incident stands behind a post."""
    session, draw = chance.session, chance.draw
    coding_round = make_round(session, chance.lead, coders, incidents, purpose=draw.choice(PURPOSES), name="Earlier")
    coined = []
    for coder in coders:
        assignment = assignments_of(session, coding_round, coder)[0]
        name = f"Gateway refused {coder.member.id}"
        made = act(session, coder, assignment, "create_code", dimension_id=chance.cause.id, name=name)
        assert made.code_id is not None
        coined.append(made.code_id)
        place = {"dimension_id": chance.cause.id, "code_id": made.code_id, "start": 4, "end": 11, "quote": TEXT[4:11]}
        quoted = act(session, coder, assignment, "add_evidence", **place)
        for on in (f"incident-{assignment.incident_id}", f"quote-{quoted.evidence_id}"):
            add_memo(session, coder, subject_named(session, coder, on), chance.says(coder, "EARLIER"), shared=True)
        act(session, coder, assignment, "submit", incomplete=True)
    move_round(session, chance.lead, coding_round, "settling")
    place = (coding_round.number, chance.cause.id)
    scribe = draw.choice([chance.lead, *coders])
    take_pen(session, scribe, *place)
    if draw.random() < 0.5:
        open_quotes(session, scribe, *place)
    grouped = draw.sample(coined, draw.choice((1, 2, 2)))
    group = group_codes(session, scribe, *place, grouped)
    outcome = draw.choice((*OUTCOMES, ""))  # "": the group stays a draft
    if outcome:
        kept = grouped[0] if outcome in ("merged", "kept") else None
        into = chance.codes[0].id if outcome == "into_existing" else None
        words = GroupWords(outcome, "Refused", "It said no.", "They mean the same.", grouped, 10**9, kept, into)
        tried(session, settle, session, scribe, *place, group.id, words)
    put_down_pen(session, scribe, *place)
    return move_round(session, chance.lead, coding_round, "closed")


def planned_by_chance(chance: Chance, seed: int, who_codes: list[Viewer], incidents: list[Incident]) -> Round:
    draw, arm, purpose = chance.draw, ARMS[seed % 4], PURPOSES[(seed + seed // 4) % 4]
    compares = purpose == "reliability"
    order = draw.choice(("random", "date"))
    repeats = 0.0 if order == "date" else draw.choice((0.0, 0.25))
    sharing = draw.choice(("private", "private", "shared"))
    may_open_each = purpose == "calibration" and sharing == "shared" and not repeats
    return make_round(
        chance.session,
        chance.lead,
        who_codes,
        incidents[:3] if purpose == "recoding" else incidents[1 if compares else draw.choice((0, 1)) :],
        purpose=purpose,
        arm=arm,
        arms=draw.choice(((), (arm, draw.choice(ARMS)))),
        coders_per_incident=draw.randint(2 if compares else 1, len(who_codes)),
        overlap=1.0 if compares else draw.choice((1.0, 0.5)),
        repeats=repeats,
        queue_order=order,
        blind_share=draw.choice((0.0, 0.3)),
        code_sharing=sharing,
        reveal="each_incident" if may_open_each else "round_end",
        frozen=draw.random() < 0.5,
        dimension_ids=draw.choice(((), (), (chance.cause.id,))),
        seed=seed,
    )


def coded_by_chance(chance: Chance, coding_round: Round, who_codes: Sequence[Viewer]) -> None:
    """All at once, a step of one, a step of another; half of what they do is on the first of their incidents."""
    draw, turns = chance.draw, [coder for coder in who_codes for _ in range(ACTS)]
    draw.shuffle(turns)
    for coder in turns:
        own = assignments_of(chance.session, coding_round, coder)
        if own:
            at = own[0] if draw.random() < 0.5 else draw.choice(own)
            act_by_chance(chance, coder, at)
    for coder in who_codes:
        noted_by_chance(chance, coding_round, coder)


def act_by_chance(chance: Chance, coder: Viewer, assignment: Assignment) -> None:
    kind = chance.draw.choices(list(OFTEN), list(OFTEN.values()))[0]
    dimension_id = chance.draw.choice((chance.cause, chance.symptom)).id
    done = tried(
        chance.session,
        act,
        chance.session,
        coder,
        assignment,
        kind,
        **payload_by_chance(chance, coder, kind, dimension_id),
    )
    if kind == "create_code" and isinstance(done, ActAnswer) and done.code_id:
        chance.known.setdefault(coder.member.id, []).append((dimension_id, done.code_id))


def payload_by_chance(chance: Chance, coder: Viewer, kind: str, dimension_id: int) -> dict[str, object]:
    draw = chance.draw
    if kind in ("toggle_code", "set_main"):
        return {**chance.takes(coder)}
    if kind == "add_evidence":
        start = draw.randrange(len(TEXT) - 8)
        return {**chance.takes(coder), "start": start, "end": start + 8, "quote": TEXT[start : start + 8]}
    if kind == "create_code":  # near to codes that are there, and to those of others
        name = f"{draw.choice(('Network', 'Slow answers', 'Overload'))} {chance.says(coder, 'COINED')}"
        return {"dimension_id": dimension_id, "name": name, "definition": chance.says(coder, "DEFINED")}
    if kind == "answer":
        return {"dimension_id": dimension_id, "state": draw.choice(("none_applies", "not_enough_information", ""))}
    if kind == "write_memo":
        return {"text": chance.says(coder, "MEMO"), "sharing": draw.choice(("private", "shared"))}
    words = {"flag": "note", "skip": "reason"}
    return {words[kind]: chance.says(coder, kind.upper())} if kind in words else {"incomplete": True}


def noted_by_chance(chance: Chance, coding_round: Round, coder: Viewer) -> None:
    """A memo on one of each kind of subject that the coder has."""
    session = chance.session
    own = assignments_of(session, coding_round, coder)
    subjects = ["study", f"code-{chance.takes(coder)['code_id']}"]
    if own:
        subjects.append(f"incident-{own[0].incident_id}")
    of_own = Evidence.assignment_id.in_([each.id for each in own])
    subjects += [f"quote-{key}" for key in session.scalars(select(Evidence.id).where(of_own).limit(1))]
    for name in subjects:
        shared = chance.draw.random() < 0.7
        add_memo(session, coder, subject_named(session, coder, name), chance.says(coder, "MEMO"), shared=shared)


def changed_by_chance(chance: Chance, coding_round: Round, who_codes: list[Viewer], coders: list[Viewer]) -> None:
    """It may roll, and its team may change; who takes over codes on."""
    session, draw, lead, number = chance.session, chance.draw, chance.lead, coding_round.number
    if draw.random() < 0.4:
        save_intake(session, lead, number, Intake())
        make_incidents(session, lead, 1)
        tried(session, take_in, session, lead, number)
    outside = [coder for coder in coders if coder not in who_codes]
    leaver, change = draw.choice(who_codes), draw.choice(("nothing", "added", "removed", "reassigned"))
    if change == "added" and outside:
        newcomer = draw.choice(outside)
        tried(session, add_coder, session, lead, number, newcomer.member.id, takes=draw.choice(("gaps", "share")))
        coded_by_chance(chance, coding_round, [newcomer])
    if change == "removed":
        to = draw.choice(("evenly", "nobody"))
        tried(session, remove_coder, session, lead, number, leaver.member.id, pending_to=to)
    if change == "reassigned":
        tried(session, reassign, session, lead, number, leaver.member.id, "evenly")


def assignments_of(session: Session, coding_round: Round, coder: Viewer) -> list[Assignment]:
    own = (Assignment.round_id == coding_round.id, Assignment.member_id == coder.member.id)
    live = Assignment.ending.is_distinct_from(WITHDRAWN)
    return list(session.scalars(select(Assignment).where(*own, live).order_by(Assignment.order)))


def tried(session: Session, does, *arguments, **named):
    """None where it is refused: then nothing of it is left."""
    before = session.begin_nested()
    try:
        done = does(*arguments, **named)
    except Problem:
        before.rollback()
        return None
    before.commit()
    return done
