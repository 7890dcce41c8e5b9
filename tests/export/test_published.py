"""A published version, as somebody who is nobody here reads it; and the page on which the lead publishes it."""

import json
import re
from html import unescape

import pytest

from app.codebook import actions
from app.export.published_page import FEW
from app.rounds.queries import frozen_version
from tests import makers
from tests.curation.closed_round import coded_round
from tests.makers import make_code, make_dimension
from tests.support.clients import client_for

__all__ = ["client_for"]
BOOK = "/studies/genai/codebook"


@pytest.fixture
def lead(session):
    return makers.make_study(session, slug="genai")


@pytest.fixture
def version(session, lead):
    cause = make_dimension(session, lead, "Root cause", question="What made it possible?")
    load = make_code(session, lead, cause, "Load", is_category=True)
    make_code(session, lead, cause, "Retry storm", definition="Clients call again.", parent_id=load.id)
    gone, stays = make_code(session, lead, cause, "Gone"), make_code(session, lead, cause, "Stays")
    actions.merge_codes(session, lead.study.id, lead.member, gone.id, stays.id, reason="The same")
    return actions.name_version(session, lead.study.id, lead.member, name="v1", notes="After the pilot")


def words_of(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def link_of(client, version, **how) -> str:
    address = f"{BOOK}/versions/{version.id}"
    answer = client.post(f"{address}/publication", data={"reach": "anybody", **how})
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    found = re.search(r'href="[^"]*(/published/[^"]+)"', client.get(address).text)
    assert found
    return found[1]


def test_anybody_with_the_link_reads_the_version_without_signing_in(client_for, lead, version):
    link, nobody = link_of(client_for(lead), version), client_for(None)
    answer = nobody.get(link)
    said = words_of(answer.text)
    assert answer.status_code == 200 and answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert f"Codebook of {lead.study.title}" in said and "After the pilot" in said
    assert "What made it possible?" in said and "Retry storm Definition Clients call again." in said
    assert "No longer applied: Gone (merged into Stays)" in said
    assert "No figure is the reliability of this version" in said and "Post hoc" in said
    assert lead.name not in said and "/studies/" not in answer.text


@pytest.mark.parametrize("format", ["csv", "xlsx", "json", "qdc"])
def test_the_version_is_taken_out_in_every_form(client_for, lead, version, format):
    link = link_of(client_for(lead), version)
    answer = client_for(None).post(f"{link}/file", data={"format": format})
    assert answer.status_code == 200 and "genai-codebook-v1" in answer.headers["content-disposition"]
    if format == "json":
        names = {code["name"] for code in json.loads(answer.text)["dimensions"][0]["codes"]}
        assert {"Load", "Retry storm", "Stays"} <= names


def test_a_form_of_file_that_there_is_not_is_refused(client_for, lead, version):
    link = link_of(client_for(lead), version)
    assert client_for(None).post(f"{link}/file", data={"format": "doc"}).status_code == 422


def test_a_link_that_was_taken_back_is_not_found(client_for, lead, version):
    client = client_for(lead)
    link = link_of(client, version)
    revocation = re.search(r'action="([^"]+/revocation)"', client.get(f"{BOOK}/versions/{version.id}").text)
    assert client.post(revocation[1]).status_code == 303
    for who in (None, lead):
        assert client_for(who).get(link).status_code == 404
        assert client_for(who).post(f"{link}/file", data={}).status_code == 404
    assert client.post(revocation[1]).status_code == 409
    assert "Not published" in client.get(f"{BOOK}/versions/{version.id}").text


def test_a_link_for_members_sends_who_is_not_signed_in_to_sign_in_and_is_not_found_by_others(
    session, client_for, lead, version
):
    link = link_of(client_for(lead), version, reach="members")
    assert client_for(makers.make_member(session, lead, role="reader")).get(link).status_code == 200
    assert client_for(None).get(link).headers["location"].startswith("/sign-in")
    assert client_for(makers.make_study(session)).get(link).status_code == 404
    assert client_for(None).get("/published/guessed").status_code == 404


def test_only_the_lead_publishes_and_what_is_missing_is_said_in_the_form(session, client_for, lead, version):
    address = f"{BOOK}/versions/{version.id}"
    coder = client_for(makers.make_member(session, lead))
    assert coder.post(f"{address}/publication", data={"reach": "anybody"}).status_code == 403
    page = coder.get(address).text
    assert "Not published" in page and "Publish v1" not in page
    refused = client_for(lead).post(f"{address}/publication", data={})
    assert refused.status_code == 422 and "Say who may read it" in refused.text
    assert client_for(lead).get(f"{BOOK}/versions/99999").status_code == 404


def test_a_large_codebook_is_read_by_its_contents_by_dimension_by_words_and_on_one_page(session, client_for, lead):
    cause = make_dimension(session, lead, "Root cause", question="What made it possible?")
    for number in range(FEW + 1):
        make_code(session, lead, cause, f"Cause {number}", definition=f"It was {number}.")
    link = link_of(
        client_for(lead), actions.name_version(session, lead.study.id, lead.member, name="v1", notes="Large")
    )
    nobody = client_for(None)
    contents = nobody.get(link).text
    assert "Cause 140" in contents and "It was 140." not in contents and "No figure is the reliability" in contents
    address = unescape(re.search(r'href="([^"#]+)#[^"]+">Cause 140<', contents)[1])
    assert "It was 140." in nobody.get(address).text and "It was 40." not in nobody.get(address).text
    found = words_of(nobody.get(f"{link}?find=was+140.").text)
    assert "1 code" in found and "It was 140." in found and "It was 40." not in found
    whole = nobody.get(f"{link}?all").text
    assert all(f"It was {number}." in whole for number in range(FEW + 1))
    for junk in ("4", "0", "x", "9" * 30):
        assert nobody.get(f"{link}?dimension={junk}").status_code == 404
    assert nobody.get(f"{link}?dimension=1&page=99").status_code == 200


def test_post_hoc_figures_stand_apart_from_reliability_on_the_page(session, client_for, lead):
    cause = make_dimension(session, lead, "Root cause")
    codes = [make_code(session, lead, cause, name) for name in ("load", "change")]
    closed = coded_round(session, lead, makers.make_coders(session, lead, 2), cause, codes, name="May")
    later = actions.name_version(session, lead.study.id, lead.member, name="later")
    own = client_for(None).get(link_of(client_for(lead), frozen_version(session, closed))).text
    other = client_for(None).get(link_of(client_for(lead), later)).text
    for text, in_first, in_second in ((own, True, False), (other, False, True)):
        reliability, _, post_hoc = text[text.index('id="reliability-h"') :].partition('id="post-hoc-h"')
        assert ("n = 8" in reliability, "n = 8" in post_hoc) == (in_first, in_second)
        assert ("never the study’s reliability" in words_of(post_hoc)) == in_second
