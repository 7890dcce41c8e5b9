"""Junk in every field of every form and in every number of an address: the answer is never that we broke."""

import itertools
import random
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from string import ascii_letters
from typing import ClassVar
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from fastapi import Request
from sqlalchemy import Connection, select
from starlette.testclient import TestClient

from app import routers
from app.adjudication.meeting_models import Meeting, MeetingItem
from app.codebook.actions import name_version
from app.codebook.models import Code, Dimension
from app.codebook.queries import disclosed_codebook
from app.coding.forms import FIELDS
from app.coding.models import AssignmentWork, Memo
from app.curation.plan_actions import PlannedStep, make_plan
from app.curation.plan_queries import steps_of
from app.curation.publishing import publish
from app.incidents.actions import upload
from app.ledger.models import ModelCall
from app.rounds.models import Assignment
from app.suggestions.models import Suggestion, SuggestionRun
from app.web.forms import Posted, posted_form
from tests.makers import move_round
from tests.support.clients import HTMX, client_for
from tests.support.endpoints import make_endpoint
from tests.support.helped import definition_drafted, near_duplicates_found
from tests.support.ruled import make_ruled
from tests.support.scenes import make_scene

__all__ = ["client_for"]

NUMBERS = ("²", "--5", "-1", "9" * 19, "9" * 5_000)
LONG = "".join(random.Random(1).choices(ascii_letters, k=20_000))  # it cannot be pressed into an index either
BREAKING = "a\0b"
JUNK = (
    *NUMBERS,
    "",
    LONG,
    "👩‍🚒 \u202eRTL <script>alert(1)</script> {{ 7 * 7 }} ' %s \\",
    BREAKING,
    "half a \ud83d and the other \udc00",
)
GOOD = {
    "kind": "code",
    "name": "N",
    "title": "T",
    "reason": "because",
    "purpose": "calibration",
    "take": "sample",
    "sample_size": "1",
    "coders_per_incident": "1",
    "blind_percent": "0",
    "cause": "slip",
    "takes": "one",
    "openness": "open",
    "email": "a@example.org",
    "password": "a long enough one",
    "role": "coder",
    "state": "none_applies",
    "decision": "change",
    "start": "0",
    "end": "3",
    "quote": "The",
    "form": "long",
    "format": "csv",
    "template": "incident-study",
    "mode": "hybrid",
    "gets": "share",
    "pending_to": "evenly",
    "to_id": "evenly",
    "from_id": "gaps",
    "by": "numbers",
    "numbers": "1-3",
    "on": "study",
    "text": "A thought",
    "file_name": "codes.csv",
    "content": urlsafe_b64encode(b"dimension,code,definition\nNew,Odd,Other words\n").decode(),
    "reach": "anybody",
    "item": "0",
    "items": "0",
    "plan": "new",
    "definition": "D",
    "base_url": "http://127.0.0.1:9/v1",
    "model": "small",
    "most_at_once": "1",
    "timeout_seconds": "1",
}


class Share:
    """Which junk a field of a form gets. All of it in every one is thousands of requests: the first field of a name
    gets all. Further ones, in other forms, get what breaks a database and the next of the rest, so that forms alike get
    all of it between them."""

    def __init__(self) -> None:
        self.turns: dict[str, Iterator[str]] = {}

    def of(self, name: str) -> Iterable[str]:
        if name not in self.turns:
            rest = [junk for junk in JUNK if junk != BREAKING]
            self.turns[name] = itertools.cycle(random.Random(name).sample(rest, len(rest)))
            return JUNK
        return BREAKING, next(self.turns[name])


class Listening(Posted):
    """Keeps the names of the fields that a route asks for."""

    asked: ClassVar[set[str]] = set()

    def __contains__(self, name):
        self.asked.add(name)
        return super().__contains__(name)

    def text(self, name, default=""):
        self.asked.add(name)
        return super().text(name, default)

    def raw(self, name):
        self.asked.add(name)
        return super().raw(name)

    def many(self, name):
        self.asked.add(name)
        return super().many(name)


ROOMS = ("disagreements", "rounds")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def encoded(fields: dict[str, object]) -> bytes:
    """Halves of characters too, which no browser sends."""
    return urlencode(fields, doseq=True, encoding="utf-8", errors="surrogatepass").encode()


async def listening_form(request: Request) -> Posted:
    return Listening(await request.form())


@pytest.fixture
def scene(session, database):
    return make_scene(session, database, random.Random(1), arm="before")


