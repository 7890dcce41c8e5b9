import csv
import io
import json

import pytest
from sqlalchemy import select

from app.coding.models import Exposure
from app.export.actions import NoOpenRound, NoSuchForm, agreement_export, dataset_export, taken_dataset
from app.problems import NotFound
from app.rounds.actions import change_phase
from app.rounds.queries import ManyRounds, round_named
from app.studies.models import StudyEvent
from tests.makers import (
    TEXT,
    assignment_of,
    code_and_submit,
    make_code,
    make_coders,
    make_dimension,
    make_incidents,
    make_round,
    make_study,
    move_round,
)


def rows_of(file) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode(), newline="")))


def test_the_long_form_has_a_row_for_each_code_of_each_coder_and_the_final_one(session, finished):
    rows = rows_of(dataset_export(session, finished.lead.study, form="long", round_number=None))
    disputed = [r for r in rows if r["incident"] == "INC-1" and r["dimension"] == "Root cause"]
    assert [(r["rater"], r["code"], r["basis"]) for r in disputed] == [
        (finished.ada.name, "Network", ""),
        (finished.ben.name, "Config", ""),
        ("(final)", "Config", "third_person"),
    ]
    agreed = [r for r in rows if r["incident"] == "INC-2" and r["rater"] == "(final)"]
    assert [(r["dimension"], r["state"], r["code"], r["origin"], r["basis"]) for r in agreed] == [
        ("Root cause", "coded", "Network", "own", "unanimous"),
        ("Symptom", "none_applies", "", "", "unanimous"),
    ]


def test_quotes_come_out_as_they_stand_in_the_text(session, finished):
    rows = rows_of(dataset_export(session, finished.lead.study, form="long", round_number=None))
    quotes = [json.loads(r["quotes"]) for r in rows if r["rater"] == finished.ada.name and r["code"] == "Network"]
    start = TEXT.index("😀")
    assert quotes == [[TEXT[start : start + 5]]] * 2


def test_the_wide_form_has_a_row_an_incident_and_dimension_and_two_columns_a_coder(session, finished):
    rows = rows_of(dataset_export(session, finished.lead.study, form="wide", round_number=None))
    assert len(rows) == 4
    first = rows[0]
    assert (first["final_codes"], first["basis"]) == ("Config", "third_person")
    assert first[f"{finished.ada.name}: codes"] == "Network"
    assert first[f"{finished.ben.name}: codes"] == "Config"
    assert rows[1][f"{finished.ada.name}: codes"] == "(none applies)"


def test_the_ratings_are_first_submissions_and_a_blank_value_where_none_applies(session, finished):
    rows = rows_of(dataset_export(session, finished.lead.study, form="ratings", round_number=None))
    assert len(rows) == 8
    assert {r["value"] for r in rows if r["dimension"] == "Symptom"} == {""}
    assert {r["independent"] for r in rows} == {"yes"}


def test_promise_11_the_same_state_gives_the_same_bytes(session, finished):
    for form in ("long", "wide", "ratings"):
        one = dataset_export(session, finished.lead.study, form=form, round_number=None)
        assert one == dataset_export(session, finished.lead.study, form=form, round_number=None)


def test_promise_3_taking_the_data_set_records_what_it_shows_before_it_leaves(session, finished, client_for):
    client = client_for(finished.ada)
    page = client.get("/studies/finished/export").text
    assert "Config" not in page and session.scalars(select(Exposure.id)).all() != []  # the lead's opening alone
    before = exposures_of(session, finished.ada)
    answer = client.post("/studies/finished/export/dataset", data={"form": "long", "round": ""})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith("finished-dataset-long.csv")
    shown = exposures_of(session, finished.ada) - before
    assert {incident_id for incident_id, _ in shown} == {incident.id for incident in finished.incidents}
    assert {kind for _, kind in shown} == {"colleague_code", "final_code"}


def test_promise_7_taking_the_data_set_is_in_the_history(session, finished):
    taken_dataset(session, finished.ada, form="wide", round_number=None)
    event = session.scalars(select(StudyEvent).order_by(StudyEvent.id.desc())).first()
    assert (event.kind, event.member_id, event.details["form"]) == ("dataset.exported", finished.ada.member.id, "wide")


def test_an_unknown_form_and_an_unknown_round_are_refused(session, finished):
    with pytest.raises(NoSuchForm):
        dataset_export(session, finished.lead.study, form="tall", round_number=None)
    with pytest.raises(NotFound):
        dataset_export(session, finished.lead.study, form="long", round_number=9)


def test_a_study_without_a_finished_round_has_nothing_to_export(session, finished):
    with pytest.raises(NoOpenRound):
        dataset_export(session, make_study(session).study, form="long", round_number=None)


