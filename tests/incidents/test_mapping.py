import json

import pytest

from app.incidents.guessing import guess_mapping
from app.incidents.mapping import (
    GuessStanding,
    IncidentField,
    Mapping,
    UnusableMapping,
    check_mapping,
    mapping_from_json,
)
from app.incidents.readers.csv import read_csv
from app.incidents.readers.jsonl import read_jsonl
from app.incidents.readers.table import RawTable
from tests.conftest import SHARED

LONG = "The latency monitor fired for two regions and the gateway was rolled back by the engineers on call."
GENAI = SHARED / "data/genai-status/incident_stages.csv"
AWS = SHARED / "data/cloud-reports/aws_label.csv"
AZURE = SHARED / "data/cloud-reports/azure_label.csv"
GITHUB = SHARED / "data/github-status/incidents.jsonl"


def table(columns: str, *rows: str) -> RawTable:
    return read_csv("\n".join([columns, *rows]).encode())


def fields(mapping: Mapping) -> dict[str, str]:
    skipped = (IncidentField.ATTRIBUTE,)
    return {one.column: str(one.field) for one in mapping.columns if one.field not in skipped}


def test_columns_are_guessed_from_names_and_values_with_reasons() -> None:
    found = guess_mapping(
        table(
            "IncidentId,Title,RCA_Text,Sev,ImpactStart,DetectedAt,ServiceName,IsLLM,Owner,TicketUrl,Notes",
            f"31,Slow,{LONG},2,03/04/2025 02:58,2025-04-03T03:12:00Z,chat,1,m.alvarez,https://t.example/31,a",
            f"32,Down,{LONG} Again.,4,11/04/2025 17:20,2025-04-11T17:20:00Z,blob,0,j.chen,https://t.example/32,b",
        )
    )
    assert fields(found) == {
        "IncidentId": "external_id",
        "Title": "title",
        "RCA_Text": "text",
        "Sev": "severity",
        "ImpactStart": "started_at",
        "DetectedAt": "detected_at",
        "ServiceName": "service",
        "IsLLM": "cohort",
        "Owner": "leave_out",
        "TicketUrl": "url",
    }
    reasons = {one.column: one.reason for one in found.columns}
    assert reasons["IncidentId"] == "name; all different"
    assert reasons["RCA_Text"] == "longest column, median 18 words"
    assert reasons["Sev"] == "name; values 2 to 4"
    assert reasons["ImpactStart"] == (
        "day and month could be swapped; day first fits DetectedAt in 2 of 2, month first in 0"
    )
    assert reasons["DetectedAt"] == "name; never before impact"
    assert reasons["ServiceName"] == "name; 2 different values"
    assert reasons["IsLLM"] == "two values: 1 → GenAI, 0 → Classic"
    assert reasons["Owner"] == "looks like names of people"
    assert reasons["Notes"] == "no guess; kept as it is"
    asked = {one.column for one in found.columns if one.standing is GuessStanding.ASK}
    assert asked == {"ImpactStart", "Owner"}
    assert found.of("ImpactStart").day_first is True


def test_a_day_beyond_twelve_decides_for_the_column() -> None:
    found = guess_mapping(table("id,text,started_at", f"1,{LONG},04/03/2025 10:00", f"2,{LONG} b,04/25/2025 10:00"))
    assert found.of("started_at").day_first is False
    assert found.of("started_at").standing is GuessStanding.GUESSED


def test_names_without_values_that_agree_are_not_believed() -> None:
    found = guess_mapping(table("id,text,started_at,url", f"1,{LONG},05:15,x", f"1,{LONG} b,06:20,y"))
    assert fields(found) == {"text": "text"}
    assert found.of("started_at").reason == "name of a time, but no day in it; kept as it is"


def test_without_prose_no_text_is_guessed() -> None:
    assert guess_mapping(table("id,link", "1,https://a.example", "2,https://b.example")).text_from == ()


def test_a_column_that_is_called_text_is_the_text_even_where_reports_are_short() -> None:
    assert fields(guess_mapping(table("id,text", "1,It broke.", "2,Slow."))) == {"id": "external_id", "text": "text"}


