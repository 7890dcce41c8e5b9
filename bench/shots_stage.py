"""What is photographed: the sample study with everybody signed in, two studies of a beginner, every address."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.actions import DEMO_EMAIL, add_person, make_member_invitation, make_owner_link, start_sign_in
from app.accounts.models import Person
from app.adjudication import queries as adjudication
from app.codebook.queries import whole_codebook
from app.codebook.template import apply_template
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.rounds.models import Assignment, Round
from app.studies.actions import create_study, invite_member, join_study
from app.studies.models import Membership, Study
from app.studies.viewer import Viewer, viewer_of
from tests.browser.conftest import Site

ADA, BEN = "Ada Lindqvist", "Ben Okafor"
SUGGEST = ".answer.is-focused .offer .button-pencil"
FILE = """incident,description,service,sev,opened,detected,resolved,reported by,tickets
PM-104,"The index of the catalogue was rebuilt at noon. Searches returned nothing for 14 minutes.",search,2,2025-03-04 12:02,2025-03-04 12:06,2025-03-04 12:16,M. Weaver,7
PM-105,"A certificate of the gateway ran out. Every client was refused until it was renewed.",gateway,1,2025-03-09 00:00,2025-03-09 00:11,2025-03-09 01:40,on-call,31
PM-106,,search,3,2025-03-10 08:00,2025-03-10 08:20,2025-03-10 07:10,on-call,0
PM-107,"The queue of the mail relay filled up after a retry setting was doubled.",mail relay,3,2025-03-11 16:30,2025-03-11 16:31,2025-03-11 18:05,monitor,2
PM-104,"The index of the catalogue was rebuilt at noon. Searches returned nothing for 14 minutes.",search,2,2025-03-04 12:02,2025-03-04 12:06,2025-03-04 12:16,M. Weaver,7
"""


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
        study = session.scalars(select(Study).where(Study.origin == "sample")).one()
        lead = viewer_of(session, person, study.slug)
        assert lead is not None
        people = {"lead": person} | {name: _seat(session, lead, name) for name in (ADA, BEN)}
        _, token = invite_member(session, lead, name="Chidi Adeyemi", role="reader")
        links = {"invitation": f"/invitations/{token}", "first-owner": make_owner_link(session, "")}
        session.flush()
        shots = [
            *(Shot(name, "", path) for name, path in links.items()),
            *_of_nobody(),
            *_of_lead(session, lead),
            *_of_coders(session, lead),
            *_of_beginner(session, person),
        ]
        tokens = {name: start_sign_in(session, one, user_agent="shots", days=1) for name, one in people.items()}
    return Stage(site, tokens, shots)


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


def _of_nobody() -> list[Shot]:
    return [Shot("sign-in", "", "/sign-in")]


def _of_lead(session: Session, lead: Viewer) -> list[Shot]:
    home = f"/studies/{lead.study.slug}"
    codebook = whole_codebook(session, lead.study.id)
    cause = next(one for one in codebook.dimensions if one.name == "Root cause")
    code = next(one for one in codebook.codes.values() if one.name == "Configuration change")
    incident = session.scalars(select(Incident).where(Incident.study_id == lead.study.id).order_by(Incident.id)).first()
    settling = session.scalars(select(Round).where(Round.study_id == lead.study.id, Round.phase == "settling")).one()
    queue = adjudication.queue(session, settling)
    apart, ruled = queue.open[0].key, queue.ruled[0].key
    upload_ = upload(session, lead, file_name="incidents.csv", content=FILE.encode())
    addresses = {
        "overview": "/",
        "incidents": "/incidents",
        "incidents-none-found": "/incidents?q=zzz",
        "incident": f"/incidents/{incident.id}" if incident else "/incidents",
        "import-new": "/imports/new",
        "import-mapping": f"/imports/{upload_.id}",
        "codebook": f"/codebook/codes/{code.id}",
        "codebook-start": "/codebook",
        "code-new": f"/codebook/codes/new?dimension={cause.id}",
        "code-edit": f"/codebook/codes/{code.id}/revisions/new",
        "code-merge": f"/codebook/codes/{code.id}/mergers/new",
        "code-retire": f"/codebook/codes/{code.id}/retirement/new",
        "dimensions": "/codebook/dimensions",
        "dimension": f"/codebook/dimensions/{cause.id}",
        "rounds": "/rounds",
        "round-new": "/rounds/new",
        "round-settling": f"/rounds/{settling.number}",
        "round-running": "/rounds/3",
        "round-suggestions": "/rounds/3/suggestions",
        "round-suggestions-calls": "/rounds/1/suggestions",
        "coding-queue-lead": "/coding",
        "agreement": "/agreement",
        "disagreements": "/disagreements",
        "disagreement-closed": f"/disagreements/{settling.number}/{queue.open[1].key[0]}/{queue.open[1].key[1]}",
        "disagreement": f"/disagreements/{settling.number}/{apart[0]}/{apart[1]}",
        "disagreement-ruled": f"/disagreements/{settling.number}/{ruled[0]}/{ruled[1]}",
        "export": "/export",
        "members": "/members",
        "history": "/history",
        "not-found": "/incidents/999999",
    }
    opens = {"disagreement": ("form[action$=openings] .button-main",)}
    return [Shot("studies", "lead", "/"), Shot("study-new", "lead", "/studies/new")] + [
        Shot(name, "lead", home + path, opens.get(name, ())) for name, path in addresses.items()
    ]


def _of_coders(session: Session, lead: Viewer) -> list[Shot]:
    home = f"/studies/{lead.study.slug}"
    cause = next(one for one in whole_codebook(session, lead.study.id).dimensions if one.name == "Root cause")
    running = session.scalars(select(Round).where(Round.study_id == lead.study.id, Round.phase == "running")).one()

    def desk(name: str, external_id: str) -> str:
        asked = (
            select(Assignment.id)
            .join(Incident, Incident.id == Assignment.incident_id)
            .join(Membership, Membership.id == Assignment.member_id)
            .where(Assignment.round_id == running.id, Membership.name == name, Incident.external_id == external_id)
        )
        return f"{home}/assignments/{session.scalars(asked).one()}"

    drafted = desk(BEN, "SAMPLE-043")
    return [
        Shot("overview-coder", ADA, f"{home}/"),
        Shot("coding-queue", BEN, f"{home}/coding"),
        Shot("coding", BEN, f"{drafted}?dimension={cause.id}", (SUGGEST,)),
        Shot("coding-memo", BEN, drafted, (".drawer summary",)),
        Shot("coding-empty", ADA, desk(ADA, "SAMPLE-023")),
        Shot("coding-handed-in", ADA, desk(ADA, "SAMPLE-032")),
        Shot("coding-suggestions", BEN, f"{drafted}/suggestions"),
        Shot("history-coder", ADA, f"{home}/history"),
        Shot("no-lead", ADA, f"{home}/imports/new"),
    ]


def _of_beginner(session: Session, person: Person) -> list[Shot]:
    empty = create_study(session, person, slug="empty", title="Incidents of our search", about="")
    begun = create_study(session, person, slug="begun", title="Incidents of our gateway", about="")
    apply_template(session, begun, "hybrid")
    uploaded = upload(session, begun, file_name="incidents.csv", content=FILE.encode())
    import_incidents(session, begun, uploaded, guess_mapping(table_of(uploaded)), source="incidents.csv")
    words = ("", "incidents", "codebook", "rounds", "rounds/new", "coding", "agreement", "disagreements", "export")
    return [
        Shot("begun-report", "lead", f"/studies/begun/imports/{uploaded.id}"),
        Shot("begun-overview", "lead", "/studies/begun/"),
        *(Shot(f"empty-{word.replace('/', '-') or 'overview'}", "lead", f"/studies/empty/{word}") for word in words),
    ]
