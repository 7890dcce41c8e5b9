"""What is photographed: the sample study with everybody signed in, two studies of a beginner, every address."""

from dataclasses import replace
from io import BytesIO
from typing import NamedTuple
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import DEMO_EMAIL, add_person, make_member_invitation, make_owner_link, start_sign_in
from app.accounts.models import Person
from app.accounts.own_account import make_password_link
from app.adjudication import queries as adjudication
from app.adjudication.walk import outcomes
from app.codebook.actions import CodeText, create_code, name_version, retire_code
from app.codebook.bring_in import bring_in_codebook
from app.codebook.models import CodebookVersion
from app.codebook.queries import current_seq, whole_codebook
from app.codebook.readers import read_codebook
from app.codebook.template import apply_template
from app.codebook.tree import DimensionEntry
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.queries import own_queue, own_rounds
from app.curation.plan_actions import PlannedStep, comment_on_plan, drop_plan, make_plan
from app.curation.publishing import publish
from app.export.bring_in_study import StudyPlan, bring_in_study
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.ledger.models import ModelCall
from app.rounds.models import Round
from app.sample.checks import sample_content
from app.sample.coding import assignment_of, code_assignment, submit
from app.sample.content import SampleAnswer, SampleEvidence
from app.studies.actions import create_study, invite_member, join_study
from app.studies.models import Membership, Study
from app.studies.viewer import Viewer
from bench.shots_desks import pages_of_desks
from bench.shots_help import pages_of_help
from bench.shots_looks import page_of_a_look
from bench.shots_many import pages_of_many
from bench.shots_meeting import make_meetings
from bench.shots_models import pages_of_models
from bench.shots_pooling import make_pooled_round
from bench.shots_quotes import CAUSE, pages_of_quotes
from bench.shots_ruling import pages_of_rulings
from bench.shots_runs import pages_of_runs
from bench.shots_validity import page_of_validity
from tests.browser.conftest import Site
from tests.makers import make_round

ADA, BEN = "Ada Lindqvist", "Ben Okafor"
WORDS = "the object store of the region delivered a tenth of its usual rate"
EARLIER = ".answer.is-focused .earlier-link"
SUGGEST = ".answer.is-focused .offer .button-pencil"
FILE = """incident,description,service,sev,opened,detected,resolved,reported by
P-4,"The index was rebuilt at noon; searches found nothing.",search,2,2025-03-04 12:02,2025-03-04 12:06,,M. Weaver
P-5,"A certificate ran out; clients were refused.",gateway,1,2025-03-09 00:00,2025-03-09 00:11,2025-03-09 01:40,on-call
P-6,,search,3,2025-03-10 08:00,2025-03-10 08:20,2025-03-10 07:10,on-call
P-7,"The queue of the relay filled up after a retry was doubled.",mail relay,3,2025-03-11 16:30,,,monitor
P-4,"The index was rebuilt at noon; searches found nothing.",search,2,2025-03-04 12:02,2025-03-04 12:06,,M. Weaver
"""
PROJECT = """<Project xmlns="urn:QDA-XML:project:1.0" name="Interviews after outages">
<Users><User guid="g1" name="Mara Weaver"/></Users>
<CodeBook><Codes>
<Code guid="g2" name="Change" isCodable="true"/>
<Code guid="g3" name="Change::push" isCodable="true"/>
</Codes></CodeBook>
<Sources>
<TextSource guid="g4" name="Interview 1" plainTextPath="internal://1.txt">
<PlainTextSelection guid="g5" name="We rolled it back" startPosition="42" endPosition="59">
<Coding guid="g6" creatingUser="g1"><CodeRef targetGUID="g3"/></Coding>
</PlainTextSelection>
</TextSource>
<TextSource guid="g7" name="Interview 2" plainTextPath="internal://2.txt"/>
<PictureSource guid="g8" name="whiteboard.jpg"/>
</Sources>
<Sets><Set guid="g9" name="On call"/></Sets>
</Project>"""


class Shot(NamedTuple):
    name: str
    seen_by: str  # "" : nobody is signed in
    path: str
    presses: tuple[str, ...] = ()  # selectors, where they are there


class Stage(NamedTuple):
    site: Site
    tokens: dict[str, str]
    shots: list[Shot]


