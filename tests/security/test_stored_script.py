"""Whatever people, files and models write is shown as text: on every page, to everybody, script or not."""

from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from app.adjudication.actions import RulingWords, comment, open_answers, rule
from app.adjudication.queries import queue
from app.codebook.actions import CodeText, edit_code
from app.codebook.queries import whole_codebook
from app.incidents.actions import import_incidents, table_of, upload
from app.incidents.guessing import guess_mapping
from app.incidents.models import Incident
from app.llm.scripted import ScriptedModel
from app.studies.actions import add_member
from app.studies.settings_actions import StudyWords, reword_study, words_of
from app.studies.viewer import Viewer
from app.suggestions.actions import ask_for_suggestions
from app.suggestions.asking import suggest_for_incident
from tests import makers
from tests.support.addresses import get_addresses
from tests.support.clients import HTMX, client_for
from tests.support.scenes import Scene

__all__ = ["client_for"]

MARK = "xssmark"
TAGS = (
    f'<script id={MARK}>{MARK}()</script>"><img class={MARK} src=x onerror={MARK}()>'
    f"{{{{7919*7907}}}}{{%{MARK}%}}</textarea></title>"
)
LINK = f"javascript:{MARK}()"


def evil(what: str) -> str:
    return f"{what} {TAGS}"[:110] if what == "name" else f"{what} {TAGS}"


def a_study_of_payloads(session, database) -> Scene:
    lead = makers.make_study(session)
    reword_study(session, lead, StudyWords(evil("title"), evil("about")), seen=words_of(lead.study).fingerprint)
    coders = makers.make_coders(session, lead, 2)
    for each in (*coders, lead):
        each.member.name = evil("name")
        each.person.name = evil("name")
    dimension = makers.make_dimension(session, lead, evil("name"), question=evil("question"))
    codes = [
        makers.make_code(session, lead, dimension, f"{n} {evil('name')}"[:110], definition=evil("means")) for n in "ab"
    ]
    first = whole_codebook(session, lead.study.id).codes[codes[0].id]
    words = CodeText(first.name, evil("definition"), evil("use"), evil("not"), ({"text": evil("example")},))
    edit_code(session, lead.study.id, lead.member, first.id, words, seen_seq=10**9, reason=evil("reason"))
    columns = "id,title,text,url,service,severity,cohort,detected by,other\n"
    row = ",".join(
        '"' + cell.replace('"', '""') + '"' for cell in ("E-1" + TAGS, *[evil("c")] * 2, LINK, *[evil("c")] * 5)
    )
    content = (columns + row + "\n" + '"broken ' + TAGS.replace('"', '""') + '"\n').encode()
    file = upload(session, lead, file_name=f"{TAGS}.csv", content=content)
    import_incidents(session, lead, file, guess_mapping(table_of(file)), source=evil("source"))
    upload(session, lead, file_name=f"again{TAGS}.csv", content=content)
    incidents = list(session.scalars(select(Incident).where(Incident.study_id == lead.study.id)))
    coding_round = makers.make_round(
        session, lead, coders, incidents, name=evil("name"), purpose="calibration", arm="before", blind_share=0.0
    )
    scene = Scene(lead, coding_round, incidents, {"lead": lead, "coder 0": coders[0], "coder 1": coders[1]})
    reader = add_member(session, lead, name=evil("name"), role="reader", person=makers.make_study(session).person)
    scene.everybody["reader"] = Viewer(session.get_one(type(lead.person), reader.person_id), lead.study, reader)
    a_model_says(session, database, scene, dimension.id)
    for coder, code in zip(coders, codes, strict=True):
        own = makers.assignment_of(session, coder, coding_round, incidents[0])
        makers.act(session, coder, own, "write_memo", text=evil("memo"), sharing="shared")
        makers.act(session, coder, own, "flag", note=evil("flag"))
        start = (incidents[0].text or "").index("<script")
        quote = (incidents[0].text or "")[start : start + 30]
        makers.act(session, coder, own, "toggle_code", dimension_id=dimension.id, code_id=code.id)
        makers.act(
            session,
            coder,
            own,
            "add_evidence",
            dimension_id=dimension.id,
            code_id=code.id,
            start=start,
            end=start + 30,
            quote=quote,
        )
        makers.act(session, coder, own, "submit", incomplete=True)
    return scene


def a_model_says(session, database, scene: Scene, dimension_id: int) -> None:
    run = ask_for_suggestions(session, scene.lead, scene.coding_round, model=f"m{TAGS}"[:60])
    session.flush()
    new = {"name": evil("name")[:110], "definition": evil("new")}
    said = {
        "quotes": [{"paragraph": 1, "text": evil("quote")}],
        "reasoning": evil("because"),
        "codes": [],
        "new_codes": [new],
    }
    model = ScriptedModel(otherwise={f"d{dimension_id}": said}, name=f"m{TAGS}"[:60])
    for incident in scene.incidents:
        suggest_for_incident(database, model, study_id=run.study_id, run_id=run.id, incident_id=incident.id)
    session.expire_all()


def settled(session, scene: Scene) -> None:
    makers.move_round(session, scene.lead, scene.coding_round, "settling")
    [apart, *_] = queue(session, scene.coding_round).disagreements
    open_answers(session, scene.lead, scene.coding_round, *apart.key)
    comment(session, scene.lead, scene.coding_round, *apart.key, evil("comment"))
    code_id = next(iter(c.id for c in whole_codebook(session, scene.lead.study.id).codes.values()))
    words = RulingWords("coded", "slip", evil("ruling"), code_ids=[code_id])
    rule(session, scene.lead, scene.coding_round, *apart.key, words)
    session.flush()


def what_would_run(page: str) -> list[str]:
    """Elements that only a payload can have made, and links that run."""
    parsed = LexborHTMLParser(page)
    made = [node.html for node in parsed.css(f"script#{MARK}, img.{MARK}, [onerror]")]
    made += [node.html for node in parsed.css("script:not([src])") if MARK in (node.html or "")]
    links = [node.html for node in parsed.css("[href], [src], [action], [formaction], [hx-get], [hx-post]")]
    made += [link for link in links if link and "javascript:" in link.lower().split(">")[0]]
    return [str(each)[:200] for each in made]


def test_nothing_that_was_written_runs_on_any_page(session, database, client_for) -> None:
    scene = a_study_of_payloads(session, database)
    shown = 0
    for phase in ("running", "settling"):
        if phase == "settling":
            settled(session, scene)
        addresses = [*get_addresses(session, scene), "/", "/account", "/people"]
        for who, viewer in scene.everybody.items():
            client = client_for(viewer)
            for address in addresses:
                for headers in ({}, HTMX):
                    answer = client.get(address, headers=headers)
                    if "text/html" not in answer.headers.get("content-type", ""):
                        continue
                    shown += MARK in answer.text
                    assert not what_would_run(answer.text), f"{who} at {address} ({phase})"
                    assert str(7919 * 7907) not in answer.text, f"a template ran what was written: {address}"
    assert shown > 100  # the payloads were really there


def test_the_check_sees_what_would_run() -> None:
    assert what_would_run(f"<p>{TAGS}</p>")
    assert what_would_run(f'<a href="{LINK}">x</a>')
    assert not what_would_run(f"<p>{TAGS.replace('<', '&lt;')}</p>")
