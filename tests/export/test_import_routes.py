"""The pages on which a study comes in from a file."""

from sqlalchemy import select

from app.export.study_file import study_export
from app.studies.models import Membership, Study
from tests.makers import make_study
from tests.support.clients import client_for

__all__ = ["client_for"]

ADDRESS = "/studies/new/from-file"


def test_a_study_comes_in_by_the_page_and_whoever_brought_it_leads_it(session, finished, client_for):
    with study_export(session, finished.lead.study).file as file:
        content = file.read()
    client = client_for(finished.ada)
    assert "REFI-QDA project" in client.get(ADDRESS).text
    answer = client.post(
        ADDRESS, files={"file": ("study.qdpx", content)}, data={"title": "Once more", "slug": "", "levels": ""}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/studies/once-more/arrival")
    page = client.get("/studies/once-more/arrival").text
    assert "Everything in the file has its place here" in page and "study.qdpx" in page
    study_id = session.scalars(select(Study.id).where(Study.slug == "once-more")).one()
    members = session.scalars(select(Membership).where(Membership.study_id == study_id)).all()
    assert [each.person_id for each in members if each.role == "lead"] == [finished.ada.person.id]
    assert {each.name for each in members if each.kind == "placeholder"} >= {finished.ada.name, finished.ben.name}
    assert client_for(finished.ben).get("/studies/once-more/arrival").status_code == 404
    for path in ("", "codebook", "incidents", "rounds/1", "agreement", "disagreements", "export", "history", "memos"):
        assert client.get(f"/studies/once-more/{path}").status_code == 200, path


def test_what_cannot_be_brought_in_is_said_on_the_page_and_nothing_comes_in(session, finished, client_for):
    client = client_for(finished.ada)
    before = session.scalars(select(Study.id)).all()
    for files, data, sentence in (
        ({}, {}, "No file was chosen"),
        ({"file": ("a.qdpx", b"no zip")}, {}, "no ZIP that can be read"),
        ({"file": ("a.qdpx", b"no zip")}, {"levels": ";"}, "Levels within names are parted"),
    ):
        answer = client.post(ADDRESS, files=files, data={"title": "Typed", **data})
        assert answer.status_code == 422 and sentence in answer.text
    with study_export(session, finished.lead.study).file as file:
        taken = {"file": ("a.qdpx", file.read())}
    answer = client.post(ADDRESS, files=taken, data={"title": "Typed", "slug": "finished"})
    assert answer.status_code == 422 and "Another study has this short name" in answer.text
    assert 'value="Typed"' in answer.text
    assert session.scalars(select(Study.id)).all() == before


def test_a_study_that_did_not_come_in_a_file_has_no_such_page(session, client_for):
    lead = make_study(session, slug="own")
    assert client_for(lead).get("/studies/own/arrival").status_code == 404
