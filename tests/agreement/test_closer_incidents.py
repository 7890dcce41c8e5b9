"""The incidents behind a cell: each cell leads to its own, and none tells what was not opened (promise 3)."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.agreement.closer_incidents import OPENED_AT_ONCE
from app.coding.exposures import exposed_subjects
from app.coding.models import Exposure, Submission
from app.incidents.models import Incident
from app.rounds.models import Round
from app.studies.models import StudyEvent
from app.studies.viewer import Viewer
from tests import makers
from tests.agreement.conftest import Table, make_table
from tests.agreement.test_closer import CAUSES, GATEWAY, PUSH, coded_with, hand_in_all, repeated_round
from tests.support.clients import ClientFor


def url(table: Table, coding_round: Round, of: str, more: str = "", *, row: str = "reliability") -> str:
    base = f"/studies/{table.lead.study.slug}/agreement/incidents"
    return f"{base}?round={coding_round.number}&dimension={table.cause.id}&row={row}&of={of}{more}"


def fields(address: str) -> dict[str, str]:
    return dict(part.split("=") for part in address.partition("?")[2].split("&"))


def listed(html: str) -> list[str]:
    """Incidents by their ids, as they stand in the table."""
    return re.findall(r'<th scope="row"><a [^>]*><code class="id">([^<]+)</code>', html)


def three(session: Session) -> tuple[Table, Round]:
    table = make_table(session, coders=3)
    return table, table.coded_round(CAUSES)


def opened(client_for: ClientFor, viewer: Viewer, address: str) -> str:
    client = client_for(viewer)
    answer = client.post(address.partition("?")[0] + "/openings", data=fields(address))
    assert answer.status_code == 303
    return client.get(answer.headers["location"]).text


def test_where_coders_differ_is_listed_to_all_without_what_they_said(session: Session, client_for: ClientFor) -> None:
    table, coding_round = three(session)
    reader = makers.make_member(session, table.lead, role="reader")

    for viewer in (table.lead, table.coders[0], reader):
        page = client_for(viewer).get(url(table, coding_round, "differ")).text
        assert listed(page) == ["INC-2", "INC-4", "INC-6", "INC-7"]
        assert "What was said" not in page and "Load" not in page and "openings" not in page
    assert listed(client_for(reader).get(url(table, coding_round, "row")).text) == [f"INC-{n}" for n in range(1, 9)]


def test_promise_3_a_cell_of_codes_lists_nothing_before_it_was_opened_and_opening_is_recorded(
    session: Session, client_for: ClientFor
) -> None:
    table, coding_round = three(session)
    codes = f"&code={table.codes['Config'].id}&other={table.codes['Code'].id}"
    address = url(table, coding_round, "codes", codes)
    reader = makers.make_member(session, table.lead, role="reader")

    before = client_for(reader).get(address).text
    assert listed(before) == [] and "2 incidents more" in before
    assert exposed_subjects(session, table.lead.study.id, reader.member.id, "colleague_code") == set()

    after = opened(client_for, reader, address)
    assert listed(after) == ["INC-4", "INC-7"]
    assert "Config" in after and "not opened yet" not in after.lower()
    seen = session.scalars(select(Exposure).where(Exposure.member_id == reader.member.id)).all()
    of_two = select(Submission).where(Submission.round_id == coding_round.id)
    told = {s.id for s in session.scalars(of_two) if s.incident_id in {each.incident_id for each in seen}}
    assert {each.subject_id for each in seen} == told and len(told) == 6
    event = session.scalars(select(StudyEvent).where(StudyEvent.kind == "cell.opened")).one()
    assert (event.member_id, event.details["incidents"], event.veiled_by_round_id) == (
        reader.member.id,
        2,
        coding_round.id,
    )


def test_promise_3_what_a_member_opened_shows_to_nobody_else(session: Session, client_for: ClientFor) -> None:
    table, coding_round = three(session)
    address = url(table, coding_round, "code", f"&code={table.codes['Load'].id}")
    ada, ben, _ = table.coders
    assert listed(opened(client_for, ada, address)) == ["INC-2", "INC-3", "INC-6", "INC-8"]

    assert listed(client_for(ben).get(address).text) == []


def test_promise_3_a_pair_a_skip_and_repeats_are_lists_of_what_was_said_and_wait_for_an_opening(
    session: Session, client_for: ClientFor
) -> None:
    table, coding_round = three(session)
    ada, ben, cat = (coder.member.id for coder in table.coders)
    address = url(table, coding_round, "pair", f"&a={ada}&b={ben}")

    assert listed(client_for(table.coders[2]).get(address).text) == []
    # The two on which they differ come first; Cat's own answers are not told of here.
    page = opened(client_for, table.coders[2], address)
    assert listed(page)[:3] == ["INC-4", "INC-6", "INC-7"] or listed(page)[:2] == ["INC-4", "INC-6"]
    assert len(listed(page)) == 8
    seen = exposed_subjects(session, table.lead.study.id, cat, "colleague_code")
    by = set(session.scalars(select(Submission.member_id).where(Submission.id.in_(seen))))
    assert by == {ada, ben}


def test_a_skip_leads_to_its_incident_once_opened(session: Session, client_for: ClientFor, table: Table) -> None:
    coding_round, incidents = table.round_of(2)
    ada, ben = table.coders
    for incident in incidents:
        table.submit(ada, coding_round, incident, ["Config"])
    table.submit(ben, coding_round, incidents[0], ["Config"])
    skipped = makers.assignment_of(session, ben, coding_round, incidents[1])
    makers.act(session, ben, skipped, "skip", reason="not an incident")
    table.settle(coding_round)

    address = url(table, coding_round, "skipped")
    assert listed(client_for(table.lead).get(address).text) == []
    page = opened(client_for, table.lead, address)
    assert listed(page) == ["INC-2"] and "skipped" in page
    assert f"/disagreements/{coding_round.number}/{incidents[1].id}/{table.cause.id}" in page


def test_evidence_apart_leads_to_its_incidents(session: Session, client_for: ClientFor, table: Table) -> None:
    coding_round, incidents = table.round_of(2)
    ada, ben = table.coders
    for incident, other in zip(incidents, (PUSH, GATEWAY), strict=True):
        coded_with(table, ada, coding_round, incident, "Config", PUSH)
        coded_with(table, ben, coding_round, incident, "Config", other)
    table.settle(coding_round)

    page = opened(client_for, table.lead, url(table, coding_round, "evidence"))

    assert listed(page) == ["INC-2"]
    assert f'href="/studies/{table.lead.study.slug}/incidents/{incidents[1].id}"' in page, "they agree on the code"


def test_ones_own_repeats_are_ones_own_and_a_colleagues_wait(
    session: Session, client_for: ClientFor, table: Table
) -> None:
    coding_round, mine = repeated_round(table)
    hand_in_all(table, mine)
    table.settle(coding_round)
    ada, ben = table.coders
    address = url(table, coding_round, "repeats", f"&a={ada.member.id}", row="calibration")

    own = client_for(ada).get(address).text
    assert len(listed(own)) == 1 and "(the second time)" in own
    assert listed(client_for(ben).get(address).text) == []
    assert listed(opened(client_for, ben, address)) == listed(own)


def test_what_a_member_still_codes_elsewhere_is_not_opened_by_the_dozen(
    session: Session, client_for: ClientFor
) -> None:
    table, coding_round = three(session)
    newcomer = makers.make_member(session, table.lead)
    fourth = session.scalars(select(Incident).where(Incident.study_id == table.lead.study.id, Incident.number == 4))
    makers.make_round(session, table.lead, [newcomer], fourth.all())
    codes = f"&code={table.codes['Config'].id}&other={table.codes['Code'].id}"

    page = opened(client_for, newcomer, url(table, coding_round, "codes", codes))

    assert listed(page) == ["INC-7"]
    assert "1 incident is kept back" in page
    exposed = set(session.scalars(select(Exposure.incident_id).where(Exposure.member_id == newcomer.member.id)))
    assert len(exposed) == 1


def test_a_large_cell_is_opened_a_part_at_a_time(session: Session, client_for: ClientFor, table: Table) -> None:
    coding_round = table.coded_round([("Config", "Config")] * (OPENED_AT_ONCE + 2))
    address = url(table, coding_round, "code", f"&code={table.codes['Config'].id}")

    first = opened(client_for, table.lead, address)
    assert len(listed(first)) == OPENED_AT_ONCE and "2 incidents more" in first
    second = opened(client_for, table.lead, address)
    assert "Page 1 of 2" in second and "Not opened yet" not in second


@pytest.mark.parametrize(
    "more",
    [
        "&of=nonsense",
        "&of=pair&a=1&b=x",
        "&of=pair&a=999&b=998",
        "&of=codes&code=1",
        "&of=code&code=-1",
        "&level=depth",
    ],
)
def test_what_is_no_cell_is_not_found(session: Session, client_for: ClientFor, table: Table, more: str) -> None:
    coding_round = table.coded_round([("Config", "Code")] * 2)
    base = url(table, coding_round, "").removesuffix("&of=")

    assert client_for(table.lead).get(base + more).status_code == 404


def test_promise_1_behind_a_running_round_there_is_nothing(
    session: Session, client_for: ClientFor, table: Table
) -> None:
    coding_round, incidents = table.round_of(1)
    for coder, cause in zip(table.coders, ("Config", "Code"), strict=True):
        table.submit(coder, coding_round, incidents[0], [cause])

    for of in ("row", "differ", "skipped"):
        address = url(table, coding_round, of)
        assert client_for(table.lead).get(address).status_code == 404
        posted = client_for(table.lead).post(address.partition("?")[0] + "/openings", data=fields(address))
        assert posted.status_code == 404
    assert session.scalars(select(Exposure)).all() == []


def test_a_category_level_list_of_where_coders_differ_needs_an_opening(session: Session, client_for: ClientFor) -> None:
    """Who knows their own code would read off it that a colleague's stands under another category."""
    table, coding_round = three(session)

    page = client_for(table.coders[0]).get(url(table, coding_round, "differ", "&level=category")).text

    assert listed(page) == [] and "Not opened yet" in page


def test_answers_that_are_no_code_lead_to_their_incidents_as_codes_do(table: Table, client_for: ClientFor) -> None:
    coding_round, incidents = table.round_of(3)
    for coder in table.coders:
        for incident, said in zip(incidents, (["Config"], "none_applies", "not_enough_information"), strict=True):
            table.submit(coder, coding_round, incident, said)
    table.settle(coding_round)
    page = client_for(table.lead).get(f"/studies/{table.lead.study.slug}/agreement?round={coding_round.number}").text
    codes = page[page.index('aria-label="Table of codes"') :].split("</table>")[0]

    for token, incident in (("none", incidents[1]), ("not-enough", incidents[2])):
        (address,) = re.findall(rf'href="([^"]*of=code&amp;code={token})"', codes)
        (line,) = listed(opened(client_for, table.lead, address.replace("&amp;", "&")))
        assert incident.label in line