@pytest.fixture
def client(client_for, scene):
    """The lead's, who gets the answer of a bug instead of the bug."""
    signed_in = client_for(scene.lead)
    made = TestClient(signed_in.app, follow_redirects=False, raise_server_exceptions=False)
    made.cookies, made.portal = signed_in.cookies, signed_in.portal
    return made


@pytest.mark.parametrize("phase", ["running", "settling"])
def test_no_junk_in_any_field_of_any_form_breaks_anything(session, database, connection, client, scene, phase):
    move_round(session, scene.lead, scene.coding_round, phase)
    if phase == "settling":
        client.post(pen_address(session, scene))
        meet(session, client, scene)
    broken, share = [], Share()
    for address, fields in posts(session, database, scene):
        if phase == "settling" and not any(part in address for part in ("/disagreements/", "/pooling/")):
            continue
        asked, status = asked_for(connection, client, address, fields)
        answers = [("all good", "", status)]
        tried = [(name, junk) for name in FIELDS.get(fields["kind"], asked) for junk in share.of(name)]
        if not (phase == "running" or any(f"{room}/{scene.coding_round.number}/" in address for room in ROOMS)):
            continue  # of a round that is settled in either phase: these names had all of it while the other one ran
        answers.append(("nothing", "", status_of(connection, client, address, {}, **HTMX)))
        for name, junk in tried:
            answers.append((name, junk, status_of(connection, client, address, {**fields, name: junk})))
        broken += [(address, fields["kind"], name, ascii(junk)[:20]) for name, junk, status in answers if status >= 500]
    assert broken == []


def pen_address(session, scene) -> str:
    """Who holds it gets as far as the fields of the forms of pooling."""
    round_address = f"/studies/{scene.lead.study.slug}/rounds/{scene.coding_round.number}"
    return f"{round_address}/pooling/{ids(session, Dimension, scene)[0]}/pen"


def meet(session, client, scene) -> None:
    """Whoever is the scribe and has opened what is at hand gets as far as the fields of a meeting's forms."""
    base = f"/studies/{scene.lead.study.slug}/disagreements/{scene.coding_round.number}"
    client.post(f"{base}/meetings")
    item_id = session.scalars(select(MeetingItem.id)).one()
    assert client.post(f"{base}/meeting/items/{item_id}/openings").status_code == 303


PARTS = "multipart/form-data; boundary=x"
FIELD = b'--x\r\nContent-Disposition: form-data; name="name"'


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"not a form", "multipart/form-data"),
        (b"not a form", PARTS),
        (FIELD + b'; filename="f"\r\n\r\n\x00\r\n--x--', PARTS),
        (FIELD + b"\r\n\r\n\\udcff\r\n--x--", PARTS + "; charset=unicode_escape"),
        (FIELD + b"\r\n\r\na\r\n--x--", PARTS + "; charset=undefined"),
    ],
)
def test_no_other_content_than_a_form_breaks_anything(
    session, database, connection, client, scene, content, content_type
):
    broken = []
    for address, fields in posts(session, database, scene):
        before = connection.begin_nested()
        answer = client.post(address, content=content, headers={"Content-Type": content_type})
        before.rollback()
        if answer.status_code >= 500:
            broken.append((address, fields["kind"]))
    assert broken == []


