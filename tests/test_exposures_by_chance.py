"""Promises 2 and 3 as a property: who was sent what a model said is what exposures say, and so is independence.

A browser of every member looks, opens, decides, codes and hands in by chance. Each suggestion has words that stand
nowhere else; every byte that is sent is read for them, and what was really sent is played through by itself, knowing
nothing of exposures. TANDEM_EXPOSURE_SEEDS says how many studies are made; each comes again by its seed.
"""

import os
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.codebook.queries import current_seq
from app.coding.exposures import declare_exposure, is_unexposed
from app.coding.models import AssignmentWork, Exposure, Submission
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.rounds.actions import change_phase
from app.rounds.models import ARMS, PURPOSES, Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from tests.makers import make_code, make_coders, make_dimension, make_incidents, make_member, make_round, make_study
from tests.support.by_chance import tried
from tests.support.clients import HTMX, client_for

__all__ = ["client_for"]
SEEDS = range(int(os.environ.get("TANDEM_EXPOSURE_SEEDS", "6")))
ACTS = 110
SAID = re.compile(r"(?:REASON|PROPOSED|QUOTED)(\d+)X")
FOUND_NONE = re.compile(r"no code: (MODEL\d+X|similar incidents) found none")
OFTEN = {"look": 4, "open": 5, "decide": 3, "together": 1, "code": 5, "submit": 6, "take_back": 2, "undo": 1}
OFTEN |= {"declare": 1, "reply": 2, "wander": 2, "new_run": 1, "reopen": 1}


@dataclass
class Offered:
    """One suggestion as it was planted: where, and whether coders may be offered it."""

    number: int
    round_id: int
    incident_id: int
    is_offered: bool


@dataclass
class World:
    session: Session
    draw: random.Random
    lead: Viewer
    members: list[Viewer]
    coders: list[Viewer]
    dimensions: list[int]
    codes: dict[int, int]
    incidents: list[Incident]
    rounds: list[Round]
    browsers: dict[int, TestClient]
    planted: dict[int, Offered] = field(default_factory=dict)
    empty: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sent: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))  # member, incident
    shown: set[tuple[int, int]] = field(default_factory=set)  # member, number of the suggestion
    handed_in: set[int] = field(default_factory=set)  # assignments with a submission
    closed: set[int] = field(default_factory=set)  # assignments with a submission or a skip
    expected: dict[int, bool] = field(default_factory=dict)  # submission -> independent, by what was sent
    happened: set[str] = field(default_factory=set)

    @property
    def base(self) -> str:
        return f"/studies/{self.lead.study.slug}"

    def assignments(self, who: Viewer) -> list[Assignment]:
        own = select(Assignment).where(Assignment.member_id == who.member.id).order_by(Assignment.id)
        return list(self.session.scalars(own))

    def sends(self, who: Viewer, method: str, path: str, *, reply_to: int = 0, **more: Any) -> str:
        """What the browser got; redirects are followed, as browsers do. reply_to: the call whose reply is opened."""
        answer = self.browsers[who.member.id].request(method, path, **more)
        words = answer.text
        if answer.status_code == 303:
            words += self.browsers[who.member.id].get(answer.headers["location"]).text
        self._read(who, words, path, is_reply=bool(reply_to))
        return words if answer.status_code < 400 else ""

    def _read(self, who: Viewer, words: str, path: str, *, is_reply: bool) -> None:
        for number in {int(each) for each in SAID.findall(words)}:
            one = self.planted[number]
            if not is_reply:
                assert self._may_be_sent(who, one, path), f"{who.member.id} was sent {one} by {path}"
            self.sent[who.member.id, one.incident_id].add(number)
            self.shown.add((who.member.id, number))
        if FOUND_NONE.search(words):
            found = re.search(r"/assignments/(\d+)", path)
            assert found is not None
            incident_id = self.session.get_one(Assignment, int(found[1])).incident_id
            self.sent[who.member.id, incident_id].add(0)

    def _may_be_sent(self, who: Viewer, one: Offered, path: str) -> bool:
        """By the arm, from what was handed in so far. Once opened as a reply it is known, and the page of runs may say
        so again."""
        if (who.member.id, one.number) in self.shown:
            return True
        coding_round = next(each for each in self.rounds if each.id == one.round_id)
        own = [each for each in self.assignments(who) if each.round_id == one.round_id]
        here = [each for each in own if each.incident_id == one.incident_id]
        if not one.is_offered or not here or "/suggestions" not in path:
            return False
        arms = {each.arm for each in here}
        if arms == {"after"}:
            queue = own if coding_round.purpose == "reliability" else here
            return any(each.id in self.handed_in for each in here) and all(each.id in self.closed for each in queue)
        return arms <= {"on_request", "before"}