def set_stage(site: Site) -> Stage:
    with site.database.transaction() as session:
        person = session.scalars(select(Person).where(Person.email == DEMO_EMAIL)).one()
        person.is_owner = True
        study = session.scalars(select(Study).where(Study.origin == "sample")).one()
        lead = _member(session, person, study)
        people = {"lead": person} | {name: _seat(session, lead, name) for name in (ADA, BEN)}
        _, token = invite_member(session, lead, name="Chidi Adeyemi", role="reader")
        links = {
            "invitation": f"/invitations/{token}",
            "first-owner": make_owner_link(session, ""),
            "new-password": f"/password-links/{make_password_link(session, people[BEN], by=None)}",
        }
        session.flush()
        shots = [
            *(Shot(name, "", path) for name, path in links.items()),
            *_of_nobody(),
            *_of_lead(session, lead),
            *_of_plans(session, lead),
            *_of_coders(session, people, lead),
            *_of_meetings(session, people, lead),
            *_of_beginner(session, person),
            *(Shot(name, "lead", path) for name, path in pages_of_runs(session, person)),
        ]
        cause = _root_cause(session, lead)
        code = next(one for one in whole_codebook(session, study.id).codes.values() if one.name == CAUSE)
        tokens = {name: start_sign_in(session, one, user_agent="shots", days=1) for name, one in people.items()}
    helped = [*pages_of_help(site.database, lead, cause.id, code.id)]
    helped.append(("validity", page_of_validity(site.database, person)))
    shots += [Shot(*each) for each in pages_of_desks(site.database, person, people[ADA])]
    helped.append(("own-switches", helped[-1][1].split("/suggestions/")[0] + "/switches"))
    return Stage(site, tokens, shots + [Shot(name, "lead", path) for name, path in helped])


def _seat(session: Session, lead: Viewer, name: str) -> Person:
    """The coders of the sample are members without people; an invitation makes one of them a person's."""
    member = session.scalars(
        select(Membership).where(Membership.study_id == lead.study.id, Membership.name == name)
    ).one()
    invitation, token = make_member_invitation(session, lead.person)
    member.invitation_id = invitation.id
    session.flush()
    email = f"{name.split()[0].lower()}@example.org"
    person = add_person(session, email=email, name=name, password=None)
    join_study(session, token, person)
    return person


def _member(session: Session, person: Person, study: Study) -> Viewer:
    of_both = select(Membership).where(Membership.study_id == study.id, Membership.person_id == person.id)
    return Viewer(person, study, session.scalars(of_both).one())


def _of_nobody() -> list[Shot]:
    return [Shot("sign-in", "", "/sign-in"), Shot("forgotten-password", "", "/forgotten-password")]


def _codebook_import(session: Session, lead: Viewer) -> int:
    """What was here already, with other words, and a row that could not come in."""
    codebook = whole_codebook(session, lead.study.id)
    code = next(one for one in codebook.codes.values() if one.name == "Configuration change")
    above = codebook.codes[code.parent_id].name if code.parent_id else ""
    rows = [
        "dimension,code,parent,definition,weight",
        f"Root cause,{above},,,",
        f"Root cause,{code.name},{above},Set wrong,2",
    ]
    listed = read_codebook("\n".join([*rows, "Root cause,Retry storm,Load,,3"]).encode(), "csv")
    return bring_in_codebook(session, lead, listed, dimension="Root cause", file_name="other-team.csv").codebook_seq


