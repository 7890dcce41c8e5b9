"""The study as QDPX: valid by the official schema, whole in what it carries, and blind."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from app.adjudication.actions import change_phase
from app.codebook.actions import CodeText, create_code, merge_codes
from app.codebook.queries import disclosed_codebook
from app.coding.memo_subjects import subject_named
from app.coding.memos import add_memo
from app.coding.models import Exposure
from app.export.qdc import NAMESPACE as QDC
from app.export.qdc import qdc_file
from app.export.qdpx import NotValidQdpx, check_valid_project
from app.export.qdpx_words import NOT_CARRIED
from app.export.study_file import study_export, taken_study
from app.studies.models import StudyEvent
from tests.makers import (
    TEXT,
    assignment_of,
    code_and_submit,
    make_code,
    make_coders,
    make_incidents,
    make_round,
    make_study,
    move_round,
)
from tests.support.qda import check_valid_file, found, project_of


def exported(session, study) -> bytes:
    with study_export(session, study).file as file:
        return file.read()


def said(root, user: str, code: str) -> list[str]:
    """Titles of the documents that a user coded as a whole with a code."""
    user_guid = found(root, f"//q:User[@name='{user}']")[0].get("guid")
    code_guids = [each.get("guid") for each in found(root, f"//q:Code[@name='{code}']")]
    return [
        each.getparent().get("name")
        for each in found(root, "//q:TextSource/q:Coding")
        if each.get("creatingUser") == user_guid and each[0].get("targetGUID") in code_guids
    ]


def test_the_file_is_valid_and_holds_users_codes_cases_texts_and_codings(session, finished):
    content = exported(session, finished.lead.study)
    check_valid_file(content)
    root = project_of(content)
    ada, ben = finished.ada.name, finished.ben.name
    assert {each.get("name") for each in found(root, "//q:User")} == {finished.lead.name, ada, ben, "(final)"}
    tops = found(root, "q:CodeBook/q:Codes/q:Code")
    assert [(top.get("name"), top.get("isCodable")) for top in tops] == [("Root cause", "false"), ("Symptom", "false")]
    assert [each.get("name") for each in found(root, "q:Cases/q:Case")] == ["INC-1", "INC-2"]
    assert (said(root, ada, "Network"), said(root, ben, "Config")) == (["Incident 1", "Incident 2"], ["Incident 1"])
    assert said(root, ada, "(none applies)") == ["Incident 1", "Incident 2"]
    assert (said(root, "(final)", "Config"), said(root, "(final)", "Network")) == (["Incident 1"], ["Incident 2"])
    with ZipFile(BytesIO(content)) as archive:
        texts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("sources/")]
    assert texts == [TEXT, TEXT]


def test_promise_4_a_quote_is_text_from_start_to_end_in_code_points(session, finished):
    root = project_of(exported(session, finished.lead.study))
    selections = found(root, "//q:PlainTextSelection")
    assert len(selections) == 2  # one a document, with the codings of both coders
    for selection in selections:
        start, end = int(selection.get("startPosition")), int(selection.get("endPosition"))
        assert (start, TEXT[start:end], selection.get("name")) == (TEXT.index("😀"), TEXT[start : start + 5], "😀 for")
        assert len(found(selection, "q:Coding")) == 2


def test_a_ruling_is_a_note_on_what_was_ruled(session, finished):
    root = project_of(exported(session, finished.lead.study))
    (note,) = found(root, "//q:Note[@name='Ruling: Root cause']")
    assert note[0].text == "Method: adopted\nCause: slip\n\nThe push is named."
    (coding,) = found(root, f"//q:Coding[q:NoteRef/@targetGUID='{note.get('guid')}']")
    assert coding.getparent().get("name") == "Incident 1"


def test_what_the_file_does_not_carry_is_listed_in_it(session, finished):
    root = project_of(exported(session, finished.lead.study))
    (note,) = found(root, "//q:Note[@name='What this file does not carry']")
    assert note[0].text.startswith("\n".join(NOT_CARRIED))
    assert note.get("guid") in [each.get("targetGUID") for each in found(root, "q:NoteRef")]


def test_a_code_has_the_same_guid_in_the_codebook_file(session, finished):
    from lxml import etree

    root = project_of(exported(session, finished.lead.study))
    study = finished.lead.study
    codebook = etree.fromstring(qdc_file(disclosed_codebook(session, study.id), study.slug))
    named = {each.get("name"): each.get("guid") for each in codebook.iter(f"{{{QDC}}}Code")}
    here = {each.get("name"): each.get("guid") for each in found(root, "//q:Code")}
    assert named.items() <= here.items() and len(named) == 5


def test_promise_11_the_same_state_gives_the_same_bytes(session, finished):
    assert exported(session, finished.lead.study) == exported(session, finished.lead.study)


def test_promise_1_nothing_of_a_running_round_and_no_code_that_is_private_in_it_leaves(session, finished):
    lead, ada, ben = finished.lead, finished.ada, finished.ben
    later = make_round(session, lead, [ada, ben], make_incidents(session, lead, 1), name="SECRET round")
    code = make_code(session, ada, finished.cause, "SECRET code", disclosed="", created_in_round=later.id)
    own = assignment_of(session, ada, later)
    code_and_submit(session, ada, own, {finished.cause.id: [code]})
    add_memo(session, ada, subject_named(session, ada, f"incident-{own.incident_id}"), "SECRET memo", shared=True)
    content = exported(session, lead.study)
    check_valid_file(content)
    assert b"SECRET" not in content and "SECRET" not in all_of(content)
    assert len(found(project_of(content), "//q:TextSource")) == 3
    with taken_study(session, ada).file as file:
        assert "SECRET" not in all_of(file.read())


def test_promise_1_examples_out_of_an_incident_that_one_still_has_to_code_do_not_leave_with_them(session, finished):
    lead, ada = finished.lead, finished.ada
    incident, other = make_incidents(session, lead, 2)
    make_round(session, lead, [ada], [incident], name="Next")
    examples = tuple({"text": f"Words of {each.number}.", "incident_id": each.id} for each in (incident, other))
    words = CodeText("Exemplified", "Shown by words.", examples=examples)
    create_code(session, lead.study.id, lead.member, finished.cause.id, words, origin="a_priori")

    with taken_study(session, ada).file as file:
        hers = all_of(file.read())

    assert f"Words of {other.number}." in hers and f"Words of {incident.number}." not in hers
    with taken_study(session, finished.ben).file as file:
        assert f"Words of {incident.number}." in all_of(file.read())


def all_of(content: bytes) -> str:
    with ZipFile(BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_promise_1_a_round_that_was_reopened_leaves_no_coding_in_the_file(session, finished):
    change_phase(session, finished.lead, finished.coding_round.number, "running", reason="One was missing.")
    root = project_of(exported(session, finished.lead.study))
    assert found(root, "//q:Coding") == [] and found(root, "//q:PlainTextSelection") == []
    assert not any(note.get("name").startswith("Ruling") for note in found(root, "//q:Note"))
    assert len(found(root, "//q:TextSource")) == 2


def test_shared_memos_leave_and_private_ones_do_not_not_even_their_authors(session, finished):
    incident, code = f"incident-{finished.incidents[0].id}", f"code-{finished.network.id}"
    for subject, text, shared in (
        (incident, "Look at the push", True),
        (code, "Narrow it", True),
        ("study", "Aim", True),
    ):
        add_memo(session, finished.ada, subject_named(session, finished.ada, subject), text, shared=shared)
    add_memo(session, finished.ada, subject_named(session, finished.ada, incident), "MINE", shared=False)
    with taken_study(session, finished.ada).file as file:
        content = file.read()
    root = project_of(content)
    check_valid_file(content)
    notes = {note[0].text: note.get("guid") for note in found(root, "//q:Note[@name='Memo']")}
    places = {text: found(root, f"//q:NoteRef[@targetGUID='{guid}']")[0].getparent() for text, guid in notes.items()}
    assert {text: place.get("name") for text, place in places.items()} == {
        "Look at the push": "Incident 1",
        "Narrow it": "Network",
        "Aim": finished.lead.study.title,
    }
    assert content == exported(session, finished.lead.study)


def test_promise_3_taking_the_study_records_what_it_shows_before_it_leaves(session, finished):
    incident = f"incident-{finished.incidents[0].id}"
    memo = add_memo(session, finished.ben, subject_named(session, finished.ben, incident), "Look", shared=True)
    taken_study(session, finished.ada).file.close()
    shown = session.scalars(select(Exposure).where(Exposure.member_id == finished.ada.member.id)).all()
    assert {each.kind for each in shown} == {"colleague_code", "final_code", "ruling", "shared_memo"}
    assert [each.subject_id for each in shown if each.kind == "shared_memo"] == [memo.id]
    assert len([each for each in shown if each.kind == "colleague_code"]) == 2
    event = session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert (event.kind, event.member_id) == ("study.exported", finished.ada.member.id)


def test_a_merged_code_that_somebody_gave_stays_with_what_they_gave(session, finished):
    study, member = finished.lead.study, finished.lead.member
    merge_codes(session, study.id, member, finished.network.id, finished.config.id, reason="same")
    content = exported(session, study)
    check_valid_file(content)
    (code,) = found(project_of(content), "//q:Code[@name='Network']")
    assert (code.getparent().get("name"), code.getparent().get("isCodable")) == ("(no longer in use)", "false")
    assert said(project_of(content), finished.ada.name, "Network") == ["Incident 1", "Incident 2"]


def test_what_was_handed_in_last_in_the_newest_round_stands(session, finished):
    lead, ada = finished.lead, finished.ada
    again = make_round(session, lead, [ada], finished.incidents[:1], name="Again")
    code_and_submit(session, ada, assignment_of(session, ada, again), {finished.cause.id: [finished.config]})
    move_round(session, lead, again, "settling")
    root = project_of(exported(session, lead.study))
    assert (said(root, ada.name, "Config"), said(root, ada.name, "Network")) == (["Incident 1"], ["Incident 2"])
    assert "Left out: submissions of an earlier round (1)." in found(root, "//q:Note")[-1][0].text


def test_an_empty_study_and_one_without_a_finished_round_have_a_valid_file(session):
    lead = make_study(session)
    check_valid_file(exported(session, lead.study))
    make_incidents(session, lead, 1, text="A < B & C\x0b")
    make_coders(session, lead, 1)
    content = exported(session, lead.study)
    check_valid_file(content)
    assert found(project_of(content), "//q:Users") == []


def test_a_file_that_is_not_valid_is_not_given_out():
    with pytest.raises(NotValidQdpx, match="Project"):
        check_valid_project(BytesIO(b'<Project xmlns="urn:QDA-XML:project:1.0"><Users/></Project>'))


def test_the_page_lists_what_the_file_does_not_carry_and_gives_it_out(session, finished, client_for):
    client = client_for(finished.ada)
    page = client.get("/studies/finished/export").text
    assert "REFI-QDA project" in page and "Silent repeats and skips stay out." in page
    answer = client.post("/studies/finished/export/study")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"].endswith("finished.qdpx")
    check_valid_file(answer.content)
