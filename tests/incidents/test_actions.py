"""Bringing a file in: once, whatever the mapping, and every row that stays out with its reason."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from app.db.session import Database
from app.incidents import actions, queries
from app.incidents.actions import ImportPreview
from app.incidents.guessing import guess_mapping, with_chosen
from app.incidents.mapping import IncidentField, Mapping
from app.incidents.models import Import, Incident, IncidentExclusion
from app.incidents.readers import ReaderProblem, read_table
from app.studies.models import StudyEvent
from app.studies.viewer import LeadOnly, Viewer
from tests import makers

LONG = "the queue filled up and every client that called got nothing but errors until we drained it"
HEAD = "id,title,body,service,started_at"
SERVICES = {1: "search", 2: "mail", 3: "search"}
ROWS = [f"{n},Title {n},{LONG} {n},{SERVICES[n]},2025-03-0{n} 10:00" for n in (1, 2, 3)]


def a_file(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *(rows or ROWS)]).encode()


@pytest.fixture
def lead(session: Session) -> Viewer:
    return makers.make_study(session)


def bring(
    session: Session, lead: Viewer, content: bytes, mapping: Mapping | None = None, *, source: str = "import"
) -> ImportPreview:
    uploaded = actions.upload(session, lead, file_name="incidents.csv", content=content)
    mapping = mapping or guess_mapping(actions.table_of(uploaded))
    return actions.import_incidents(session, lead, uploaded, mapping, source=source)


def count(session: Session, lead: Viewer) -> int:
    other_study = makers.make_study(session)
    makers.make_incidents(session, other_study, 1)
    return session.scalars(select(func.count()).where(Incident.study_id == lead.study.id)).one()


def test_good_rows_come_in_numbered_and_the_act_is_in_the_log(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    bring(session, lead, a_file(f"9,Nine,{LONG},search,2025-03-09 10:00"))

    found = queries.incidents(session, lead.study.id, queries.IncidentFilter())
    assert [(one.number, one.external_id) for one in found] == [(1, "1"), (2, "2"), (3, "3"), (4, "9")]
    assert session.scalars(select(StudyEvent.kind).order_by(StudyEvent.id)).all()[-2:] == [
        "incidents.uploaded",
        "incidents.imported",
    ]
    events = session.scalars(select(StudyEvent).where(StudyEvent.kind == "incidents.imported")).all()
    assert [event.details["added"] for event in events] == [3, 1]


def test_the_same_file_twice_adds_nothing(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    again = bring(session, lead, a_file())

    assert (len(again.new), len(again.already_here), again.changed) == (0, 3, [])
    assert count(session, lead) == 3


def test_the_same_file_under_another_mapping_and_source_adds_nothing(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    guess = guess_mapping(read_table(a_file(), "csv"))
    other = guess.with_field(IncidentField.ATTRIBUTE, "id").with_text_from(["title", "body"])

    again = bring(session, lead, a_file(), other, source="elsewhere")

    assert (len(again.new), len(again.already_here)) == (0, 3)
    assert count(session, lead) == 3


def test_the_same_rows_in_another_order_add_nothing(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    columns_swapped = [",".join(reversed(row.split(","))) for row in reversed(ROWS)]

    assert bring(session, lead, a_file(*reversed(ROWS))).new == []
    assert bring(session, lead, a_file(*columns_swapped, head=",".join(reversed(HEAD.split(","))))).new == []
    assert count(session, lead) == 3


def test_a_changed_row_with_the_same_id_counts_as_already_here(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    again = bring(session, lead, a_file(ROWS[0].replace("drained", "restarted"), ROWS[1]))

    assert (len(again.new), len(again.already_here), [row.external_id for row in again.changed]) == (0, 2, ["1"])
    kept = session.scalars(select(Incident.text).where(Incident.external_id == "1")).one()
    assert kept is not None and "drained" in kept


def test_the_same_id_from_another_source_is_another_incident(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())

    assert len(bring(session, lead, a_file(ROWS[0].replace("search", "chat")), source="status page").new) == 1


def test_a_blank_source_is_the_usual_one(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file())
    changed = a_file(ROWS[0].replace("search", "chat"))

    assert actions.preview(session, lead.study.id, read_table(changed, "csv"), _guess(changed), "  ").new == []


def test_bad_rows_are_listed_and_good_ones_come_in(session: Session, lead: Viewer) -> None:
    rows = [ROWS[0], "2,No text,,search,2025-03-02 10:00", f"3,x,{LONG},search,yesterday", "4,short row", ROWS[0]]
    found = bring(session, lead, a_file(*rows), _guess(a_file()))

    assert [row.external_id for row in found.new] == ["1"]
    assert [(problem.line, problem.column) for problem in found.reading.refused] == [
        (3, "body"),
        (4, "started_at"),
        (5, None),
        (6, None),
    ]
    stored = session.scalars(select(Import)).one().problems
    assert [one["line"] for one in stored if not one["is_warning"]] == [3, 4, 5, 6]


def test_a_file_of_which_no_row_can_come_in_is_refused_and_stays_open(session: Session, lead: Viewer) -> None:
    content = a_file(*(row.replace("2025", "soon") for row in ROWS))
    uploaded = actions.upload(session, lead, file_name="incidents.csv", content=content)

    with pytest.raises(actions.NothingToImport):
        actions.import_incidents(session, lead, uploaded, _guess(a_file()))
    assert uploaded.imported_at is None and count(session, lead) == 0


def test_an_upload_is_imported_once(session: Session, lead: Viewer) -> None:
    uploaded = actions.upload(session, lead, file_name="incidents.csv", content=a_file())
    actions.import_incidents(session, lead, uploaded, _guess(a_file()))

    with pytest.raises(actions.AlreadyImported):
        actions.import_incidents(session, lead, uploaded, _guess(a_file()))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("", a_file(), actions.NoFile),
        ("a.csv", b"", actions.EmptyFile),
        ("a.pdf", a_file(), ReaderProblem),
        ("a.csv", b"id,title\n", ReaderProblem),
    ],
)
def test_what_cannot_be_read_is_not_kept(
    session: Session, lead: Viewer, name: str, content: bytes, problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        actions.upload(session, lead, file_name=name, content=content)
    assert session.scalars(select(Import)).all() == []


def test_only_leads_import(session: Session, lead: Viewer) -> None:
    coder = makers.make_member(session, lead)
    uploaded = actions.upload(session, lead, file_name="incidents.csv", content=a_file())

    with pytest.raises(LeadOnly):
        actions.upload(session, coder, file_name="incidents.csv", content=a_file())
    with pytest.raises(LeadOnly):
        actions.import_incidents(session, coder, uploaded, _guess(a_file()))


def test_two_imports_of_one_file_at_once_add_it_once(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
        ids = [actions.upload(session, lead, file_name="incidents.csv", content=a_file()).id for _ in ("one", "other")]
    added: list[int] = []
    start = threading.Barrier(2)

    def bring_in(import_id: int) -> None:
        with database.transaction() as session:
            uploaded = queries.one_import(session, lead.study.id, import_id)
            start.wait()
            added.append(len(actions.import_incidents(session, lead, uploaded, _guess(a_file())).new))

    threads = [threading.Thread(target=bring_in, args=(import_id,)) for import_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(added) == [0, 3]
    database.dispose()


def test_one_upload_imported_by_two_at_once_comes_in_once(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
        import_id = actions.upload(session, lead, file_name="incidents.csv", content=a_file()).id
    ended: list[str] = []
    start = threading.Barrier(2)

    def bring_in() -> None:
        try:
            with database.transaction() as session:
                uploaded = queries.one_import(session, lead.study.id, import_id)
                start.wait()
                actions.import_incidents(session, lead, uploaded, _guess(a_file()))
            ended.append("added")
        except actions.AlreadyImported:
            ended.append("refused")

    threads = [threading.Thread(target=bring_in) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ended) == ["added", "refused"]
    database.dispose()


def test_an_incident_is_left_out_with_a_reason_and_taken_in_again(session: Session, lead: Viewer) -> None:
    one, other = makers.make_incidents(session, lead, 2)
    actions.exclude(session, lead, one.id, reason=" A drill. ")
    actions.exclude(session, lead, one.id, reason="Again")

    assert queries.excluded_ids(session, lead.study.id) == {one.id}
    exclusion = queries.open_exclusion(session, lead.study.id, one.id)
    assert exclusion is not None and exclusion.reason == "A drill."

    actions.include_again(session, lead, one.id)
    assert queries.excluded_ids(session, lead.study.id) == set()
    with pytest.raises(actions.ExclusionNeedsReason):
        actions.exclude(session, lead, other.id, reason=" ")
    with pytest.raises(actions.ReasonTooLong):
        actions.exclude(session, lead, other.id, reason="x" * 2_001)


def test_what_a_person_chose_is_guessed_anew_for_day_and_month(session: Session) -> None:
    rows = [f"{n},Title {n},{LONG},0{n}/04/2025 10:00,2025-04-0{n} 10:30" for n in (1, 2, 3)]
    table = read_table(a_file(*rows, head="id,title,body,when,detected_at"), "csv")
    chosen = with_chosen(table, guess_mapping(table), {"when": IncidentField.STARTED_AT}).of("when")

    assert (chosen.field, chosen.day_first, chosen.standing) == (IncidentField.STARTED_AT, True, "ask")
    assert "day first fits detected_at in 3 of 3" in chosen.reason


def test_columns_chosen_as_text_come_after_the_guessed_ones(session: Session) -> None:
    table = read_table(a_file(), "csv")
    mapping = with_chosen(table, guess_mapping(table), {"title": IncidentField.TEXT, "body": IncidentField.TEXT})

    assert mapping.text_from == ("body", "title")
    assert replace(mapping, text_from=()) != mapping


def test_the_list_finds_words_ids_and_numbers(session: Session, lead: Viewer) -> None:
    bring(session, lead, a_file(*ROWS, f"INC-7,Odd one,{LONG} zebra,chat,2025-03-07 10:00"))

    def found(**wanted: str) -> list[int]:
        return [one.number for one in queries.incidents(session, lead.study.id, queries.IncidentFilter(**wanted))]

    assert found(words="zebra") == [4] and found(words="inc-7") == [4] and found(words="#2") == [2]
    assert found(service="chat") == [4] and found(words="zebra", service="search") == []
    assert queries.choices(session, lead.study.id)["service"] == ["chat", "mail", "search"]


def _guess(content: bytes) -> Mapping:
    return guess_mapping(read_table(content, "csv"))


def test_an_exclusion_sent_twice_at_once_is_made_once(own_database: URL) -> None:
    database = Database.at(own_database.render_as_string(hide_password=False))
    with database.transaction() as session:
        lead = makers.make_study(session)
        incident_id = makers.make_incidents(session, lead, 1)[0].id
    start = threading.Barrier(2)

    def exclude(_: int) -> None:
        with database.transaction() as session:
            start.wait()
            actions.exclude(session, lead, incident_id, reason="Not one of ours.")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(exclude, range(2)))

    with database.reading() as session:
        assert len(session.scalars(select(IncidentExclusion)).all()) == 1
    database.dispose()