def _of_lead(session: Session, lead: Viewer) -> list[Shot]:
    home = f"/studies/{lead.study.slug}"
    codebook = whole_codebook(session, lead.study.id)
    cause = _root_cause(session, lead)
    code = next(one for one in codebook.codes.values() if one.name == "Configuration change")
    away = create_code(session, lead.study.id, lead.member, cause.id, CodeText("Bad luck"), origin="curation")
    retire_code(session, lead.study.id, lead.member, away.id, reason="It explains nothing.")
    incident = session.scalars(select(Incident).where(Incident.study_id == lead.study.id).order_by(Incident.id)).first()
    settling = session.scalars(select(Round).where(Round.study_id == lead.study.id, Round.phase == "settling")).one()
    queue = adjudication.queue(session, settling)
    apart, ruled = queue.open[0].key, queue.ruled[0].key
    upload_ = upload(session, lead, file_name="incidents.csv", content=FILE.encode())
    version = session.scalars(
        select(CodebookVersion).where(CodebookVersion.study_id == lead.study.id).order_by(CodebookVersion.id)
    ).first()
    assert version is not None
    later = name_version(session, lead.study.id, lead.member, name="v2", notes="As the round ended.")
    published = publish(session, lead, version.id, reach="anybody", quotes_examples=False)
    addresses = {
        "overview": "/",
        "incidents": "/incidents",
        "incidents-none-found": "/incidents?q=zzz",
        "incident": f"/incidents/{incident.id}" if incident else "/incidents",
        "import-new": "/imports/new",
        "import-mapping": f"/imports/{upload_.id}",
        "codebook": f"/codebook/codes/{code.id}",
        "codebook-start": "/codebook",
        "codebook-history": "/codebook/history",
        "codebook-version": f"/codebook/versions/{later.id}",
        "codebook-version-published": f"/codebook/versions/{version.id}",
        "codebook-difference": "/codebook/difference?from=0",
        "code-new": f"/codebook/codes/new?dimension={cause.id}",
        "code-edit": f"/codebook/codes/{code.id}/revisions/new",
        "code-merge": f"/codebook/codes/{code.id}/mergers/new",
        "code-retire": f"/codebook/codes/{code.id}/retirement/new",
        **pages_of_quotes(session, lead, code),
        "codebook-import-new": "/codebook/imports/new",
        "codebook-import-report": f"/codebook/imports/{_codebook_import(session, lead)}",
        "code-restore": f"/codebook/codes/{away.id}/restoration/new",
        "code-move": f"/codebook/codes/{code.id}/moves/new",
        "code-split": f"/codebook/codes/{code.id}/splits/new",
        "code-dimension": f"/codebook/codes/{code.id}/dimension/new",
        "code-promote": f"/codebook/codes/{code.id}/promotion/new",
        "code-example": f"/codebook/codes/{code.id}/examples/new",
        "codebook-undo": f"/codebook/undoings/new?act={current_seq(session, lead.study.id)}",
        "dimensions": "/codebook/dimensions",
        "dimension": f"/codebook/dimensions/{cause.id}",
        "member": f"/members/{session.scalars(select(Membership.id).where(Membership.name == BEN)).one()}",
        "settings": "/settings",
        "settings-leaving": "/settings/leaving",
        **pages_of_models(session, lead),
        "deletion": "/deletion",
        "closing": "/closing",
        "rounds": "/rounds",
        "round-new": "/rounds/new",
        "round-settling": f"/rounds/{settling.number}",
        "round-running": "/rounds/3",
        "round-change": "/rounds/3",
        "pooling-nothing": f"/rounds/{settling.number}/pooling",
        "pooling-board-nothing": f"/rounds/{settling.number}/pooling/{cause.id}",
        "round-suggestions": "/rounds/3/suggestions",
        "round-suggestions-calls": "/rounds/1/suggestions",
        "ledger": "/suggestions/ledger",
        "ledger-dear": "/suggestions/ledger?order=dear&troubled=yes",
        "ledger-totals": "/suggestions/ledger/totals",
        "ledger-call": f"/suggestions/ledger/{session.scalars(select(ModelCall.id).order_by(ModelCall.id)).first()}",
        "disclosure": "/export/disclosure",
        "coding-queue-lead": "/coding",
        "agreement": "/agreement",
        "agreement-stored": "/agreement/1/stored",
        "agreement-closer": f"/agreement?round={settling.number}&dimension={cause.id}",
        "agreement-beside": f"/agreement?round={settling.number}&version={later.id}&level=category&beside=1&width=0.1",
        "agreement-differ": f"/agreement/incidents?round={settling.number}&dimension={cause.id}&of=differ",
        "agreement-behind": f"/agreement/incidents?round={settling.number}&dimension={cause.id}&of=code&code={code.id}",
        "disagreements": "/disagreements",
        "final-codes": "/final-codes",
        "settling": f"/rounds/{settling.number}/settling",
        "disagreement-closed": f"/disagreements/{settling.number}/{queue.open[1].key[0]}/{queue.open[1].key[1]}",
        "disagreement": f"/disagreements/{settling.number}/{apart[0]}/{apart[1]}",
        "disagreement-ruled": f"/disagreements/{settling.number}/{ruled[0]}/{ruled[1]}",
        "export": "/export",
        "members": "/members",
        "history": "/history",
        "not-found": "/incidents/999999",
    }
    opens = {
        "disagreement": ("form[action$=openings] .button-main",),
        "agreement-behind": ("form[action$=openings] .button-main",),
        "round-change": tuple(f".change:nth-of-type({place}) summary" for place in range(1, 6)),
    }
    elsewhere = {"studies": "/", "study-new": "/studies/new", "account": "/account", "people": "/people"}
    arrival = f"/studies/{_brought_in(session, lead)}/arrival"
    elsewhere |= {"study-from-file": "/studies/new/from-file", "study-arrival": arrival}
    elsewhere["codebook-published-signed-in"] = f"/published/{published.token}"
    return [
        Shot("codebook-published", "", f"/published/{published.token}"),
        Shot("codebook-published-dimension", "", f"/published/{published.token}?dimension=1"),
        Shot("codebook-published-found", "", f"/published/{published.token}?find=limit"),
        *(Shot(name, "lead", path) for name, path in elsewhere.items()),
    ] + [Shot(name, "lead", home + path, opens.get(name, ())) for name, path in addresses.items()]