def test_a_column_can_be_one_thing_and_a_thing_but_one_column() -> None:
    found = guess_mapping(table("id,title,text", f"1,Slow,{LONG}", f"2,Down,{LONG} b"))
    changed = found.with_field(IncidentField.TITLE, "id")
    assert fields(changed) == {"id": "title", "text": "text"}
    assert changed.of("id").standing is GuessStanding.CHOSEN
    both = changed.with_text_from(["title", "text"])
    assert both.text_from == ("title", "text") and fields(both) == {"id": "title", "title": "text", "text": "text"}
    assert both.with_text_from(["text"]).text_from == ("text",)
    with pytest.raises(UnusableMapping, match="no column body"):
        found.with_field(IncidentField.TEXT, "body")


def test_a_mapping_is_stored_as_json_and_comes_back() -> None:
    found = guess_mapping(table("id,text,is_llm", f"1,{LONG},1", f"2,{LONG} b,0")).changed("id", zone="PST")
    assert mapping_from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_mapping_that_no_row_can_be_read_under_is_refused() -> None:
    found = guess_mapping(table("id,title,text", f"1,Slow,{LONG}", f"2,Down,{LONG} b"))
    check_mapping(found, ["id", "title", "text"])
    for bad, why in (
        (found.with_text_from([]), "No column becomes the text"),
        (found.changed("id", zone="Mars"), "zone Mars"),
        (found.changed("id", zone_column="tz"), "no column tz"),
        (found.changed("id", field=IncidentField.TITLE), "cannot both be the title"),
        (found.changed("id", field=IncidentField.TEXT), "order of the text"),
    ):
        with pytest.raises(UnusableMapping, match=why):
            check_mapping(bad, ["id", "title", "text"])


@pytest.mark.real_data
@pytest.mark.skipif(not GENAI.exists(), reason="shared/data/genai-status/incident_stages.csv is not there")
def test_the_stages_of_a_status_page_are_guessed() -> None:
    found = guess_mapping(read_csv(GENAI.read_bytes()))
    assert found.text_from == tuple(
        f"{stage}_description" for stage in ("investigating", "identified", "monitoring", "resolved", "postmortem")
    )
    assert {column: field for column, field in fields(found).items() if field != "text"} == {
        "incident_id": "external_id",
        "Incident_Title": "title",
        "incident_impact_level": "severity",
        "provider": "service",
        "start_timestamp": "started_at",
        "investigating_timestamp": "detected_at",
        "identified_timestamp": "triaged_at",
        "monitoring_timestamp": "mitigated_at",
        "resolved_timestamp": "resolved_at",
    }
    assert found.of("resolved_flag").reason == "says whether the stage took place; kept as it is"


@pytest.mark.real_data
@pytest.mark.skipif(not AWS.exists(), reason="shared/data/cloud-reports/aws_label.csv is not there")
def test_reports_with_an_unnamed_id_and_html_are_guessed() -> None:
    found = guess_mapping(read_csv(AWS.read_bytes()))
    assert fields(found) == {
        "column 1": "external_id",
        "service": "service",
        "description": "text",
        "status": "title",
    }


@pytest.mark.real_data
@pytest.mark.skipif(not AZURE.exists(), reason="shared/data/cloud-reports/azure_label.csv is not there")
def test_zones_that_stand_in_a_column_of_their_own_are_guessed() -> None:
    found = guess_mapping(read_csv(AZURE.read_bytes()))
    assert found.of("label_start_time").field is IncidentField.STARTED_AT
    assert found.of("label_start_time").zone_column == "label_timezone"


@pytest.mark.real_data
@pytest.mark.skipif(not GITHUB.exists(), reason="shared/data/github-status/incidents.jsonl is not there")
def test_a_list_of_updates_is_guessed_as_the_text() -> None:
    assert fields(guess_mapping(read_jsonl(GITHUB.read_bytes()))) == {
        "id": "external_id",
        "title": "title",
        "updates": "text",
        "url": "url",
        "started_at": "started_at",
        "resolved_at": "resolved_at",
        "components": "service",
        "impact": "severity",
    }
