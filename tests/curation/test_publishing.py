"""Publishing a version: who may, which figures are its reliability, what is on it, and taking it back."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.accounts.viewer import SignedOut
from app.adjudication.actions import change_phase as close_round
from app.agreement.figures import round_figures
from app.agreement.stored_figures import stored_sets
from app.codebook import actions
from app.codebook.actions import CodeText
from app.codebook.queries import version as version_of
from app.codebook.queries import whole_codebook
from app.curation.published import published
from app.curation.publishing import NoSuchReach, PublishedAlready, RevokedAlready, publish, revoke
from app.curation.statement import statement
from app.problems import NotFound
from app.rounds.actions import change_phase
from app.studies.models import StudyEvent
from tests import makers
from tests.curation.closed_round import coded_round, coders, lead
from tests.makers import act, assignment_of, make_code, make_dimension, make_round, move_round

__all__ = ["coders", "lead"]


@pytest.fixture
def cause(session, lead):
    return make_dimension(session, lead, "Root cause", question="What made it possible?")


@pytest.fixture
def codes(session, lead, cause):
    return [make_code(session, lead, cause, name, definition=f"It was {name}.") for name in ("load", "change")]


def name_version(session, lead, name):
    return actions.name_version(session, lead.study.id, lead.member, name=name)


def frozen_version_of(session, coding_round):
    return version_of(session, coding_round.study_id, coding_round.codebook_version_id)


def open_to_anybody(session, lead, version, **how):
    return publish(session, lead, version.id, **{"reach": "anybody", "quotes_examples": False, **how})


def names_on(found):
    return {code.name for code in found.codebook.codes.values()}


def test_promise_9_only_closed_reliability_rounds_coded_under_the_version_are_its_reliability(
    session, lead, coders, cause, codes
):
    coding_round = coded_round(session, lead, coders, cause, codes)
    version = frozen_version_of(session, coding_round)
    other = name_version(session, lead, "later")
    coded_round(session, lead, coders, cause, codes, purpose="calibration", name="Noise", version_id=version.id)

    (told,) = statement(session, version).reliability
    (line,) = told.lines
    (row,) = round_figures(session, coding_round).reliability
    assert (line.dimension, line.whisker.value, line.whisker.low, line.whisker.high, line.whisker.n) == (
        "Root cause", row.headline.value, row.headline.low, row.headline.high, 8,
    )  # fmt: skip
    assert (told.incidents, line.raters, statement(session, version).beside) == (8, 2, ())
    assert statement(session, other).reliability == ()


def test_the_statement_cites_the_hash_of_the_figures_that_were_stored_when_the_round_was_closed(
    session, lead, coders, cause, codes, client_for
):
    coding_round = coded_round(session, lead, coders, cause, codes, phase="settling")
    close_round(session, lead, coding_round.number, "closed", reason="One may stay open.")
    version = frozen_version_of(session, coding_round)
    (stored,) = stored_sets(session, coding_round)
    publication = open_to_anybody(session, lead, version)

    (told,) = statement(session, version).reliability

    assert told.stored == stored.inputs_sha256
    page = client_for(None).get(f"/published/{publication.token}").text
    assert stored.inputs_sha256 in page.replace("<wbr>", "")


@pytest.mark.parametrize("phase", ["running", "settling"])
def test_promise_1_nothing_is_told_of_a_round_that_is_not_closed(session, lead, coders, cause, codes, phase):
    coding_round = coded_round(session, lead, coders, cause, codes, phase=phase)
    assert statement(session, frozen_version_of(session, coding_round)).reliability == ()


def test_promise_1_notes_that_name_a_round_wait_until_it_is_closed(session, lead, coders, cause, codes):
    coding_round = coded_round(session, lead, coders, cause, codes, phase="running", name="Round of March")
    version = frozen_version_of(session, coding_round)
    publication = open_to_anybody(session, lead, version)
    assert "Round of March" in version.notes
    assert published(session, publication.token, None).notes == ""
    move_round(session, lead, coding_round, "closed")
    assert published(session, publication.token, None).notes == version.notes


def test_a_round_that_is_reopened_takes_its_figures_along(session, lead, coders, cause, codes):
    coding_round = coded_round(session, lead, coders, cause, codes)
    version = frozen_version_of(session, coding_round)
    assert statement(session, version).reliability
    change_phase(session, lead, coding_round.number, "settling", reason="One more look")
    assert statement(session, version).reliability == ()


def test_figures_over_codes_that_were_pooled_after_the_coding_are_not_its_reliability(session, lead, coders, cause):
    incidents = makers.make_incidents(session, lead, 6)
    coding_round = make_round(session, lead, coders, incidents, purpose="reliability")
    for coder in coders:
        for incident in incidents:
            assignment = assignment_of(session, coder, coding_round, incident)
            act(session, coder, assignment, "create_code", dimension_id=cause.id, name=f"Own {incident.number % 2}")
            act(session, coder, assignment, "submit")
    move_round(session, lead, coding_round, "settling")
    for code in whole_codebook(session, lead.study.id).codes.values():
        words = CodeText(f"Pooled {code.id}")
        actions.edit_code(session, lead.study.id, lead.member, code.id, words, seen_seq=10**9, reason="Pooled")
    move_round(session, lead, coding_round, "closed")

    found = statement(session, frozen_version_of(session, coding_round))
    assert [told.lines for told in found.reliability] == [()]
    assert [line.words for told in found.beside for line in told.lines] == [
        "Mapped after coding: not a reliability estimate"
    ]


def test_publishing_makes_a_link_and_is_written_down(session, lead, cause, codes):
    version = name_version(session, lead, "v1")
    publication = open_to_anybody(session, lead, version)
    assert len(publication.token) >= 22
    found = published(session, publication.token, None)
    assert (found.study.id, found.version.name, names_on(found)) == (lead.study.id, "v1", {"load", "change"})
    event = session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert (event.kind, event.subject_id, event.details["reach"]) == ("codebook.published", version.id, "anybody")
    with pytest.raises(PublishedAlready):
        open_to_anybody(session, lead, version)
    with pytest.raises(NoSuchReach):
        open_to_anybody(session, lead, name_version(session, lead, "v2"), reach="the world")


def test_a_link_that_was_taken_back_is_not_found_and_the_next_one_is_another(session, lead, cause, codes):
    version = name_version(session, lead, "v1")
    first = open_to_anybody(session, lead, version)
    revoke(session, lead, first.id)
    with pytest.raises(NotFound):
        published(session, first.token, lead.person)
    with pytest.raises(RevokedAlready):
        revoke(session, lead, first.id)
    kinds = session.scalars(select(StudyEvent.kind).where(StudyEvent.subject_id == version.id)).all()
    assert "codebook.publication_revoked" in kinds
    second = open_to_anybody(session, lead, version)
    assert second.token != first.token and published(session, second.token, None)


def test_a_link_of_another_study_cannot_be_taken_back_and_its_version_not_published(session, lead, cause, codes):
    other = makers.make_study(session)
    version = name_version(session, lead, "v1")
    publication = open_to_anybody(session, lead, version)
    with pytest.raises(NotFound):
        revoke(session, other, publication.id)
    with pytest.raises(NotFound):
        open_to_anybody(session, other, name_version(session, lead, "v2"))


def test_a_link_for_members_is_for_members(session, lead, coders, cause, codes):
    publication = open_to_anybody(session, lead, name_version(session, lead, "v1"), reach="members")
    assert published(session, publication.token, coders[0].person)
    with pytest.raises(SignedOut):
        published(session, publication.token, None)
    with pytest.raises(NotFound):
        published(session, publication.token, makers.make_study(session).person)
    with pytest.raises(NotFound):
        published(session, "guessed", None)


def test_promise_1_a_private_code_is_on_no_published_page_also_when_it_is_disclosed_later(
    session, lead, coders, cause, codes
):
    coding_round = make_round(session, lead, coders, makers.make_incidents(session, lead, 1), purpose="reliability")
    own = assignment_of(session, coders[0], coding_round)
    act(session, coders[0], own, "create_code", dimension_id=cause.id, name="COINED")
    version = name_version(session, lead, "now")
    before = open_to_anybody(session, lead, version)
    assert names_on(published(session, before.token, coders[0].person)) == {"load", "change"}

    move_round(session, lead, coding_round, "settling")
    assert names_on(published(session, before.token, None)) == {"load", "change"}
    revoke(session, lead, before.id)
    again = open_to_anybody(session, lead, version)
    assert names_on(published(session, again.token, None)) == {"load", "change", "COINED"}


def test_what_is_done_to_the_codebook_later_does_not_touch_what_was_published(session, lead, cause, codes):
    version = name_version(session, lead, "v1")
    publication = open_to_anybody(session, lead, version)
    before = published(session, publication.token, None)
    actions.merge_codes(session, lead.study.id, lead.member, codes[0].id, codes[1].id, reason="The same")
    make_code(session, lead, cause, "New")
    after = published(session, publication.token, None)
    assert after.codebook == before.codebook and names_on(after) == {"load", "change"}


def test_examples_of_incidents_are_published_only_if_the_lead_said_so_and_never_while_they_are_coded(
    session, lead, coders, cause, codes
):
    quoted, busy = makers.make_incidents(session, lead, 2)
    examples = (
        {"text": "own words"},
        {"text": "of the first", "incident_id": quoted.id},
        {"text": "of the second", "incident_id": busy.id},
    )
    words = replace(CodeText("load"), examples=examples)
    actions.edit_code(session, lead.study.id, lead.member, codes[0].id, words, seen_seq=10**9, reason="Examples")
    version = name_version(session, lead, "v1")

    def shown(quotes_examples):
        publication = open_to_anybody(session, lead, version, quotes_examples=quotes_examples)
        found = published(session, publication.token, None).codebook.codes[codes[0].id].examples
        revoke(session, lead, publication.id)
        return [example["text"] for example in found]

    assert shown(False) == ["own words"]
    assert shown(True) == ["own words", "of the first", "of the second"]
    coding_round = make_round(session, lead, coders, [busy])
    assert shown(True) == ["own words", "of the first"]
    move_round(session, lead, coding_round, "settling")
    assert shown(True) == ["own words", "of the first", "of the second"]