def _of_plans(session: Session, lead: Viewer) -> list[Shot]:
    """A plan under way, with a comment; one that was dropped; and near-duplicates."""
    home, cause = f"/studies/{lead.study.slug}/codebook/plans", _root_cause(session, lead)
    codes = [each for each in whole_codebook(session, lead.study.id).appliable(cause.id) if each.disclosed == "whole"]
    for name in ("Certificate ran out", "Certificates running out"):
        create_code(session, lead.study.id, lead.member, cause.id, CodeText(name), origin="curation")
    steps = [
        PlannedStep("merge", (codes[0].id, codes[1].id), name="Change by ourselves", reason="Coders mix them up."),
        PlannedStep("roll_up", (-1, codes[2].id), name="Own doing"),
        PlannedStep("merge", (codes[3].id,), into=codes[4].id),
    ]
    plan = make_plan(session, lead, "Fewer causes", steps, shared=True)
    comment_on_plan(session, lead, plan.id, "The second step is what the last round disagreed about most.")
    tried = make_plan(session, lead, "Certificates")
    drop_plan(session, lead, tried.id, reason="The next round will tell.")
    return [
        Shot("plans", "lead", home),
        Shot("plan", "lead", f"{home}/{plan.id}"),
        Shot("plan-dropped", "lead", f"{home}/{tried.id}"),
        Shot("plan-near", "lead", f"{home}/{plan.id}/near-duplicates?dimension={cause.id}"),
    ]


def _brought_in(session: Session, lead: Viewer) -> str:
    """The short name of a study that came in a file of another tool."""
    file = BytesIO()
    with ZipFile(file, "w") as zipped:
        zipped.writestr("project.qde", PROJECT)
        zipped.writestr("sources/1.txt", "The gateway returned 502 after a bad push.\r\nWe rolled it back.")
    plan = StudyPlan(levels="::")
    brought, _ = bring_in_study(session, lead.person, file, plan, file_name="interviews.qdpx")
    return brought.study.slug


def _of_coders(session: Session, people: dict[str, Person], lead: Viewer) -> list[Shot]:
    home = f"/studies/{lead.study.slug}"
    coders = {name: _member(session, person, lead.study) for name, person in people.items()}
    running = own_rounds(session, coders[ADA])[0].coding_round
    holder, half_coded = _half_coded(session, coders, running)
    begun = f"{home}/assignments/{half_coded}"
    desks = {one.state: f"{home}/assignments/{one.assignment_id}" for one in own_queue(session, coders[ADA], running)}
    untouched = own_rounds(session, lead)[0].next_assignment_id
    return [
        Shot("overview-coder", ADA, f"{home}/"),
        Shot("coding-queue", ADA, f"{home}/coding?round={running.number}"),
        Shot("coding-mine", ADA, f"{home}/coding/mine?round={running.number}"),
        Shot("coding-earlier-page", holder, f"{begun}/earlier-quotes"),
        Shot("coding-earlier", holder, f"{begun}?dimension={_root_cause(session, lead).id}", (EARLIER,)),
        Shot("coding", holder, f"{begun}?dimension={_root_cause(session, lead).id}", (SUGGEST,)),
        Shot("coding-memo", holder, begun, (".drawer summary",)),
        Shot("coding-guidelines", holder, begun, (".answer.is-focused .guidelines summary",)),
        Shot("coding-suggestions", holder, f"{begun}/suggestions"),
        Shot("coding-untouched", "lead", f"{home}/assignments/{untouched}"),
        Shot("coding-handed-in", ADA, desks["submitted"]),
        *_of_memos(session, coders[ADA], half_coded),
        *_of_outcomes(session, coders[ADA]),
        *_of_comparison(session, lead, coders),
        *_of_pooling(session, lead, coders),
        *_of_rulings(session, lead, coders),
        Shot("history-coder", ADA, f"{home}/history"),
        Shot("not-allowed", ADA, f"{home}/imports/new"),
    ]