def make_world(session: Session, client: Callable[[Viewer], TestClient], seed: int) -> World:
    draw = random.Random(seed)
    lead = make_study(session)
    coders = make_coders(session, lead, 3)
    cause = make_dimension(session, lead, "Cause")
    symptom = make_dimension(session, lead, "Symptom", takes="many")
    codes = {each.id: make_code(session, lead, each, f"Known {each.id}").id for each in (cause, symptom)}
    incidents = make_incidents(session, lead, 3)
    members = [lead, *coders, make_member(session, lead, role="reader"), make_member(session, lead, role="adjudicator")]
    rounds = [planned(session, draw, lead, coders, incidents, seed + 2 * nth) for nth in range(2)]
    world = World(session, draw, lead, members, [*coders, lead], [cause.id, symptom.id], codes, incidents, rounds, {})
    world.browsers = {who.member.id: client(who) for who in members}
    for coding_round in rounds:
        for _ in range(draw.choice((1, 2))):
            plant_run(world, coding_round)
    return world


def planned(
    session: Session, draw: random.Random, lead: Viewer, coders: list[Viewer], incidents: list[Incident], seed: int
) -> Round:
    """Both rounds share incidents; the lead codes in one or the other, or in none."""
    purpose, arm = PURPOSES[seed % 2], ARMS[seed % 4]
    who = draw.sample([*coders, lead], 3)
    return make_round(
        session,
        lead,
        who,
        draw.sample(incidents, 2) if draw.random() < 0.5 else incidents,
        purpose=purpose,
        arm=arm,
        arms=draw.choice(((), (arm, draw.choice(ARMS)))),
        coders_per_incident=2,
        repeats=draw.choice((0.0, 0.25)),
        blind_share=draw.choice((0.0, 0.3)),
        code_sharing=draw.choice(("private", "shared")),
        seed=seed,
    )


def plant_run(world: World, coding_round: Round) -> None:
    """A run that is done: some incidents came to nothing, some dimensions have no code, the rest has its own words."""
    session, draw = world.session, world.draw
    by_model, is_offered = draw.random() < 0.8, draw.random() < 0.7
    run = SuggestionRun(
        study_id=coding_round.study_id,
        round_id=coding_round.id,
        asked_by=world.lead.member.id,
        source="model" if by_model else "similar_incidents",
        codebook_seq=current_seq(session, coding_round.study_id),
        is_offered=is_offered,
        state="done",
    )
    session.add(run)
    session.flush()
    run.model = f"MODEL{run.id}X" if by_model else ""
    incident_ids = select(Assignment.incident_id).where(Assignment.round_id == coding_round.id).distinct()
    for incident_id in sorted(session.scalars(incident_ids)):
        state = draw.choice(("done", "done", "done", "done", "refused"))
        row = RunIncident(study_id=run.study_id, run_id=run.id, incident_id=incident_id, state=state)
        session.add(row)
        session.flush()
        if state == "done":
            plant_suggestions(world, run, row, is_offered)


def plant_suggestions(world: World, run: SuggestionRun, row: RunIncident, is_offered: bool) -> None:
    session, draw, raw = world.session, world.draw, []
    for dimension_id in world.dimensions:
        for ordinal in range(1, draw.choice((1, 2, 2, 3))):
            number = len(world.planted) + 1
            is_new = draw.random() < 0.5
            raw.append(f"REASON{number}X")
            quotes = [{"quote": f"QUOTED{number}X", "status": "not_found", "start": None, "end": None}]
            if draw.random() < 0.5:
                quotes = [{"quote": "The ", "status": "exact", "start": 0, "end": 4}]
            one = Suggestion(
                study_id=run.study_id,
                run_id=run.id,
                incident_id=row.incident_id,
                dimension_id=dimension_id,
                ordinal=ordinal,
                code_id=None if is_new else world.codes[dimension_id],
                new_code_name=f"PROPOSED{number}X" if is_new else None,
                reasoning=f"REASON{number}X",
                quotes=quotes,
            )
            session.add(one)
            world.planted[number] = Offered(number, run.round_id, row.incident_id, is_offered)
    words = {"system_prompt": "s", "user_prompt": "u", "prompt_sha256": "0", "model_asked": run.model}
    session.add(
        ModelCall(
            study_id=run.study_id,
            member_id=run.asked_by,
            purpose="suggest",
            subject_kind="run_incident",
            subject_id=row.id,
            attempt=1,
            outcome="valid",
            raw_answer=" ".join(raw) or "{}",
            **words,
        )
    )
    session.flush()


