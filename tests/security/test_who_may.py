"""Who may do what: every route of the app, as everybody there is.

The table in may.py says for each route who may use it. A route that stands in no row fails the test, so that whoever
adds one decides it here. Whose own assignment or which phase of a round a route needs is said by the tests of its room;
here each role meets the route in a state in which it could be used.
"""

import random
from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import select
from starlette.responses import Response
from starlette.testclient import TestClient

from app.accounts.actions import add_person, become_owner, make_owner_link
from app.accounts.models import SignIn
from app.adjudication.meeting_actions import start
from app.adjudication.meeting_queries import items_of
from app.adjudication.models import FinalCode
from app.agreement.stored_figures import store_figures
from app.codebook.actions import name_version, retire_code
from app.codebook.models import Code, Dimension
from app.codebook.queries import current_seq, whole_codebook
from app.coding.models import Memo, SubmittedCode, SubmittedEvidence
from app.curation.move_page import move_page
from app.curation.plan_actions import PlannedStep, make_plan
from app.curation.plan_queries import steps_of
from app.curation.publishing import publish
from app.curation.quotes import Wanted
from app.curation.recoding import MoveWords, move_quotes, open_quotes
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.ledger.models import ModelCall
from app.rounds.looks import allow_looks, look
from app.rounds.models import Assignment
from app.studies.events import record
from app.suggestions.models import RunIncident, Suggestion, SuggestionRun
from tests.makers import (
    act,
    assignment_of,
    code_and_submit,
    make_code,
    make_codebook_import,
    make_dimension,
    make_member,
    make_round,
    make_study,
    move_round,
)
from tests.security.may import (
    ASSIGNMENT,
    CODE,
    COMPARISON,
    DECISION,
    DISAGREEMENT,
    FINAL,
    IMPORT,
    MAY,
    ONE_HELP,
    RECODING,
    RUNS,
    STREAM,
    phase_for,
)
from tests.support.clients import client_for
from tests.support.endpoints import make_endpoint
from tests.support.helped import definition_drafted, near_duplicates_found
from tests.support.ruled import make_ruled
from tests.support.scenes import make_scene
from tests.support.walking import address_of, every_route
from tests.test_junk import GOOD

__all__ = ["client_for"]


@dataclass(frozen=True)
class Walk:
    clients: dict[str, TestClient]
    of: dict[str, object]
    fields: dict[str, object]
    fitting: dict[str, dict[str, object]]

    def asks(self, who: str, method: str, path: str, **headers: str) -> Response:
        fields = self.fields | ({"kind": "flag", "note": "Look again"} if path.endswith("/acts") else {})
        address = address_of(path, self.of | self.fitting.get(path, {}))
        query = self.of["both_runs"] if path.startswith(RUNS + "/comparison") else None
        if method != "GET" and query:
            fields, query = fields | query, None
        return self.clients[who].request(
            method, address, params=query, data=None if method == "GET" else fields, headers=headers or None
        )


@pytest.fixture
def walk(session, database, client_for):
    scene = make_scene(session, database, random.Random(2), arm="before")  # in which the lead does not code
    coder, study_id = scene.everybody["coder 0"], scene.lead.study.id
    assignment = session.scalars(
        select(Assignment).where(Assignment.member_id == coder.member.id).order_by(Assignment.order)
    ).first()
    answered = session.execute(
        select(SubmittedCode.incident_id, SubmittedCode.dimension_id).order_by(SubmittedCode.id)
    ).first()

    def some(model):
        return list(session.scalars(select(model.id).where(model.study_id == study_id).order_by(model.id)))

    people = {
        "nobody": None,
        "stranger": make_study(session),
        "owner of the instance": owner(session),
        "reader": scene.everybody["reader"],
        "coder": coder,
        "adjudicator": scene.everybody["adjudicator"],
        "lead": scene.lead,
    }
    offered = session.scalars(
        select(Suggestion.id).where(
            Suggestion.incident_id == assignment.incident_id, Suggestion.dimension_id == some(Dimension)[1]
        )
    ).first()
    clients = {who: client_for(person) for who, person in people.items()}
    added = make_member(session, scene.lead)
    of = {
        "slug": scene.lead.study.slug,
        "number": scene.coding_round.number,
        "token": "guessed",
        "incident_id": answered.incident_id,
        "import_id": upload(session, scene.lead, file_name="a.csv", content=b"id,text\n1,It broke.\n").id,
        "assignment_id": assignment.id,
        "run_id": some(SuggestionRun)[0],
        "suggestion_id": offered,
        "call_id": some(ModelCall)[0],
        "dimension_id": answered.dimension_id,
        "code_id": some(Code)[0],
        "member_id": added.member.id,
        "group_id": 1,
        "meeting_id": 1,
        "item_id": 1,
        "recoding_id": 1,
        "ruling_id": 1,
        "rule_id": 1,
        "seq": make_codebook_import(session, scene.lead),
        **published_by(session, scene.lead),
        "person_id": added.person.id,
        "memo_id": session.scalars(select(Memo.id).where(Memo.member_id == coder.member.id)).first(),
        "sign_in_id": session.scalars(select(SignIn.id).where(SignIn.person_id == coder.person.id)).first(),
        "help_id": near_duplicates_found(session, database, scene.lead).id,
        "look_id": looked_at_once(session, scene),
        "endpoint_id": make_endpoint(session, scene.lead).id,
        "both_runs": a_comparison(session, scene),
    }
    fields = GOOD | {"dimension_id": some(Dimension)[1], "code_id": some(Code)[1], "act_id": str(uuid4())}
    fields |= {
        "call_id": session.scalars(
            select(ModelCall.id).where(ModelCall.study_id == study_id).order_by(ModelCall.id)
        ).first()
    }
    fields |= {"pairs": "-".join(map(str, some(Code)[:2]))}
    of |= a_plan(session, scene)  # before further rounds run, while which it would be hidden
    draft = definition_drafted(session, database, scene.lead, make_member(session, scene.lead))
    fitting = in_a_fitting_state(session, scene) | {ONE_HELP + "/revision": {"help_id": draft.id}}
    walk = Walk(clients, of, fields, fitting)
    fields["act"] = current_seq(session, study_id)  # the newest of the codebook: nothing rests on it
    opening = address_of(ASSIGNMENT + "/suggestions/openings", of)
    assert is_let_in(walk.clients["coder"].post(opening, data=fields))
    return walk, scene