def _of_meetings(session: Session, people: dict[str, Person], lead: Viewer) -> list[Shot]:
    """One that has ended, and one under way: Ben is there, Ada is not."""
    settling = session.scalars(
        select(Round).where(Round.study_id == lead.study.id, Round.phase == "settling").order_by(Round.number)
    ).first()
    assert settling is not None
    kept = make_meetings(session, lead, _member(session, people[BEN], lead.study), settling)
    home = f"/studies/{lead.study.slug}/disagreements/{settling.number}/meeting"
    return [
        Shot("meeting", "lead", home),
        Shot("meeting-writing", "lead", home, ("#meeting-ruling > summary",)),
        Shot("meeting-vote", BEN, home),
        Shot("meeting-join", ADA, home),
        Shot("meeting-record", "lead", f"{home}s/{kept.id}"),
        Shot("meeting-record-closed", ADA, f"{home}s/{kept.id}"),
        Shot("disagreements-meeting", ADA, f"/studies/{lead.study.slug}/disagreements?round={settling.number}"),
    ]


def _of_memos(session: Session, ada: Viewer, half_coded: int) -> list[Shot]:
    home = f"/studies/{ada.study.slug}"
    code = next(one for one in whole_codebook(session, ada.study.id).codes.values() if one.name == CAUSE)
    words = {
        "study": "Most of what I coded today failed where two teams share a store. Worth a dimension of its own?",
        f"code-{code.id}": "I take this where the dependency is run by others; ours count as a fault of our own.",
    }
    for name, text in words.items():
        memo = add_memo(session, ada, subject_named(session, ada, name), text, shared=name == "study")
    return [
        Shot("memos", ADA, f"{home}/memos"),
        Shot("memos-lead", "lead", f"{home}/memos"),
        Shot("memos-about", ADA, f"{home}/memos/about?on=code-{code.id}"),
        Shot("memo", ADA, f"{home}/memos/{memo.id}"),
        Shot("memo-of-code", ADA, f"{home}/codebook/codes/{code.id}"),
    ]


def _of_outcomes(session: Session, ada: Viewer) -> list[Shot]:
    closed = next(own.coding_round for own in own_rounds(session, ada) if own.coding_round.phase == "closed")
    found = outcomes(session, ada, closed)
    chosen = next((each for each in found if each.mark == "overruled"), found[0])
    home = f"/studies/{ada.study.slug}/rounds/{closed.number}/my-outcomes"
    opens = ("form[action$=openings] .button",)
    one = f"{home}/{chosen.incident.id}/{chosen.dimension.id}"
    return [
        Shot("outcomes-closed", ADA, home),
        Shot("outcome-closed", ADA, one),
        Shot("outcomes", ADA, home, opens),
        Shot("outcome", ADA, one, opens),
    ]


def _of_pooling(session: Session, lead: Viewer, coders: dict[str, Viewer]) -> list[Shot]:
    cause = _root_cause(session, lead)
    pooled = make_pooled_round(session, lead, (coders[ADA], coders[BEN]), cause)
    home = f"/studies/{lead.study.slug}/rounds/{pooled.number}/pooling"
    opens = ("form[action$=openings] .button", "form[action$=authors] .button")
    return [
        Shot("pooling", "lead", home),
        Shot("pooling-board-closed", ADA, f"{home}/{cause.id}"),
        Shot("pooling-board", "lead", f"{home}/{cause.id}", opens),
    ]


