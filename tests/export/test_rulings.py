"""Rulings leave with the copy of a study: what was ruled and why, the rules that came of it, and the talk before."""

import csv
import io
from zipfile import ZipFile

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.adjudication.actions import comment
from app.adjudication.rule_lines import RuleWords
from app.adjudication.ruling_acts import take_back_ruling
from app.codebook.queries import current_seq
from app.coding.models import Exposure
from app.export.deletion import take_copy
from tests.adjudication.conftest import Table, make_table

NAMES = ("rulings.csv", "ruling-rules.csv", "comments.csv")


def settled_table(session: Session) -> Table:
    table = make_table(session, incidents=2)
    for at in (0, 1):
        table.codes(table.ada, [table.config], at=at)
        table.codes(table.ben, [table.network], at=at)
    table.steps_to("settling")
    return table


def files_of(copied: bytes) -> dict[str, list[dict[str, str]]]:
    with ZipFile(io.BytesIO(copied)) as archive:
        found = [name for name in archive.namelist() if name in NAMES]
        return {name: list(csv.DictReader(io.StringIO(archive.read(name).decode()))) for name in found}


def test_promise_11_a_copy_holds_rulings_their_rules_and_the_talk_before(session: Session) -> None:
    table = settled_table(session)
    talk = comment(session, table.ada, table.coding_round, table.incident.id, table.cause.id, "Which push was it?")
    comment(session, table.ben, table.coding_round, table.incident.id, table.cause.id, "The second.", parent_id=talk.id)
    table.opens(table.lead)
    seen = current_seq(session, table.lead.study.id)
    line = RuleWords(table.config.id, "use_when", "A person pushed it.", None, seen)
    first = table.rules(
        table.lead, table.config, cause="definition_gap", rule=line, participant_ids=[table.ada.member.id]
    )
    take_back_ruling(session, table.lead, table.coding_round, first.id, "We had read the wrong incident.")
    table.rules(table.lead, table.network)

    copied = files_of(take_copy(session, table.lead).content)

    one, two = copied["rulings.csv"]
    assert (one["codes"], one["with"], one["cause"]) == ("Configuration", table.ada.member.name, "definition_gap")
    assert one["taken_back_because"] == "We had read the wrong incident." and two["taken_back_because"] == ""
    assert (two["codes"], two["dimension"], two["incident"]) == ("Network", "Root cause", table.incident.label)
    [rule] = copied["ruling-rules.csv"]
    assert (rule["ruling"], rule["code"], rule["kind"]) == (one["id"], "Configuration", "use_when")
    assert (rule["drafted"], rule["written"]) == ("A person pushed it.", "A person pushed it.")
    asked, answered = copied["comments.csv"]
    assert (asked["text"], answered["text"]) == ("Which push was it?", "The second.")
    assert answered["answers_to"] == asked["id"] and answered["written_by"] == table.ben.member.name


def test_promise_3_the_copy_is_an_exposure_to_what_others_ruled_and_said(session: Session) -> None:
    table = settled_table(session)
    said = comment(session, table.ada, table.coding_round, table.incident.id, table.cause.id, "Which push was it?")
    table.opens(table.judge)
    ruling = table.rules(table.judge, table.config)
    take_copy(session, table.lead)

    shown = session.execute(
        select(Exposure.kind, Exposure.subject_id).where(
            Exposure.member_id == table.lead.member.id, Exposure.kind.in_(("ruling", "comment"))
        )
    )
    assert {tuple(row) for row in shown} == {("ruling", ruling.id), ("comment", said.id)}