def a_comparison(session, scene) -> dict[str, object]:
    """Of a run of the round with itself."""
    row = session.scalars(
        select(RunIncident)
        .join(SuggestionRun, SuggestionRun.id == RunIncident.run_id)
        .where(SuggestionRun.round_id == scene.coding_round.id, RunIncident.state == "done")
        .order_by(RunIncident.id)
    ).first()
    return {"one": row.run_id, "other": row.run_id, "incident_id": row.incident_id}


def looked_at_once(session, scene) -> int:
    allow_looks(session, scene.lead, scene.coding_round.number, allowed=True)
    return look(session, scene.lead, scene.coding_round.number).id


def published_by(session, lead) -> dict[str, object]:
    """A version that is published, and a newer one that is not yet."""
    first, second = (name_version(session, lead.study.id, lead.member, name=name) for name in ("one", "two"))
    return {
        "version_id": second.id,
        "publication_id": publish(session, lead, first.id, reach="members", quotes_examples=False).id,
    }


def in_a_fitting_state(session, scene) -> dict[str, dict[str, object]]:
    """What a few routes need to have anything to do: a file that came in, a code that was retired, an incident that its
    coders may compare."""
    file = upload(session, scene.lead, file_name="b.csv", content=b"id,text\n7,It broke again.\n")
    import_incidents(session, scene.lead, file, guess_mapping(table_of(file)), source="file")
    shelf = whole_codebook(session, scene.lead.study.id)
    code = make_code(session, scene.lead, shelf.dimensions[0], "Out of use")
    retire_code(session, scene.lead.study.id, scene.lead.member, code.id, reason="nobody needs it")
    record(session, scene.lead.study.id, scene.lead.member, "study.imported", file="study.qdpx")
    ruled = make_ruled(session, scene)
    compared = {"assignment_id": submitted_by_all(session, scene).id}
    return {
        IMPORT + "/refused.csv": {"import_id": file.id},
        CODE + "/restoration": {"code_id": code.id},
        CODE + "/restoration/new": {"code_id": code.id},
        COMPARISON: compared,
        COMPARISON + "/openings": compared,
        RECODING + "/return": {"recoding_id": a_recoding(session, scene)},
        DISAGREEMENT + "/rulings/{ruling_id}/return": ruled,
        DECISION: ruled,
    }


def a_recoding(session, scene) -> int:
    """Of one quote of a round that is past its coding; the lead made it, and the adjudicator was told."""
    coder, judge = scene.everybody["coder 0"], scene.everybody["adjudicator"]
    dimension = make_dimension(session, scene.lead, "Detection")
    code, other = (make_code(session, scene.lead, dimension, name) for name in ("An alarm", "A customer"))
    coding_round = make_round(session, scene.lead, [coder], scene.incidents[:1], name="Quoted")
    own = assignment_of(session, coder, coding_round)
    where = {"dimension_id": dimension.id, "code_id": code.id}
    act(session, coder, own, "toggle_code", **where)
    act(session, coder, own, "add_evidence", **where, start=4, end=11, quote="gateway")
    act(session, coder, own, "submit", incomplete=True)
    move_round(session, scene.lead, coding_round, "settling")
    open_quotes(session, scene.lead, [code.id], Wanted())
    evidence_ids = list(session.scalars(select(SubmittedEvidence.id)))
    shown = move_page(session, scene.lead, code.id, evidence_ids, None)
    words = MoveWords(shown.evidence_ids, "It was.", to_id=other.id, seen_final_ids=shown.seen_final_ids)
    made = move_quotes(session, scene.lead, code.id, words)
    open_quotes(session, judge, [other.id], Wanted())
    return made.id