def _of_rulings(session: Session, lead: Viewer, coders: dict[str, Viewer]) -> list[Shot]:
    two = (coders[ADA], coders[BEN])
    return [Shot(*each) for each in pages_of_rulings(session, lead, two, _root_cause(session, lead))]


def _of_comparison(session: Session, lead: Viewer, coders: dict[str, Viewer]) -> list[Shot]:
    """Incidents of the calibration coded once more, in a round that opens each; one of them Ben has yet to submit."""
    home, told = f"/studies/{lead.study.slug}", sample_content().rounds[0]
    names = [told.incidents[place] for place in (0, 2, 3)]
    asked = select(Incident).where(Incident.study_id == lead.study.id, Incident.external_id.in_(names))
    incidents = {one.external_id: one for one in session.scalars(asked)}
    opens_each = {"code_sharing": "shared", "reveal": "each_incident"}
    two = [coders[ADA], coders[BEN]]
    compared = make_round(session, lead, two, list(incidents.values()), name="Second calibration", **opens_each)
    for share in told.assignments:
        if share.incident in names[:2] or (share.incident, share.coder) == (names[2], ADA):
            coder, incident = coders[share.coder], incidents[share.incident]
            submit(session, coder, code_assignment(session, coder, compared, incident, share, sample_content()))
    own = {
        name: f"{home}/assignments/{assignment_of(session, coders[ADA], compared, incidents[name]).id}"
        for name in names
    }
    return [
        Shot("comparison-queue", ADA, f"{home}/coding?round={compared.number}"),
        Shot("comparison-round", ADA, f"{home}/rounds/{compared.number}"),
        Shot("comparison-desk", ADA, own[names[0]]),
        Shot("comparison-desk-waits", ADA, own[names[2]]),
        Shot("comparison-closed", ADA, own[names[0]] + "/comparison"),
        Shot("comparison", ADA, own[names[1]] + "/comparison", ("form[action$=openings] .button-main",)),
    ]


def _half_coded(session: Session, coders: dict[str, Viewer], coding_round: Round) -> tuple[str, int]:
    """The incident that the sample leaves in the middle, with a cause and its quote added: who holds it, and where."""
    told_round = next(one for one in sample_content().rounds if one.name == coding_round.name)
    told = next(one for one in told_round.assignments if one.status == "draft")
    asked = select(Incident).where(Incident.study_id == coding_round.study_id, Incident.external_id == told.incident)
    incident = session.scalars(asked).one()
    start = (incident.text or "").index(WORDS)
    evidence = SampleEvidence(CAUSE, WORDS, start, start + len(WORDS))
    cause = SampleAnswer("Root cause", "coded", (CAUSE,), CAUSE, (evidence,))
    for name, viewer in coders.items():
        held = {one.incident_label: one for one in own_queue(session, viewer, coding_round)}.get(told.incident)
        if held is not None:
            told = replace(told, answers=(cause,) if held.state == "draft" else (*told.answers, cause))
            return name, code_assignment(session, viewer, coding_round, incident, told, sample_content()).id
    raise LookupError(told.incident)


def _root_cause(session: Session, viewer: Viewer) -> DimensionEntry:
    return next(one for one in whole_codebook(session, viewer.study.id).dimensions if one.name == "Root cause")


def _of_beginner(session: Session, person: Person) -> list[Shot]:
    create_study(session, person, slug="empty", title="Incidents of our search", about="")
    begun = create_study(session, person, slug="begun", title="Incidents of our gateway", about="")
    apply_template(session, begun, "hybrid")
    uploaded = upload(session, begun, file_name="incidents.csv", content=FILE.encode())
    import_incidents(session, begun, uploaded, guess_mapping(table_of(uploaded)), source="incidents.csv")
    words = ("", "incidents", "codebook", "rounds", "rounds/new", "coding", "agreement", "disagreements", "export")
    return [
        Shot("begun-report", "lead", f"/studies/begun/imports/{uploaded.id}"),
        Shot("begun-overview", "lead", "/studies/begun/"),
        Shot("agreement-look", "lead", looked := page_of_a_look(session, person)),
        Shot("agreement-look-round", "lead", looked.partition("/looks/")[0]),
        *(Shot(name, "lead", *rest) for name, *rest in pages_of_many(session, person)),
        *(Shot(f"empty-{word.replace('/', '-') or 'overview'}", "lead", f"/studies/empty/{word}") for word in words),
    ]
