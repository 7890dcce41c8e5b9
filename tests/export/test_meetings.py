"""Meetings leave with the copy of a study, votes as far as they were revealed, and go with it when it is deleted."""

import csv
import io
from zipfile import ZipFile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.adjudication import meeting_actions
from app.adjudication.meeting_models import Meeting
from app.coding.models import Exposure
from app.export.deletion import delete_study, take_copy
from tests.adjudication.meeting_table import make_meeting_table, under_way


def files_of(copied: bytes) -> dict[str, list[dict[str, str]]]:
    with ZipFile(io.BytesIO(copied)) as archive:
        names = [name for name in archive.namelist() if name.startswith("meeting")]
        return {name: list(csv.DictReader(io.StringIO(archive.read(name).decode()))) for name in names}


def test_promise_11_a_copy_holds_meetings_and_the_votes_that_were_revealed(session: Session) -> None:
    meeting = under_way(session)
    table = meeting.table
    meeting.votes(table.ada, table.human)
    meeting.votes(table.ben, "abstains")
    meeting.reveals(table.judge)
    meeting.votes(table.ben, table.human)
    ruling = meeting.rules(table.judge, table.human)
    meeting.opens(table.ada)
    meeting.votes(table.ada, table.network)  # and it is not revealed
    meeting_actions.leave(session, table.ben, meeting.number)

    first = take_copy(session, table.lead)
    files = files_of(first.content)

    assert [row["started_by"] for row in files["meetings.csv"]] == [str(table.judge.member.id)]
    parts = [(row["part"], row["to"] != "") for row in files["meeting-people.csv"]]
    assert parts == [("present", False), ("present", False), ("present", True), ("scribe", False)]
    assert [(row["outcome"], row["ruling_id"]) for row in files["meeting-items.csv"]] == [
        ("ruled", str(ruling.id)),
        ("", ""),
    ]
    votes = [
        (row["member_id"], row["after_reveal"], row["state"], row["code_ids"]) for row in files["meeting-votes.csv"]
    ]
    assert votes == [
        (str(table.ada.member.id), "no", "coded", str(table.human.id)),
        (str(table.ben.member.id), "no", "abstains", ""),
        (str(table.ben.member.id), "yes", "coded", str(table.human.id)),
    ]
    assert files_of(take_copy(session, table.lead).content) == files


def test_promise_3_whoever_takes_the_copy_was_shown_the_votes_in_it(session: Session) -> None:
    meeting = under_way(session)
    meeting.votes(meeting.table.ada, meeting.table.human)
    meeting.reveals(meeting.table.judge)
    of_lead = (Exposure.member_id == meeting.table.lead.member.id, Exposure.kind == "vote")
    asked = select(func.count()).select_from(Exposure).where(*of_lead)
    assert session.scalar(asked) == 0

    take_copy(session, meeting.table.lead)

    assert session.scalar(asked) == 1


def test_where_no_meeting_was_held_a_copy_holds_no_file_of_them(session: Session) -> None:
    meeting = make_meeting_table(session)

    assert files_of(take_copy(session, meeting.table.lead).content) == {}


def test_a_deleted_study_takes_its_meetings_along(session: Session) -> None:
    meeting = under_way(session)
    meeting.votes(meeting.table.ada, meeting.table.human)
    meeting.reveals(meeting.table.judge)
    take_copy(session, meeting.table.lead)

    delete_study(session, meeting.table.lead, typed=meeting.table.lead.study.slug)

    assert session.scalars(select(Meeting.id)).all() == []
