"""Incidents as the API of a hosted status page gives them (Statuspage, /api/v2/incidents.json)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# The stages that the page has no time of its own for in every payload: the first update of that status tells.
_STAGES = {"identified": "identified_at", "monitoring": "monitoring_at", "resolved": "resolved_at"}
_AS_THEY_ARE = ("id", "status", "started_at", "created_at", "updated_at", "shortlink")


def is_statuspage(incident: Mapping[str, Any]) -> bool:
    updates = incident.get("incident_updates")
    return isinstance(updates, list) and all(isinstance(one, dict) for one in updates) and "impact" in incident


def flattened(incident: Mapping[str, Any]) -> dict[str, Any]:
    """One row: the updates joined into the text, oldest first; a time that nothing tells stays blank."""
    updates = sorted(incident["incident_updates"], key=_shown_at)
    row = {name: incident.get(name) for name in _AS_THEY_ARE}
    row |= {"title": incident.get("name"), "severity": incident.get("impact")}
    row["text"] = "\n\n".join(_paragraphs(updates))
    row["service"] = ", ".join(_services(incident, updates))
    for status, column in _STAGES.items():
        first = next((_shown_at(one) for one in updates if one.get("status") == status), "")
        row[column] = incident.get(column) or first
    return row


def _shown_at(update: Mapping[str, Any]) -> str:
    """ISO times of one page, so their order as text is their order in time."""
    return str(update.get("display_at") or update.get("created_at") or "")


def _paragraphs(updates: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for update in updates:
        body = str(update.get("body") or "").strip()
        if body:
            stage = str(update.get("status") or "update").replace("_", " ").capitalize()
            yield f"{stage}, {_shown_at(update)}\n{body}" if _shown_at(update) else f"{stage}\n{body}"


def _services(incident: Mapping[str, Any], updates: Sequence[Mapping[str, Any]]) -> list[str]:
    """The components of the incident, else those that its updates name; each once."""
    listed = incident.get("components") or [one for each in updates for one in each.get("affected_components") or ()]
    names = [str(one.get("name") or "").strip() for one in listed if isinstance(one, dict)]
    return [name for name in dict.fromkeys(names) if name]