def submitted_by_all(session, scene) -> Assignment:
    """The coder's, in a calibration round that opens each incident."""
    coders = [scene.everybody["coder 0"], scene.everybody["coder 1"]]
    opens_each = {"reveal": "each_incident", "code_sharing": "shared"}
    coding_round = make_round(session, scene.lead, coders, scene.incidents[:1], name="Compared", **opens_each)
    dimension = whole_codebook(session, scene.lead.study.id).dimensions[0]
    own = [assignment_of(session, coder, coding_round) for coder in coders]
    for coder, assignment in zip(coders, own, strict=True):
        code_and_submit(session, coder, assignment, {dimension.id: "none_applies"})
    return own[0]


def owner(session):
    add_person(session, email="another@example.org", name="Another", password=None)
    token = make_owner_link(session, "").rpartition("/")[2]
    return become_owner(session, token, name="Olga Owner", email="olga@example.org", password="a long enough one")


def test_every_route_stands_in_the_table_of_who_may():
    routes = set(every_route())
    missing, gone = sorted(routes - MAY.keys()), sorted(MAY.keys() - routes)
    assert not missing, f"Say in MAY of tests/security/may.py who may use {missing}."
    assert not gone, f"MAY in tests/security/may.py names routes that are no more: {gone}. Take them out."


@pytest.mark.parametrize("phase", ["running", "settling", "closed"])
def test_everybody_is_answered_on_every_route_as_their_role_says(session, connection, walk, phase):
    walk, scene = walk
    if phase != "running":
        move_round(session, scene.lead, scene.coding_round, "settling")
        walk.of.update(a_disagreement(session, scene, phase))
        walk.fitting[FINAL + "/openings"] = something_final(session, scene)
    wrong = []
    for method, path in every_route():
        if path == STREAM or phase_for(path) != phase:
            continue
        for who in walk.clients:
            before = connection.begin_nested()
            answer = walk.asks(who, method, path)
            before.rollback()
            session.expire_all()
            allowed = who in MAY[method, path]
            if allowed != is_let_in(answer) or answer.status_code >= 500:
                wrong.append(f"{who}: {method} {path} is answered {answer.status_code}, allowed: {allowed}")
    assert not wrong, "\n".join(wrong)


def a_plan(session, scene) -> dict[str, object]:
    """Shared by the lead, with two steps."""
    codebook = whole_codebook(session, scene.lead.study.id)
    steps = [
        PlannedStep("roll_up", (codebook.codes_of(dimension.id)[0].id,), name="Above")
        for dimension in codebook.dimensions[:2]
    ]
    plan = make_plan(session, scene.lead, "Fewer codes", steps, shared=True)
    return {"plan_id": plan.id, "step_id": steps_of(session, plan)[0][1].id}


def a_disagreement(session, scene, phase) -> dict[str, object]:
    """A round that is past its coding, in which two coders differ on one incident."""
    coders = [scene.everybody["coder 0"], scene.everybody["coder 1"]]
    dimension = make_dimension(session, scene.lead, "Trigger")
    codes = [make_code(session, scene.lead, dimension, name) for name in ("A deploy", "A surge")]
    incident = scene.incidents[0]
    coding_round = make_round(session, scene.lead, coders, [incident], name="Second", purpose="calibration")
    for coder, code in zip(coders, codes, strict=True):
        own = assignment_of(session, coder, coding_round, incident)
        code_and_submit(session, coder, own, {dimension.id: [code]})
    move_round(session, scene.lead, coding_round, phase)
    store_figures(session, scene.lead, coding_round)
    of = {"number": coding_round.number, "incident_id": incident.id, "dimension_id": dimension.id}
    return of | (a_meeting(session, scene, coding_round) if phase == "settling" else {})


def something_final(session, scene) -> dict[str, object]:
    """What the disagreement is not before it is ruled on."""
    row = session.scalars(
        select(FinalCode).where(FinalCode.study_id == scene.lead.study.id, FinalCode.superseded_at.is_(None))
    ).first()
    return {"incident_id": row.incident_id, "dimension_id": row.dimension_id}


def a_meeting(session, scene, coding_round) -> dict[str, object]:
    """The lead's, who alone is there and has the disagreement at hand."""
    meeting = start(session, scene.lead, coding_round.number)
    return {"meeting_id": meeting.id, "item_id": items_of(session, meeting)[0].id}


def is_let_in(answer: Response) -> bool:
    """Neither sent to sign in, nor told that they may not, nor that there is no such thing."""
    sent_to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")
    signed_out = sent_to_sign_in and answer.request.url.path == "/sign-out"
    return signed_out or not (sent_to_sign_in or answer.status_code in (401, 403, 404))