def test_no_junk_in_the_numbers_of_an_address_breaks_anything(session, client, scene):
    assignment = ids(session, Assignment, scene)[0]
    plan = make_plan(session, scene.lead, "Mine", [PlannedStep("roll_up", (open_code(session, scene),), name="A")]).id
    addresses = [
        "coding?round={}",
        "coding?at={}",
        "coding?go={}",
        "coding?round=1&go={}",
        "coding/mine?round={}",
        "coding/mine?found={}",
        "coding/mine?dimension={}&at={}",
        "coding/mine?words={}&state={}&sort={}",
        f"assignments/{assignment}/earlier-quotes?code={{}}",
        f"assignments/{assignment}/earlier-quotes?dimension={{}}",
        f"assignments/{assignment}?dimension={{}}",
        f"assignments/{assignment}?more={{}}",
        f"assignments/{assignment}/suggestions?dimension={{}}",
        "assignments/{}/comparison",
        "codebook?version={}",
        "codebook?find={}",
        "codebook/tree?version={}",
        "codebook/difference?from={}&to={}",
        "codebook/difference?from=0&dimension={}&kind={}&page={}",
        "codebook/versions/{}",
        "codebook/history?dimension={}",
        "codebook/history?member={}&page={}",
        "codebook/history?kind={}",
        "codebook/history?find={}&page={}",
        "codebook/codes/new?dimension={}",
        "codebook/codes/1/splits/new?rows={}",
        "codebook/codes/1/unresolved?incident={}",
        "codebook/undoings/new?act={}",
        "codebook/plans/{}",
        "codebook/plans/{}/near-duplicates",
        f"codebook/plans/{plan}?find={{}}&dimension={{}}&codes={{}}&into={{}}&kind={{}}&round={{}}",
        f"codebook/plans/{plan}/near-duplicates?dimension={{}}",
        "codebook/codes/1/splits/new?rows={}",
        "codebook/undoings/new?act={}",
        "agreement?round={}",
        "agreement?dimension={}",
        "agreement?level={}&version={}&cohort={}&arm={}&interval={}&beside={}&width={}",
        "agreement?beside={}",
        "agreement?cohort={}",
        "agreement?version={}",
        "agreement/table.csv?round={}",
        "agreement/{}/stored",
        "agreement/1/stored?set={}",
        "agreement/table.csv?cohort={}&beside={}",
        "agreement/incidents?round={}&dimension=1",
        "agreement/incidents?round=1&dimension={}&of={}&a={}&b={}&code={}&other={}&page={}",
        "disagreements?round={}",
        "disagreements?dimension={}",
        "disagreements?page={}",
        "disagreements/1/meetings/{}",
        "disagreements/1/meeting/state?seen={}&item={}&ballot={}",
        "disagreements/1/meeting/waiting?seen={}",
        "disagreements?coders={}&codes={}&arm={}&mark={}&order={}&standing={}",
        "disagreements?coders={}-{}&codes={}~{}",
        "rounds/{}/settling",
        "final-codes?dimension={}&code={}&round={}&basis={}&page={}",
        "final-codes?code={}",
        "incidents?page={}",
        "incidents?find={}",
        "history?before={}",
        "suggestions?at={}",
        "suggestions/templates?version={}&beside={}&round={}&incident={}",
        "suggestions/templates?round={}&incident={}",
        "suggestions/templates/new?version={}",
        "rounds/1/suggestions/new?template={}&source={}",
        "rounds/1/suggestions/{}",
        "rounds/1/suggestions/1?state={}&at={}&calls={}&call={}",
        "rounds/1/suggestions/comparison?one={}&other={}",
        "settings/models/{}",
        "settings/models/new?like={}",
        "rounds/1/suggestions/{}/validity",
        "rounds/{}/switches",
        f"rounds/1/suggestions/{ids(session, SuggestionRun, scene)[0]}/validity?annotators={{}}&level={{}}",
        "suggestions/ledger?run={}&round={}&model={}&endpoint={}&purpose={}&outcome={}&incident={}&after={}",
        "suggestions/ledger?since={}&until={}&order=dear&after={}&troubled={}",
        "suggestions/ledger/totals?incident={}&since={}&run={}",
        "suggestions/ledger/{}",
        "export/disclosure?hosts={}",
        "incidents/{}",
        "rounds/{}",
        "rounds/1/looks/{}",
        "memos?author={}",
        "memos?page={}",
        "memos?find={}",
        "memos/about?on=code-{}",
        "memos/about?on=quote-{}",
        "memos/{}",
        "codebook/imports/{}",
        "codebook/codes/1/mergers/new?into={}",
        "codebook/case-law?code={}",
        "codebook/codes/{}/case-law",
        "codebook/help/{}",
        "codebook/help/codes/{}",
        "codebook/help/dimensions/{}",
    ]
    base = f"/studies/{scene.lead.study.slug}/"
    broken = []
    for address, junk in itertools.product(addresses, (*NUMBERS, "", "0", "'&\\%")):
        if client.get(base + address.replace("{}", quote(junk))).status_code >= 500:
            broken.append((address, junk[:20]))
    assert broken == []


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/studies/new", "title"),
        ("/studies/{}/members", "name"),
        ("/studies/{}/settings", "title"),
        ("/studies/{}/settings", "about"),
        ("/studies/{}/codebook/versions", "name"),
        ("/studies/{}/rounds", "name"),
    ],
)
def test_a_name_that_would_fill_a_page_is_refused_with_a_sentence(session, client, scene, address, field):
    coder = scene.everybody["coder 0"].member.id
    fields = GOOD | {"slug": "long", "template": "empty", "coder_ids": coder, field: LONG}
    answer = client.post(address.format(scene.lead.study.slug), data=fields)
    assert answer.status_code == 422 and "is longer than" in answer.text


