"""Statuspage JSON: one row an incident, its updates as the text, its stages as times."""

import json
from typing import Any

from app.incidents.guessing import guess_mapping
from app.incidents.readers import read_table
from app.incidents.reading import IncidentRow, apply_mapping

PAGE: dict[str, Any] = {
    "page": {"id": "p1", "name": "Example", "url": "https://status.example.org"},
    "incidents": [
        {
            "id": "abc1", "name": "Elevated errors", "status": "postmortem", "impact": "major",
            "created_at": "2024-05-01T10:05:00Z", "updated_at": "2024-05-02T09:00:00Z",
            "monitoring_at": None, "resolved_at": "2024-05-01T12:00:00Z", "started_at": "2024-05-01T10:00:00Z",
            "shortlink": "https://stspg.io/abc1", "page_id": "p1",
            "components": [{"id": "c1", "name": "API"}, {"id": "c2", "name": "Console"}],
            "incident_updates": [
                {"id": "u4", "status": "resolved", "body": "All is well again.", "display_at": "2024-05-01T12:00:00Z"},
                {"id": "u3", "status": "monitoring", "body": "Rolled back.", "display_at": "2024-05-01T11:30:00Z"},
                {"id": "u2", "status": "identified", "body": "A bad push.", "display_at": "2024-05-01T10:40:00Z"},
                {"id": "u1", "status": "investigating", "body": "We look into it.",
                 "display_at": "2024-05-01T10:05:00Z",
                 "affected_components": [{"code": "c1", "name": "API"}]},
            ],
        },
        {
            "id": "abc2", "name": "Slow logins", "status": "resolved", "impact": "minor",
            "created_at": "2023-01-05T08:00:00Z", "components": [], "shortlink": "https://stspg.io/abc2",
            "incident_updates": [
                {"id": "u6", "status": "resolved", "body": "Logins are quick again.",
                 "created_at": "2023-01-05T09:00:00Z", "affected_components": [{"code": "c3", "name": "Login"}]},
                {"id": "u5", "status": "investigating", "body": "Logins are slow for some people.",
                 "created_at": "2023-01-05T08:00:00Z", "affected_components": None},
            ],
        },
    ],
}  # fmt: skip


def rows_of(document: dict[str, Any]) -> list[IncidentRow]:
    table = read_table(json.dumps(document).encode(), "jsonl")
    reading = apply_mapping(table, guess_mapping(table))
    assert reading.problems == ()
    return list(reading.rows)


def test_updates_become_the_text_oldest_first_and_stages_become_times() -> None:
    first, _ = rows_of(PAGE)

    assert (first.external_id, first.title, first.severity) == ("abc1", "Elevated errors", "major")
    assert (first.service, first.url) == ("API, Console", "https://stspg.io/abc1")
    assert first.text is not None and first.text.split("\n\n") == [
        "Investigating, 2024-05-01T10:05:00Z\nWe look into it.",
        "Identified, 2024-05-01T10:40:00Z\nA bad push.",
        "Monitoring, 2024-05-01T11:30:00Z\nRolled back.",
        "Resolved, 2024-05-01T12:00:00Z\nAll is well again.",
    ]
    times = (first.started_at, first.triaged_at, first.mitigated_at, first.resolved_at)
    assert [time.strftime("%H:%M") if time else None for time in times] == ["10:00", "10:40", "11:30", "12:00"]


def test_an_old_payload_has_no_start_and_its_services_stand_in_its_updates() -> None:
    _, second = rows_of(PAGE)

    assert second.started_at is None and second.triaged_at is None and second.mitigated_at is None
    assert second.resolved_at is not None and second.resolved_at.isoformat() == "2023-01-05T09:00:00+00:00"
    assert second.service == "Login"


def test_the_form_is_told_and_other_json_is_left_alone() -> None:
    assert read_table(json.dumps(PAGE).encode(), "jsonl").form == "Statuspage JSON, UTF-8"
    other = {"incidents": [{"id": "1", "incident_updates": "none", "impact": "minor"}]}
    table = read_table(json.dumps(other).encode(), "jsonl")
    assert table.columns == ("id", "incident_updates", "impact") and table.form == "JSON, UTF-8"
