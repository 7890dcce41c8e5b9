"""A round at work in which each coder's work carries words that stand nowhere else, made at random from a seed."""

import random
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.curation.plan_actions import PlannedStep, comment_on_plan, make_plan
from app.db.session import Database
from app.incidents.models import Incident
from app.llm.scripted import ScriptedModel
from app.rounds.models import Assignment, Round
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from tests.makers import (
    act,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_member,
    make_round,
    make_study,
)

MODEL_SAID = "MODELREASON"


ARMS = ("blind", "after", "on_request", "before")


@dataclass
class Scene:
    """words: what only that member may be shown. everybody: who looks, by what they are.

    coined: the code of each coder's own, by name. Where new codes are shared everybody may know it, but on a page that
    compares coders it would tell who applied it.
    """

    lead: Viewer
    coding_round: Round
    incidents: list[Incident]
    everybody: dict[str, Viewer]
    words: dict[str, list[str]] = field(default_factory=dict)
    coined: dict[str, str] = field(default_factory=dict)

    def hidden_from(self, who: str, address: str) -> list[str]:
        hidden = [word for owner, words in self.words.items() if owner != who for word in words]
        compares = "/comparison" in address
        return hidden + [word for owner, word in self.coined.items() if compares and owner != who]


def make_scene(
    session: Session, database: Database, chance: random.Random, *, arm: str | None = None, opens_each: bool = False
) -> Scene:
    """opens_each: a calibration round that opens each incident once all its coders have submitted it."""
    lead = make_study(session)
    coders = make_coders(session, lead, 2)
    cause, symptom = make_dimension(session, lead, "Cause"), make_dimension(session, lead, "Symptom", takes="many")
    common = [make_code(session, lead, cause, "Network"), make_code(session, lead, symptom, "Errors")]
    incidents = make_incidents(session, lead, 3)
    who_codes = [*coders, lead] if chance.random() < 0.5 else coders
    sharing = "shared" if opens_each else chance.choice(("private", "private", "shared"))
    coding_round = make_round(
        session,
        lead,
        who_codes,
        incidents,
        purpose="calibration" if opens_each else chance.choice(("calibration", "reliability")),
        reveal="each_incident" if opens_each else "round_end",
        arm=arm or chance.choice(ARMS),
        blind_share=chance.choice((0.0, 0.3)) if arm is None else 0.0,
        code_sharing=sharing,
    )
    scene = Scene(lead, coding_round, incidents, {"lead": lead})
    scene.everybody |= {f"coder {number}": coder for number, coder in enumerate(coders)}
    scene.everybody |= {role: make_member(session, lead, role=role) for role in ("adjudicator", "reader")}
    scene.everybody["coder outside the round"] = make_member(session, lead)
    offer(session, database, lead, coding_round, {cause.id: common[0].id, symptom.id: common[1].id})
    for who, coder in scene.everybody.items():
        if coder in who_codes:
            words = code_at_random(session, chance, scene, coder, cause.id, symptom.id, common[1].id)
            scene.coined[who] = words[0]
            # Where new codes are shared their names, and no more, are everybody's.
            scene.words[who] = [word for word in words if sharing == "private" or not word.startswith("COINED")]
    return scene


def code_at_random(
    session: Session, chance: random.Random, scene: Scene, coder: Viewer, cause: int, symptom: int, errors: int
) -> list[str]:
    """Coins a code and writes a memo and a flag, each in words of the coder's own; hands in or does not."""
    mark = f"{coder.member.id}X{chance.randrange(10**6)}"
    words = [f"COINED{mark}", f"MEMO{mark}", f"FLAG{mark}"]
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.round_id == scene.coding_round.id, Assignment.member_id == coder.member.id)
        .order_by(Assignment.order)
    ).all()
    opens_each, coined = scene.coding_round.opens_each_incident, None
    for number, assignment in enumerate(assignments):
        if number == 0:
            coined = act(session, coder, assignment, "create_code", dimension_id=cause, name=words[0]).code_id
            act(session, coder, assignment, "write_memo", text=words[1])
            act(session, coder, assignment, "flag", note=words[2])
            words += memos_everywhere(session, chance, coder, assignment, symptom, errors, mark)
            words += plan_with_words(session, coder, errors, mark)
        elif opens_each:
            act(session, coder, assignment, "toggle_code", dimension_id=cause, code_id=coined)
        act(session, coder, assignment, "toggle_code", dimension_id=symptom, code_id=errors)
        more = ("submit", "submit", "take back") if opens_each else ("submit",)
        ending = chance.choice(("submit", "skip", "draft", *more))
        if opens_each and assignment.incident_id == scene.incidents[0].id:
            ending = more[number % len(more)]  # one incident at least is open to its coders, whatever the draw
        if ending in ("submit", "take back"):
            act(session, coder, assignment, "submit", incomplete=True)
            if ending == "take back":
                act(session, coder, assignment, "take_back")
        elif ending == "skip" and number:
            act(session, coder, assignment, "skip", reason=f"SKIP{mark}")
            words.append(f"SKIP{mark}")
    return words


def memos_everywhere(
    session: Session, chance: random.Random, coder: Viewer, assignment: Assignment, symptom: int, errors: int, mark: str
) -> list[str]:
    """One on each kind of subject, private or shared; the code is given and taken back, the memo on its quote stays."""
    of = {"dimension_id": symptom, "code_id": errors}
    act(session, coder, assignment, "toggle_code", **of)
    quoted = act(session, coder, assignment, "add_evidence", **of, start=4, end=11, quote="gateway")
    names = ("study", f"code-{errors}", f"incident-{assignment.incident_id}", f"quote-{quoted.evidence_id}")
    written = []
    for name in names:
        written.append(f"MEMO{name.split('-')[0].upper()}{mark}")
        shared = chance.random() < 0.7
        add_memo(session, coder, subject_named(session, coder, name), written[-1], shared=shared)
    act(session, coder, assignment, "toggle_code", **of)
    return written


def plan_with_words(session: Session, coder: Viewer, errors: int, mark: str) -> list[str]:
    """A plan for the codebook, shared while its author codes, with words in its name, in a step and in a comment."""
    name, new, why, said = words = [f"{part}{mark}" for part in ("PLAN", "PLANNED", "PLANWHY", "PLANSAID")]
    plan = make_plan(session, coder, name, [PlannedStep("roll_up", (errors,), name=new, reason=why)], shared=True)
    comment_on_plan(session, coder, plan.id, said)
    return words


def offer(session: Session, database: Database, lead: Viewer, coding_round: Round, codes: dict[int, int]) -> None:
    run = ask_for_suggestions(session, lead, coding_round, model="scripted")
    session.flush()
    reply = {
        f"d{dimension_id}": {"quotes": [], "reasoning": MODEL_SAID, "codes": [f"c{code_id}"], "new_codes": []}
        for dimension_id, code_id in codes.items()
    }
    model = ScriptedModel(otherwise=reply, name="scripted")
    for incident_id in session.scalars(select(Assignment.incident_id).where(Assignment.round_id == coding_round.id)):
        suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=incident_id)
    session.expire_all()
