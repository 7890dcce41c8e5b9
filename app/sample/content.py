"""The sample study as shipped: incidents, codings, suggestions and rulings, read from JSON and checked.

Written for Tandem as sample data; no real incident. Nothing here touches a database.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STAGES = ("started_at", "detected_at", "triaged_at", "mitigated_at", "resolved_at")


@dataclass(frozen=True)
class SampleIncident:
    external_id: str
    title: str
    text: str
    cohort: str
    service: str
    severity: str
    started_at: datetime
    detected_at: datetime | None
    triaged_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    detected_by: str | None
    attributes: dict[str, str]


@dataclass(frozen=True)
class SampleEvidence:
    """A quote under a code. start, end: code points of the incident's text, end exclusive."""

    code: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class SampleAnswer:
    dimension: str
    state: str
    codes: tuple[str, ...]
    main: str | None
    evidence: tuple[SampleEvidence, ...]


@dataclass(frozen=True)
class SampleAssignment:
    """status: submitted, draft, skipped or open. Where a round reveals suggestions, answers are the first ones."""

    incident: str
    coder: str
    status: str
    answers: tuple[SampleAnswer, ...]
    memo: str | None
    flag: str | None
    skip_reason: str | None


@dataclass(frozen=True)
class SampleRound:
    """codebook: "live", or the name of the version that was frozen for it."""

    name: str
    purpose: str
    phase: str
    arm: str
    reveal: str
    code_sharing: str
    codebook: str
    seed: int
    coders: tuple[str, ...]
    assignments: tuple[SampleAssignment, ...]

    @property
    def incidents(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(assignment.incident for assignment in self.assignments))


@dataclass(frozen=True)
class SampleCode:
    """A code that a coder created while coding `incident` in `round`."""

    dimension: str
    category: str
    name: str
    definition: str
    use_when: str
    not_when: str
    example: str
    created_by: str
    round: str
    incident: str


@dataclass(frozen=True)
class SampleDecision:
    """became: the codes the coder's answer held afterwards; empty when the suggestion was rejected."""

    coder: str
    decision: str
    became: tuple[str, ...]


@dataclass(frozen=True)
class SampleSuggestion:
    """What a scripted model offered. Exactly one of all its quotes stands in no text, on purpose."""

    incident: str
    dimension: str
    codes: tuple[str, ...]
    reason: str
    quotes: tuple[str, ...]
    decisions: tuple[SampleDecision, ...]


@dataclass(frozen=True)
class SampleRuling:
    round: str
    incident: str
    dimension: str
    state: str
    codes: tuple[str, ...]
    main: str | None
    method: str
    adopted_from: str | None
    cause: str
    reason: str
    by: str


@dataclass(frozen=True)
class SamplePerson:
    name: str
    role: str


@dataclass(frozen=True)
class SampleContent:
    notice: str
    study_name: str
    study_slug: str
    study_description: str
    people: tuple[SamplePerson, ...]
    incidents: tuple[SampleIncident, ...]
    new_codes: tuple[SampleCode, ...]
    rounds: tuple[SampleRound, ...]
    suggestions: tuple[SampleSuggestion, ...]
    rulings: tuple[SampleRuling, ...]

    def texts(self) -> dict[str, str]:
        return {incident.external_id: incident.text for incident in self.incidents}


def read_content(incidents: dict[str, Any], codings: dict[str, Any]) -> SampleContent:
    """The two files as parsed JSON. A field too many or too few raises TypeError or KeyError."""
    read_incidents = tuple(_incident(entry) for entry in incidents["incidents"])
    texts = {incident.external_id: incident.text for incident in read_incidents}
    study = codings["study"]
    return SampleContent(
        notice=incidents["notice"],
        study_name=study["name"],
        study_slug=study["slug"],
        study_description=study["description"],
        people=tuple(SamplePerson(**entry) for entry in codings["people"]),
        incidents=read_incidents,
        new_codes=tuple(SampleCode(**entry) for entry in codings["new_codes"]),
        rounds=tuple(_round(entry, texts) for entry in codings["rounds"]),
        suggestions=tuple(_suggestion(entry) for entry in codings["suggestions"]),
        rulings=tuple(SampleRuling(**{**entry, "codes": tuple(entry["codes"])}) for entry in codings["rulings"]),
    )


def raw_files() -> tuple[dict[str, Any], dict[str, Any]]:
    """incidents.json and codings.json as parsed, unchecked."""
    return (
        json.loads((HERE / "incidents.json").read_text(encoding="utf-8")),
        json.loads((HERE / "codings.json").read_text(encoding="utf-8")),
    )


def _incident(raw: dict[str, Any]) -> SampleIncident:
    stages = {stage: datetime.fromisoformat(raw[stage]) if raw[stage] else None for stage in STAGES}
    return SampleIncident(**{**raw, **stages})


def _round(raw: dict[str, Any], texts: dict[str, str]) -> SampleRound:
    assignments = tuple(_assignment(entry, texts) for entry in raw["assignments"])
    return SampleRound(**{**raw, "coders": tuple(raw["coders"]), "assignments": assignments})


def _assignment(raw: dict[str, Any], texts: dict[str, str]) -> SampleAssignment:
    text = texts.get(raw["incident"], "")
    return SampleAssignment(**{**raw, "answers": tuple(_answer(entry, text) for entry in raw["answers"])})


def _answer(raw: dict[str, Any], text: str) -> SampleAnswer:
    evidence = tuple(_evidence(entry["code"], entry["quote"], text) for entry in raw["evidence"])
    return SampleAnswer(**{**raw, "codes": tuple(raw["codes"]), "evidence": evidence})


def _evidence(code: str, quote: str, text: str) -> SampleEvidence:
    """A quote that the text does not hold gets start -1, which the checks refuse."""
    start = text.find(quote)
    return SampleEvidence(code=code, quote=quote, start=start, end=start + len(quote))


def _suggestion(raw: dict[str, Any]) -> SampleSuggestion:
    decisions = tuple(
        SampleDecision(entry["coder"], entry["decision"], tuple(entry["became"])) for entry in raw["decisions"]
    )
    return SampleSuggestion(
        **{**raw, "codes": tuple(raw["codes"]), "quotes": tuple(raw["quotes"]), "decisions": decisions}
    )
