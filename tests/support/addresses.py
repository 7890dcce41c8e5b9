"""Every address of a study that the app answers, with every id of the study that it takes."""

import itertools
import random
from base64 import urlsafe_b64encode
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import routers
from app.adjudication.meeting_models import Meeting, MeetingItem
from app.adjudication.models import Ruling
from app.adjudication.ruling_models import RulingRule
from app.codebook.bring_in import IMPORT
from app.codebook.models import Code, CodebookVersion, Dimension
from app.coding.models import Evidence, Memo
from app.curation.help_models import CodebookHelp
from app.curation.plan_models import CodebookPlan, CodebookPlanStep
from app.export.codebook_formats import FORMATS
from app.incidents.models import Import, Incident
from app.ledger.models import ModelCall, ModelEndpoint
from app.rounds.models import Assignment, RoundLook
from app.studies.models import Membership, StudyEvent
from app.suggestions.models import Suggestion, SuggestionRun
from tests.support.clients import HTMX
from tests.support.scenes import Scene


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


def post_addresses(session: Session, scene: Scene):
    """Every POST route but signing out, with ids of the study and fields that go far; exports in every form."""
    base = f"/studies/{scene.lead.study.slug}"
    number = scene.coding_round.number
    of = {"publication_id": 1, "meeting_id": 1, "item_id": 1} | {
        name: found[0] for name, found in ids_of_study(session, scene).items() if found
    }
    of |= {
        "slug": scene.lead.study.slug,
        "number": number,
        "token": "x",
        "sign_in_id": 1,
        "import_id": 1,
        "group_id": 1,
        "recoding_id": 1,
        "ruling_id": first_id(session, Ruling),
        "rule_id": first_id(session, RulingRule),
        "seq": 1,
        "endpoint_id": 1,
        "step_id": first_id(session, CodebookPlanStep),
        "plan_id": first_id(session, CodebookPlan),
    }
    of |= {"help_id": first_id(session, CodebookHelp)}
    of |= {"person_id": scene.everybody["coder 0"].person.id, "suggestion_id": first_id(session, Suggestion)}
    of |= {"call_id": first_id(session, ModelCall)}
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
    fields |= {"file_name": "codes.csv", "content": urlsafe_b64encode(b"dimension,code\nCause,Network\n").decode()}
    fields |= {"act": 3, "name_1": "One", "name_2": "Two", "rows": 4}
    fields |= {"answer": of["code_id"], "call_id": first_id(session, ModelCall), "suggestion_id": of["suggestion_id"]}
    for route in itertools.chain.from_iterable(router.routes for router in routers.ALL):
        if "POST" in route.methods and route.path != "/sign-out":
            yield route.path.format(**of), fields
    for form, round_number in itertools.product(("long", "wide", "ratings", "xlsx"), ("", str(number))):
        yield f"{base}/export/dataset", {"form": form, "round": round_number}
    for format in FORMATS:
        yield f"{base}/export/codebook", {"format": format}


def first_id(session: Session, model) -> int:
    return session.scalars(select(model.id).order_by(model.id)).first() or 1


def subjects(session: Session, scene: Scene) -> dict[str, int]:
    """What memos are on in this study, by kind."""
    study_id = scene.lead.study.id
    return {
        kind: session.scalars(select(model.id).where(model.study_id == study_id).order_by(model.id.desc())).first() or 0
        for kind, model in (("incident", Incident), ("code", Code), ("quote", Evidence))
    }


def ids_of_study(session: Session, scene: Scene) -> dict[str, list[int]]:
    study_id = scene.lead.study.id
    imports = select(StudyEvent.subject_id).where(StudyEvent.study_id == study_id, StudyEvent.subject_kind == IMPORT)
    return {"seq": list(session.scalars(imports)) or [1]} | {
        name: list(session.scalars(select(model.id).where(model.study_id == study_id).order_by(model.id)))
        for name, model in (
            ("incident_id", Incident),
            ("dimension_id", Dimension),
            ("assignment_id", Assignment),
            ("code_id", Code),
            ("import_id", Import),
            ("run_id", SuggestionRun),
            ("call_id", ModelCall),
            ("member_id", Membership),
            ("memo_id", Memo),
            ("version_id", CodebookVersion),
            ("help_id", CodebookHelp),
            ("plan_id", CodebookPlan),
            ("meeting_id", Meeting),
            ("item_id", MeetingItem),
            ("look_id", RoundLook),
            ("endpoint_id", ModelEndpoint),
        )
    }


QUERIES = {
    "/agreement": ("?round={number}", "?beside={number}", "?version=live&level=category"),
    "/agreement/table.csv": ("?round={number}", "?beside={number}"),
    "/agreement/incidents": tuple(
        f"?round={{number}}&dimension={{dimension}}&row=first&of={of}&code={{code}}&other=none"
        for of in ("differ", "codes", "code", "skipped")
    ),
    "/codebook/case-law": ("?code={code}",),
    "/disagreements": ("?round={number}", "?round={number}&standing=all", "?codes={code}~nothing&standing=all"),
    "/final-codes": ("?round={number}", "?code={code}", "?dimension={dimension}&basis=unanimous"),
    "/incidents": ("?find=COINED", "?find=MEMO"),
    "/codebook": ("?find=COINED",),
    "/codebook/tree": ("?find=COINED",),
    "/codebook/history": ("?find=COINED",),
    "/codebook/difference": ("?from=0",),
    "/codebook/codes/{code_id}/quotes": ("?of=first", "?round={number}"),
    "/codebook/codes/{code_id}/quotes/chosen": ("?quote=1",),
    "/codebook/codes/{code_id}/unresolved": ("?incident={incident}",),
    "/codebook/undoings/new": tuple(f"?act={act}" for act in range(1, 30)),
    "/codebook/plans/{plan_id}": ("?find=PLAN", "?round={number}", "?dimension={dimension}"),
    "/codebook/plans/{plan_id}/near-duplicates": ("?dimension={dimension}",),
    "/coding": ("?round={number}", "?round={number}&show=skipped", "?round={number}&go=COINED"),
    "/coding/mine": ("?round={number}", "?round={number}&found={code}", "?round={number}&words=COINED"),
    "/assignments/{assignment_id}/earlier-quotes": ("?dimension={dimension}", "?code={code}"),
    "/memos": ("?find=MEMO", "?kind=incident", "?kind=code", "?kind=quote", "?kind=study"),
    "/memos/about": tuple(f"?on={kind}-{{{kind}}}" for kind in ("incident", "code", "quote")),
}


def is_stream(route) -> bool:
    """The stream of a round's suggestions is walked in tests/suggestions/test_over_the_wire.py, on a real server."""
    return route.path.endswith("/progress")


def looked_at(client: TestClient, addresses, chance: random.Random, *, both_ways: bool = True):
    """Plainly and as htmx asks. Who is refused in the one way is not asked in the other; which comes first is drawn.

    both_ways False: only the one drawn, where many walks draw anew for each address.
    """
    for address in addresses:
        first, second = chance.sample(({}, HTMX), 2)
        answer = client.get(address, headers=first)
        yield f"{address} {first}", answer.text
        if both_ways and answer.is_success:
            yield f"{address} {second}", client.get(address, headers=second).text