def test_promise_1_a_round_that_was_reopened_leaves_the_data_set(session, finished):
    change_phase(session, finished.lead, finished.coding_round.number, "running", reason="One was missing.")
    with pytest.raises(NoOpenRound):
        dataset_export(session, finished.lead.study, form="long", round_number=None)


def exposures_of(session, viewer) -> set[tuple[int, str]]:
    rows = session.execute(select(Exposure.incident_id, Exposure.kind).where(Exposure.member_id == viewer.member.id))
    return {(incident_id, kind) for incident_id, kind in rows}


def test_two_codes_of_one_name_are_told_apart_so_that_the_file_agrees_as_the_page_does(session):
    lead = make_study(session)
    ada, ben = make_coders(session, lead, 2)
    cause = make_dimension(session, lead, "Cause")
    human, machine = (make_code(session, lead, cause, name, is_category=True) for name in ("Human", "Machine"))
    others = [make_code(session, lead, cause, "Other", parent_id=parent.id) for parent in (human, machine)]
    alone = make_code(session, lead, cause, "Bug")
    incidents = make_incidents(session, lead, 2)
    coding_round = make_round(session, lead, [ada, ben], incidents)
    for coder, other in zip((ada, ben), others, strict=True):
        for incident, code in zip(incidents, (other, alone), strict=True):
            code_and_submit(session, coder, assignment_of(session, coder, coding_round, incident), {cause.id: [code]})
    move_round(session, lead, coding_round, "settling")

    ratings = rows_of(dataset_export(session, lead.study, form="ratings", round_number=None))

    assert [row["value"] for row in ratings if row["unit"] == "INC-1"] == ["Human > Other", "Machine > Other"]
    assert [row["value"] for row in ratings if row["unit"] == "INC-2"] == ["Bug", "Bug"]
    wide = rows_of(dataset_export(session, lead.study, form="wide", round_number=None))
    assert wide[0][f"{ada.name}: codes"] == "Human > Other"


def test_coders_of_one_name_incidents_of_one_id_and_rounds_of_one_name_are_told_apart(session):
    lead = make_study(session)
    coders = make_coders(session, lead, 2)
    for coder in coders:
        coder.member.name = "Sam"
    cause = make_dimension(session, lead, "Cause")
    code = make_code(session, lead, cause, "Bug; or not")
    incidents = make_incidents(session, lead, 2)
    incidents[1].external_id, incidents[1].source = incidents[0].external_id, "classic"
    session.flush()
    for _ in range(2):
        coding_round = make_round(session, lead, coders, incidents, name="R")
        for coder in coders:
            for incident in incidents:
                assignment = assignment_of(session, coder, coding_round, incident)
                code_and_submit(session, coder, assignment, {cause.id: [code]})
        move_round(session, lead, coding_round, "settling")

    ratings = rows_of(dataset_export(session, lead.study, form="ratings", round_number=None))

    assert {row["unit"] for row in ratings} == {"made: INC-1", "classic: INC-1"}
    assert {row["rater"] for row in ratings} == {f"Sam (member {coder.member.id})" for coder in coders}
    assert {row["round"] for row in ratings} == {"R (round 1)", "R (round 2)"}
    wide = dataset_export(session, lead.study, form="wide", round_number=None)
    header = wide.content.decode().splitlines()[0].split(",")
    assert len(set(header)) == len(header)
    assert rows_of(wide)[0][header[-2]] == '"Bug; or not"'
    with pytest.raises(ManyRounds, match="by its number: 1, 2"):
        round_named(session, lead.study.id, "R")
    assert round_named(session, lead.study.id, "2").number == 2


def test_promise_1_a_code_that_is_private_elsewhere_changes_no_name_in_the_file(session, finished):
    before = dataset_export(session, finished.lead.study, form="long", round_number=None)
    category = make_code(session, finished.ada, finished.cause, "Adas category", is_category=True, disclosed="")
    make_code(session, finished.ada, finished.cause, "Network", parent_id=category.id, disclosed="")
    assert dataset_export(session, finished.lead.study, form="long", round_number=None) == before


def test_the_agreement_leaves_as_the_page_has_it_with_interval_and_n(session, finished):
    table = rows_of(agreement_export(session, finished.lead.study, round_number=None, format="csv"))
    document = json.loads(agreement_export(session, finished.lead.study, round_number=1, format="json").content)
    assert [(row["dimension"], row["measure"], row["of"]) for row in table] == [
        (row["dimension"], row["measure"], row["of"] or "") for row in document["figures"]
    ]
    percent = next(row for row in document["figures"] if row["measure"] == "percent")
    assert (percent["value"], percent["n"], percent["row"]) == (0.5, 2, "Calibration: not a reliability estimate")
    assert percent["low"] is not None and percent["high"] is not None
    with pytest.raises(NotFound):
        agreement_export(session, finished.lead.study, round_number=9, format="csv")