def of_act(world: World, assignment: Assignment) -> dict[str, str]:
    newest = select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == assignment.id)
    return {"act_id": str(uuid4()), "after_act_id": str(world.session.scalar(newest) or "")}


def look(world: World, who: Viewer, assignment: Assignment) -> None:
    """The desk as a browser loads it: its slots at once, and what opens itself."""
    desk = f"{world.base}/assignments/{assignment.id}"
    page = world.sends(who, "GET", desk)
    for dimension_id in re.findall(r"/suggestions\?dimension=(\d+)", page):
        slot = world.sends(who, "GET", f"{desk}/suggestions?dimension={dimension_id}", headers=HTMX)
        if 'hx-trigger="load' in slot:
            world.sends(who, "POST", f"{desk}/suggestions/openings", data={"dimension_id": dimension_id}, headers=HTMX)
            world.happened.add("opened by itself")


def open_some(world: World, who: Viewer, assignment: Assignment) -> None:
    dimension_id = world.draw.choice([*map(str, world.dimensions), ""])
    address = f"{world.base}/assignments/{assignment.id}/suggestions/openings"
    headers = world.draw.choice((HTMX, {}))
    if world.sends(who, "POST", address, data={"dimension_id": dimension_id}, headers=headers):
        world.happened.add("opened")


def decide(world: World, who: Viewer, assignment: Assignment) -> None:
    ids = list(world.session.scalars(select(Suggestion.id).where(Suggestion.study_id == world.lead.study.id)))
    decision = world.draw.choice(("accept", "reject", "change"))
    if not ids:
        return
    address = f"{world.base}/assignments/{assignment.id}/suggestions/{world.draw.choice(ids)}/decisions"
    code_id = str(world.draw.choice(list(world.codes.values())))
    fields = {"decision": decision, "code_id": code_id, "cause": "too_vague", **of_act(world, assignment)}
    if world.sends(who, "POST", address, data=fields, headers=world.draw.choice((HTMX, {}))):
        world.happened.add("decided")


def together(world: World, who: Viewer, assignment: Assignment) -> None:
    ids = world.session.scalars(select(Suggestion.id).where(Suggestion.incident_id == assignment.incident_id))
    address = f"{world.base}/assignments/{assignment.id}/suggestions/acceptances"
    fields = {"suggestion_id": [str(key) for key in ids], **of_act(world, assignment)}
    if world.sends(who, "POST", address, data=fields, headers=HTMX):
        world.happened.add("decided together")


def acts(world: World, who: Viewer, assignment: Assignment, kind: str, **fields: str) -> None:
    before = set(world.session.scalars(select(Submission.id)))
    address = f"{world.base}/assignments/{assignment.id}/acts"
    so_far = not world.sent[who.member.id, assignment.incident_id]
    headers = {**HTMX, "Next-Desk": "wanted"} if kind in ("submit", "skip") else HTMX
    world.sends(who, "POST", address, data={"kind": kind, **fields, **of_act(world, assignment)}, headers=headers)
    for made in set(world.session.scalars(select(Submission.id))) - before:
        world.expected[made] = so_far
        world.closed.add(assignment.id)
        if kind == "submit":
            world.handed_in.add(assignment.id)


def code(world: World, who: Viewer, assignment: Assignment) -> None:
    dimension_id = world.draw.choice(world.dimensions)
    place = {"dimension_id": str(dimension_id)}
    if world.draw.random() < 0.7:
        acts(world, who, assignment, "toggle_code", code_id=str(world.codes[dimension_id]), **place)
    else:
        acts(world, who, assignment, "answer", state="none_applies", **place)


def submit(world: World, who: Viewer, assignment: Assignment) -> None:
    if world.draw.random() < 0.15:
        acts(world, who, assignment, "skip", reason="Too short")
        return
    for dimension_id in world.dimensions:
        acts(world, who, assignment, "answer", dimension_id=str(dimension_id), state="none_applies")
    acts(world, who, assignment, "submit", incomplete="true")


def declare(world: World, who: Viewer, assignment: Assignment) -> None:
    declare_exposure(world.session, assignment.study_id, who.member.id, assignment.incident_id, "I heard of it")
    world.sent[who.member.id, assignment.incident_id].add(-1)
    world.happened.add("declared")


