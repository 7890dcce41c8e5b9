"""Promises 1, 2, 3 and 12 on every path there is: all routes, as every role, in states made at random.

Each coder's work carries words that stand nowhere else. Whoever is shown such a word without being its author, while
the round runs, has been told what they must not know.
"""

import itertools
import random
from dataclasses import dataclass, field
from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app import routers
from app.cli import tandem
from app.codebook.actions import CodeText, edit_code, merge_codes
from app.codebook.models import Code, Dimension
from app.codebook.queries import whole_codebook
from app.coding.comparing import comparable_assignments
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import Evidence, Exposure, Memo, SubmittedCode
from app.coding.round_changes import add_coder, remove_coder
from app.db.session import Database
from app.incidents.models import Import, Incident
from app.ledger.models import ModelCall
from app.llm.scripted import ScriptedModel
from app.rounds.models import Assignment, Round
from app.studies.models import Membership
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from app.suggestions.models import Suggestion, SuggestionRun
from tests.makers import (
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
from tests.support.clients import HTMX, client_for

__all__ = ["client_for"]

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


def walk_and_find_nothing(scene, client_for, addresses, case: str, *, opened: tuple[str, str] = ("", "")) -> None:
    """opened: who opened a comparison, and its address, where colleagues' codes stand from then on."""
    for who, viewer in scene.everybody.items():
        for address, shown in looked_at(client_for(viewer), addresses, random.Random(f"{case} {who}")):
            is_opened = who == opened[0] and address.startswith(opened[1])
            hidden = scene.hidden_from(who, "" if is_opened else address)
            found = [word for word in (*hidden, MODEL_SAID) if word in shown]
            assert not found, f"{case}: {who} is shown {found} at {address}"


def comparable(session, scene) -> list[tuple[str, str]]:
    """(who, address) of every comparison that is open to its coder."""
    base = f"/studies/{scene.lead.study.slug}/assignments"
    return [
        (who, f"{base}/{assignment_id}/comparison")
        for who, viewer in scene.everybody.items()
        for assignment_id in comparable_assignments(session, viewer, scene.coding_round)
    ]


def test_promise_1_and_3_where_each_incident_opens_a_comparison_is_told_to_none_but_who_opened_it(
    session, database, client_for
):
    """One coder opens one; for all others, and on every other page for this one, everything is as closed as before."""
    for seed in (1, 2):  # with a lead who codes, and with one who does not
        scene = make_scene(session, database, random.Random(seed), opens_each=True)
        addresses = list(get_addresses(session, scene))
        open_to = comparable(session, scene)
        who, address = open_to[0]
        assert {each for each, _ in open_to} == set(scene.words) and len(addresses) > 40
        client = client_for(scene.everybody[who])
        before = client.get(address).text
        assert not [word for word in scene.hidden_from(who, address) if word in before]
        opening = client.post(f"{address}/openings")
        assert opening.status_code == 303 and not opening.content
        shown = client.get(address).text
        assert not [word for word in scene.coined.values() if word not in shown], "the walk would find a word"
        on_record = exposures(session, scene)
        assert {member_id for member_id, _ in on_record} == {scene.everybody[who].member.id}
        walk_and_find_nothing(scene, client_for, addresses, f"seed {seed}", opened=(who, address))
        assert exposures(session, scene) == on_record, "looking has recorded something"


def exposures(session, scene) -> list[tuple[int, int]]:
    of_study = select(Exposure.member_id, Exposure.subject_id).where(Exposure.study_id == scene.lead.study.id)
    return [(member_id, key) for member_id, key in session.execute(of_study.order_by(Exposure.id))]


def test_promise_1_the_walk_would_find_a_word(session, database, client_for):
    """Each coder finds their own words on the same walk, so the walk does reach the places where words stand."""
    scene = make_scene(session, database, random.Random(1))
    addresses = list(get_addresses(session, scene))
    for who, words in scene.words.items():
        seen = "".join(shown for _, shown in looked_at(client_for(scene.everybody[who]), addresses, random.Random(who)))
        assert not [word for word in words if word not in seen], who


def test_promise_1_who_takes_over_what_another_drafted_is_shown_nothing_of_it(session, database, client_for):
    scene = make_scene(session, database, random.Random(0))
    leaver, newcomer = scene.everybody["coder 0"], scene.everybody["coder outside the round"]
    number = scene.coding_round.number
    remove_coder(session, scene.lead, number, leaver.member.id, pending_to="nobody")
    add_coder(session, scene.lead, number, newcomer.member.id, takes="gaps")
    addresses = list(get_addresses(session, scene))
    for who in ("coder outside the round", "coder 1", "lead"):
        others = [word for owner, words in scene.words.items() if owner != who for word in words]
        for address, shown in looked_at(client_for(scene.everybody[who]), addresses, random.Random(who)):
            found = [word for word in (*others, MODEL_SAID) if word in shown]
            assert not found, f"{who} is shown {found} at {address}"


def post_addresses(session: Session, scene: Scene):
    """Every POST route but signing out, with ids of the study and fields that go far; exports in every form."""
    base = f"/studies/{scene.lead.study.slug}"
    number = scene.coding_round.number
    of = {name: found[0] for name, found in ids_of_study(session, scene).items() if found}
    of |= {
        "slug": scene.lead.study.slug,
        "number": number,
        "token": "x",
        "sign_in_id": 1,
        "import_id": 1,
        "group_id": 1,
    }
    of |= {"person_id": scene.everybody["coder 0"].person.id, "suggestion_id": first_id(session, Suggestion)}
    fields = {
        "phase": "settling",
        "reason": "It is time.",
        "text": "What did you take?",
        "seen": "",
        "question": "Why?",
    }
    fields |= {"name": "A name", "title": "A title", "takes": "one", "openness": "open", "role": "coder"}
    fields |= {"decision": "accept", "kind": "toggle_code", "act_id": str(uuid4()), "cause": "slip"}
    fields |= {"dimension_id": of["dimension_id"], "code_id": of["code_id"], "into_id": of["code_id"]}
    coder = scene.everybody["coder 0"].member.id
    fields |= {"member_id": coder, "pending_to": "evenly", "from_id": coder, "to_id": "evenly", "numbers": "1"}
    fields |= {"answer": of["code_id"], "call_id": first_id(session, ModelCall)}
    for route in itertools.chain.from_iterable(router.routes for router in routers.ALL):
        if "POST" in route.methods and route.path != "/sign-out":
            yield route.path.format(**of), fields
    for form, round_number in itertools.product(("long", "wide", "ratings", "xlsx"), ("", str(number))):
        yield f"{base}/export/dataset", {"form": form, "round": round_number}
    for format in ("csv", "json", "qdc", "xlsx"):
        yield f"{base}/export/codebook", {"format": format}


def first_id(session: Session, model) -> int:
    return session.scalars(select(model.id).order_by(model.id)).first() or 1


def test_promise_1_the_command_lines_exports_hold_nothing_of_a_running_round(own_database, tmp_path):
    """The commands themselves, on a study of their own."""
    url = own_database.render_as_string(hide_password=False)
    database = Database.at(url)
    with database.transaction() as session:
        scene = make_scene(session, database, random.Random(3))
        slug, words = scene.lead.study.slug, [word for words in scene.words.values() for word in words]
    database.dispose()

    def run(*arguments: str):
        command = ["export", *arguments, "-o", "-"]
        return CliRunner().invoke(tandem, command, env={"TANDEM_DATABASE_URL": url})

    for kind, more in itertools.product(("dataset", "ratings", "agreement"), ((), ("--round", "1"))):
        refused = run(kind, slug, *more)
        assert (refused.exit_code, refused.stdout_bytes) == (1, b""), kind
    for form in (("--wide",), ("--format", "xlsx")):
        assert run("dataset", slug, *form).stdout_bytes == b""
    for format in ("csv", "json", "qdc", "xlsx"):
        codebook = run("codebook", slug, "--format", format)
        assert codebook.exit_code == 0
        assert not [word for word in words if word.encode() in unpacked(codebook.stdout_bytes)]


def unpacked(content: bytes) -> bytes:
    """A workbook is a ZIP of XML."""
    if not content.startswith(b"PK"):
        return content
    with ZipFile(BytesIO(content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())


def test_promise_3_after_the_round_nothing_of_others_is_shown_by_looking_alone(session, database, client_for):
    """The codes are known to all by then; what a colleague applied, noted or quoted still stands behind a post."""
    scene = make_scene(session, database, random.Random(2))
    move_round(session, scene.lead, scene.coding_round, "settling")
    addresses = list(get_addresses(session, scene))
    memos = [
        memo
        for memo in session.scalars(select(Memo))
        if memo.sharing == "private" or memo.subject_kind in ("incident", "quote")
    ]
    assert len(memos) > 4
    for who, viewer in scene.everybody.items():
        others = [memo.text for memo in memos if memo.member_id != viewer.member.id]
        for address, shown in looked_at(client_for(viewer), addresses, random.Random(who)):
            assert not [text for text in others if text in shown], f"{who} at {address}"


def test_promise_12_nothing_of_a_study_is_reached_from_outside_or_through_another_study(session, database, client_for):
    scene = make_scene(session, database, random.Random(4))
    stranger = make_study(session)
    make_incidents(session, stranger, 1)
    client = client_for(stranger)
    for address in get_addresses(session, scene):
        assert client.get(address).status_code in (404, 303), address
    own = f"/studies/{stranger.study.slug}"
    through = [a.replace(f"/studies/{scene.lead.study.slug}", own) for a in get_addresses(session, scene)]
    words = [word for words in scene.words.values() for word in words]
    for address in through:
        shown = client.get(address).text
        assert not [word for word in (*words, MODEL_SAID) if word in shown], address
    assert client_for(None).get(f"/studies/{scene.lead.study.slug}/").status_code == 303


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


def get_addresses(session: Session, scene: Scene):
    """Every GET route of the app with every id of the study that its address takes."""
    of_study = {name: list(map(str, found)) for name, found in ids_of_study(session, scene).items()}
    values = {**of_study, "slug": [scene.lead.study.slug], "number": [str(scene.coding_round.number)], "token": ["x"]}
    for route in itertools.chain.from_iterable(router.routes for router in routers.ALL):
        if "GET" not in route.methods or "{slug}" not in route.path or is_stream(route):
            continue
        names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
        for chosen in itertools.product(*(values[name] for name in names)):
            address = route.path.format(**dict(zip(names, chosen, strict=True)))
            yield address
            for query in QUERIES.get(route.path.removeprefix("/studies/{slug}"), ()):
                some = {
                    "dimension": of_study["dimension_id"][0],
                    **subjects(session, scene),
                }
                yield address + query.format(number=scene.coding_round.number, **some)


def subjects(session: Session, scene: Scene) -> dict[str, int]:
    """What memos are on in this study, by kind."""
    study_id = scene.lead.study.id
    return {
        kind: session.scalars(select(model.id).where(model.study_id == study_id).order_by(model.id.desc())).first() or 0
        for kind, model in (("incident", Incident), ("code", Code), ("quote", Evidence))
    }


def ids_of_study(session: Session, scene: Scene) -> dict[str, list[int]]:
    study_id = scene.lead.study.id
    return {
        name: list(session.scalars(select(model.id).where(model.study_id == study_id).order_by(model.id)))
        for name, model in (
            ("incident_id", Incident),
            ("dimension_id", Dimension),
            ("assignment_id", Assignment),
            ("code_id", Code),
            ("import_id", Import),
            ("run_id", SuggestionRun),
            ("member_id", Membership),
            ("memo_id", Memo),
        )
    }


QUERIES = {
    "/agreement": ("?round={number}",),
    "/agreement/table.csv": ("?round={number}",),
    "/disagreements": ("?round={number}", "?round={number}&open=all"),
    "/incidents": ("?find=COINED", "?find=MEMO"),
    "/codebook": ("?find=COINED",),
    "/codebook/tree": ("?find=COINED",),
    "/coding": ("?round={number}", "?round={number}&show=skipped", "?round={number}&go=COINED"),
    "/coding/mine": ("?round={number}", "?round={number}&found={code}", "?round={number}&words=COINED"),
    "/assignments/{assignment_id}/earlier-quotes": ("?dimension={dimension}", "?code={code}"),
    "/memos": ("?find=MEMO", "?kind=incident", "?kind=code", "?kind=quote", "?kind=study"),
    "/memos/about": tuple(f"?on={kind}-{{{kind}}}" for kind in ("incident", "code", "quote")),
}


def is_stream(route) -> bool:
    """The stream of a round's suggestions is walked in tests/suggestions/test_over_the_wire.py, on a real server."""
    return route.path.endswith("/progress")


def looked_at(client: TestClient, addresses, chance: random.Random):
    """Plainly and as htmx asks. Who is refused in the one way is not asked in the other; which comes first is drawn."""
    for address in addresses:
        first, second = chance.sample(({}, HTMX), 2)
        answer = client.get(address, headers=first)
        yield f"{address} {first}", answer.text
        if answer.is_success:
            yield f"{address} {second}", client.get(address, headers=second).text


def test_promise_8_what_was_submitted_stays_when_its_code_is_merged_and_renamed(session, database):
    scene = make_scene(session, database, random.Random(9))
    lead, study_id = scene.lead, scene.lead.study.id
    before = [(row.id, row.code_id) for row in session.scalars(select(SubmittedCode).order_by(SubmittedCode.id))]
    codes = [c for c in whole_codebook(session, study_id).codes.values() if c.name == "Errors"]
    other = make_code(session, lead, whole_codebook(session, study_id).dimension(codes[0].dimension_id), "Failures")
    merge_codes(session, study_id, lead.member, codes[0].id, other.id, reason="the same")
    edit_code(session, study_id, lead.member, other.id, CodeText("Faults"), seen_seq=10**9)
    session.expire_all()
    after = [(row.id, row.code_id) for row in session.scalars(select(SubmittedCode).order_by(SubmittedCode.id))]
    assert before == after != []
