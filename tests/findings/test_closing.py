"""A study is closed by its lead, who is told what is left; then it is read and taken out, and nothing in it changes."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.actions import settle_unanimous
from app.codebook.actions import CodeText, edit_code
from app.findings.closing import LeftToDo, StillCoding, close_study, left_to_do
from app.studies.closing import ClosedAlready, OpenAlready, open_study_by_slug, reopen_study
from app.studies.models import Study, StudyEvent
from app.studies.viewer import LeadOnly, StudyClosed, Viewer
from tests import makers
from tests.agreement.conftest import Table
from tests.findings.test_overview import CAUSES, text_of
from tests.support.clients import ClientFor


def events(session: Session, viewer: Viewer, kind: str) -> list[dict[str, object]]:
    found = select(StudyEvent.details).where(StudyEvent.study_id == viewer.study.id, StudyEvent.kind == kind)
    return list(session.scalars(found.order_by(StudyEvent.id)))


def is_closed(session: Session, viewer: Viewer) -> bool:
    session.expire_all()
    return session.get_one(Study, viewer.study.id).closed_at is not None


def settled_and_reworded(table: Table) -> None:
    """Five incidents of which one waits for a ruling and two bear a code that was reworded since."""
    coding_round = table.coded_round(CAUSES)
    settle_unanimous(table.session, table.lead, coding_round)
    words = CodeText("Code", "Said in other words.")
    lead = table.lead
    edit_code(table.session, lead.study.id, lead.member, table.codes["Code"].id, words, seen_seq=10**9, reason="clear")
    assert coding_round.phase == "settling"


def test_what_is_left_is_listed_before_a_study_is_closed_and_kept_in_its_history(
    table: Table, client_for: ClientFor
) -> None:
    settled_and_reworded(table)
    client, lead = client_for(table.lead), table.lead
    address = f"/studies/{lead.study.slug}/closing"

    told = text_of(client.get(address).text)
    assert "2 incidents bear a final code that was reworded, split or retired since they were coded." in told
    assert "is not closed: 1 disagreement waits for a ruling." in told

    refused = client.post(address, data={"reason": " "})
    assert refused.status_code == 422 and "Say why it is closed with this left to do" in refused.text
    assert not is_closed(table.session, lead)
    assert client.post(address, data={"reason": "The paper is out."}).status_code == 303
    assert is_closed(table.session, lead)
    assert events(table.session, lead, "study.closed") == [
        {"reason": "The paper is out.", "rounds_open": 1, "unreviewed": 2}
    ]


def test_a_study_in_which_nothing_is_left_is_closed_without_a_reason(table: Table, client_for: ClientFor) -> None:
    makers.move_round(table.session, table.lead, table.coded_round([("Config", "Config")]), "closed")
    assert left_to_do(table.session, table.lead) == LeftToDo((), (), (), 0)
    address = f"/studies/{table.lead.study.slug}/closing"
    assert "Nothing is left to do" in client_for(table.lead).get(address).text
    close_study(table.session, table.lead, "")
    with pytest.raises(ClosedAlready):
        close_study(table.session, table.lead, "")


def test_a_running_round_keeps_its_study_open(table: Table, client_for: ClientFor) -> None:
    table.round_of(2)
    with pytest.raises(StillCoding):
        close_study(table.session, table.lead, "Enough.")
    shown = client_for(table.lead).get(f"/studies/{table.lead.study.slug}/closing").text
    assert "still runs" in shown and "Close the study</button>" not in shown


def test_in_a_closed_study_nothing_changes_and_everything_is_read_and_taken_out(
    table: Table, client_for: ClientFor
) -> None:
    settled_and_reworded(table)
    close_study(table.session, table.lead, "Done.")
    base = f"/studies/{table.lead.study.slug}"
    client = client_for(table.lead)
    before = len(table.session.scalars(select(StudyEvent.id)).all())
    tried = [
        "/settings", "/rounds/1/phases", "/codebook/codes", "/imports", "/codebook/dimensions",
        f"/codebook/codes/{table.codes['Code'].id}/edit", "/incidents/1/exclusion",
    ]  # fmt: skip
    for path in tried:
        answer = client.post(base + path, data={"phase": "closed", "reason": "x", "name": "x"})
        assert answer.status_code in (404, 405, 409), path
        if answer.status_code == 409:
            assert "This study is closed" in answer.text, path
    assert client.post(f"{base}/settings", data={}).status_code == 409
    assert len(table.session.scalars(select(StudyEvent.id)).all()) == before

    for path in ("/", "/codebook", "/disagreements", "/agreement", "/rounds/1", "/history"):
        answer = client.get(base + path)
        assert answer.status_code == 200 and "This study is closed: nothing in it changes." in answer.text, path
    assert client.post(f"{base}/export/dataset", data={"form": "long"}).status_code == 200
    assert client.post(f"{base}/disagreements/1/flags/openings").status_code == 303
    assert client.post(f"{base}/members", data={"name": "Rhea", "role": "reader"}).status_code == 200


def test_commands_do_not_change_a_closed_study(table: Table) -> None:
    close_study(table.session, table.lead, "Done.")
    with pytest.raises(StudyClosed):
        open_study_by_slug(table.session, table.lead.study.slug)


def test_a_lead_opens_it_again_and_says_why(table: Table, client_for: ClientFor) -> None:
    close_study(table.session, table.lead, "Done.")
    client = client_for(table.lead)
    base = f"/studies/{table.lead.study.slug}"
    assert "is closed" in text_of(client.get(f"{base}/closing").text)
    assert client.post(f"{base}/closing/reopening", data={"reason": "A reviewer asks."}).status_code == 303
    assert not is_closed(table.session, table.lead)
    assert events(table.session, table.lead, "study.reopened") == [{"reason": "A reviewer asks."}]
    assert "A reviewer asks." in client.get(f"{base}/history").text
    with pytest.raises(OpenAlready):
        reopen_study(table.session, table.lead, "")
    assert client.post(f"{base}/closing/reopening", data={"reason": ""}).status_code == 409


def test_only_a_lead_closes_and_opens(table: Table, client_for: ClientFor) -> None:
    coder = table.coders[0]
    with pytest.raises(LeadOnly):
        reopen_study(table.session, coder, "")
    assert client_for(coder).post(f"/studies/{coder.study.slug}/closing", data={"reason": "x"}).status_code == 403