def reply(world: World, who: Viewer, assignment: Assignment) -> None:
    """A lead opens the reply of a model, which a lead who codes in the round may not while it runs."""
    calls = list(world.session.scalars(select(ModelCall.id).where(ModelCall.study_id == world.lead.study.id)))
    call_id = world.draw.choice(calls)
    coding_round = world.draw.choice(world.rounds)
    address = f"{world.base}/rounds/{coding_round.number}/suggestions/openings"
    reader = world.lead if world.draw.random() < 0.8 else who
    if world.sends(reader, "POST", address, data={"call_id": str(call_id)}, reply_to=call_id):
        row = world.session.get_one(RunIncident, world.session.get_one(ModelCall, call_id).subject_id)
        world.sent[reader.member.id, row.incident_id].add(-2)  # it was shown the reply, even one that offers no code
        world.happened.add("reply opened")


def wander(world: World, who: Viewer, assignment: Assignment) -> None:
    """Pages that tell nothing of it, looked at by whoever it is; and the desks of others."""
    anybody = world.draw.choice(world.members)
    number = world.draw.choice(world.rounds).number
    for path in (
        "/", "/coding", "/codebook", "/history", f"/incidents/{assignment.incident_id}", f"/rounds/{number}",
        f"/rounds/{number}/suggestions", f"/assignments/{assignment.id}", f"/assignments/{assignment.id}/suggestions",
    ):  # fmt: skip
        world.sends(anybody, "GET", world.base + path, headers=world.draw.choice((HTMX, {})))


def reopen(world: World, who: Viewer, assignment: Assignment) -> None:
    """The coding ends and goes on again; in between nothing is opened or handed in."""
    coding_round = world.draw.choice(world.rounds)
    if tried(world.session, change_phase, world.session, world.lead, coding_round.number, "settling"):
        open_some(world, who, assignment)
        if tried(world.session, change_phase, world.session, world.lead, coding_round.number, "running", reason="More"):
            world.happened.add("reopened")


DOES: dict[str, Callable[[World, Viewer, Assignment], None]] = {
    "look": look,
    "open": open_some,
    "decide": decide,
    "together": together,
    "code": code,
    "submit": submit,
    "take_back": lambda world, who, at: acts(world, who, at, "take_back"),
    "undo": lambda world, who, at: acts(world, who, at, "undo"),
    "declare": declare,
    "reply": reply,
    "wander": wander,
    "new_run": lambda world, who, at: plant_run(world, world.draw.choice(world.rounds)),
    "reopen": reopen,
}


def steps(world: World) -> Iterator[None]:
    for _ in range(ACTS):
        who = world.draw.choice(world.coders)
        own = world.assignments(who)
        if own:
            kind = world.draw.choices(list(OFTEN), list(OFTEN.values()))[0]
            DOES[kind](world, who, world.draw.choice(own))
            world.session.flush()
            yield


def exposed(world: World) -> set[tuple[int, int]]:
    rows = world.session.execute(
        select(Exposure.member_id, Exposure.incident_id).where(Exposure.study_id == world.lead.study.id)
    )
    return {(member_id, incident_id) for member_id, incident_id in rows}


@pytest.mark.parametrize("seed", SEEDS)
def test_promises_2_and_3_independence_by_exposures_is_independence_by_what_was_sent(session, client_for, seed):
    world = make_world(session, client_for, seed)
    for _ in steps(world):
        sent = {pair for pair, what in world.sent.items() if what}
        assert exposed(world) == sent, f"seed {seed}"
    named = select(Suggestion.reasoning).join(Exposure, Exposure.subject_id == Suggestion.id)
    for who in world.members:
        of_member = named.where(Exposure.member_id == who.member.id, Exposure.kind == "suggestion")
        exposures = {int(SAID.findall(each)[0]) for each in session.scalars(of_member)}
        assert exposures == {number for member_id, number in world.shown if member_id == who.member.id}, f"seed {seed}"
        for incident in world.incidents:
            unexposed = is_unexposed(session, world.lead.study.id, who.member.id, incident.id)
            assert unexposed is not bool(world.sent[who.member.id, incident.id])
    rows = session.scalars(select(Submission).where(Submission.study_id == world.lead.study.id)).all()
    assert {row.id: row.independent for row in rows} == world.expected, f"seed {seed}"
    assert world.happened & {"opened", "opened by itself", "reply opened"}, f"seed {seed}: {world.happened}"