def posts(session, database, scene):
    """(address, fields that go far) of every POST route; an act of every kind, new and built on an old state."""
    assignment = ids(session, Assignment, scene)[0]
    dimensions, codes = ids(session, Dimension, scene), ids(session, Code, scene)
    of = {
        "slug": scene.lead.study.slug,
        "number": scene.coding_round.number,
        "token": "x",
        "incident_id": scene.incidents[0].id,
        "import_id": upload(session, scene.lead, file_name="a.csv", content=b"id,text\n1,It broke.\n").id,
        "assignment_id": assignment,
        "run_id": ids(session, SuggestionRun, scene)[0],
        "suggestion_id": ids(session, Suggestion, scene)[0],
        "call_id": ids(session, ModelCall, scene)[0],
        "dimension_id": dimensions[0],
        "code_id": codes[0],
        "member_id": scene.everybody["coder 0"].member.id,
        "endpoint_id": make_endpoint(session, scene.lead).id,
        "group_id": 1,
        "meeting_id": session.scalar(select(Meeting.id)) or 1,
        "item_id": session.scalar(select(MeetingItem.id)) or 1,
        "recoding_id": 1,
        "ruling_id": 1,
        "rule_id": 1,
        "seq": 1,
        **published_ids(session, scene),
        "person_id": scene.everybody["coder 0"].person.id,
        "sign_in_id": 1,
        "look_id": 1,
        "memo_id": own_memo(session, scene),
        "help_id": near_duplicates_found(session, database, scene.lead).id,
    }
    plan = make_plan(session, scene.lead, "Mine", [PlannedStep("roll_up", (open_code(session, scene),), name="Above")])
    of |= {"plan_id": plan.id, "step_id": steps_of(session, plan)[0][0].id}
    newest = session.scalar(select(AssignmentWork.last_act_id).where(AssignmentWork.assignment_id == assignment)) or ""
    fields = GOOD | {"dimension_id": dimensions[1], "code_id": codes[1], "into_id": codes[1], "coder_ids": ""}
    fields |= {"act_id": str(uuid4()), "after_act_id": str(newest)}
    draft = definition_drafted(session, database, scene.lead, scene.everybody["coder outside the round"])
    yield f"/studies/{scene.lead.study.slug}/codebook/help/{draft.id}/revision", fields
    ruled = {"slug": scene.lead.study.slug, **make_ruled(session, scene)}
    for path in (
        "/disagreements/{number}/{incident_id}/{dimension_id}/rulings/{ruling_id}/return",
        "/disagreements/{number}/{incident_id}/{dimension_id}/rulings",
        "/codebook/case-law/{rule_id}/decisions",
    ):
        yield ("/studies/{slug}" + path).format(**ruled), fields | {"needs_rule": "1", "line": "A line"}
    for route in itertools.chain.from_iterable(router.routes for router in routers.ALL):
        if "POST" not in route.methods or route.path == "/sign-out":
            continue
        address = route.path.format(**of)
        yield address, fields
        if address.endswith("/steps"):
            step = {"codes": open_code(session, scene), "dimension": dimensions[0], "name": "New"}
            yield from ((address, fields | step | {"kind": kind}) for kind in ("merge", "roll_up", "take_out"))
        if address.endswith("/acts"):
            yield from ((address, fields | {"kind": kind}) for kind in FIELDS)
            yield from ((address, fields | {"kind": kind, "after_act_id": str(uuid4())}) for kind in FIELDS)


def published_ids(session, scene) -> dict[str, int]:
    lead = scene.lead
    first, second = (name_version(session, lead.study.id, lead.member, name=name) for name in ("one", "two"))
    publication = publish(session, lead, first.id, reach="anybody", quotes_examples=True)
    return {"version_id": second.id, "publication_id": publication.id}


def open_code(session, scene) -> int:
    return next(iter(disclosed_codebook(session, scene.lead.study.id).codes))


def own_memo(session, scene) -> int:
    memo = Memo(study_id=scene.lead.study.id, member_id=scene.lead.member.id, subject_kind="study", text="Mine")
    session.add(memo)
    session.flush()
    return memo.id


def asked_for(connection: Connection, client: TestClient, address: str, fields: dict) -> tuple[list[str], int]:
    """(the names of the fields that the route asks for, its status)."""
    Listening.asked.clear()
    client.app.dependency_overrides[posted_form] = listening_form
    status = status_of(connection, client, address, fields)
    client.app.dependency_overrides.clear()
    return sorted(Listening.asked), status


def status_of(connection: Connection, client: TestClient, address: str, fields: dict, **headers: str) -> int:
    """Of an answer, and nothing of what it wrote stays."""
    before = connection.begin_nested()
    status = client.post(address, content=encoded(fields), headers=FORM | headers).status_code
    before.rollback()
    return status


def ids(session, model, scene) -> list[int]:
    return list(session.scalars(select(model.id).where(model.study_id == scene.lead.study.id).order_by(model.id)))
