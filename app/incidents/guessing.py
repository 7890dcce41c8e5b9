"""Guessing which column is what, from names first and values second, with the reason in words."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from app.incidents.columns import ColumnLook, looks_of
from app.incidents.mapping import TIME_FIELDS, ColumnMapping, GuessStanding, IncidentField, Mapping
from app.incidents.readers.table import RawTable
from app.incidents.times import BadTime, parsed_time, zone_named

_AT = r"(?:_at|_on|_time|_timestamp|_date|_datetime|_utc)?"
# Per field, name patterns from the surest to the least sure.
_NAMES: dict[IncidentField, tuple[str, ...]] = {
    IncidentField.EXTERNAL_ID: (
        r"external_id|incident_(id|number|key|ref|reference)",
        r"id|number|key|reference|ref",
        r"(ticket|case|issue|item|event)_(id|number|key)",
    ),
    IncidentField.TITLE: (r"(incident_)?title", r"(incident_)?(name|subject|headline)|short_description", r"summary"),
    IncidentField.STARTED_AT: (
        rf"(impact_)?(started|start|began|begin|onset){_AT}|impact_start(ed)?{_AT}",
        rf"(incident|event|label|downtime)_(start|started|begin){_AT}|occurred{_AT}|begin_time",
        rf"(created|opened){_AT}",
    ),
    IncidentField.DETECTED_AT: (rf"(detected|detection|detect){_AT}", rf"(investigating|alerted|reported){_AT}"),
    IncidentField.TRIAGED_AT: (rf"(triaged|triage){_AT}", rf"(identified|acknowledged|cause_identified|engaged){_AT}"),
    IncidentField.MITIGATED_AT: (rf"(mitigated|mitigation|mitigate){_AT}", rf"(monitoring|fixed|recovered){_AT}"),
    IncidentField.RESOLVED_AT: (
        rf"(resolved|resolution|resolve){_AT}",
        rf"(closed|close){_AT}",
        rf"(ended|end|finished){_AT}|(incident|event|label|downtime|impact)_end(ed)?{_AT}",
    ),
    IncidentField.SERVICE: (
        r"service|service_name|affected_services?|services",
        r"components?|affected_components?|product|system|application",
        r"label_service_name|team|provider|vendor",
    ),
    IncidentField.SEVERITY: (
        r"(incident_)?(severity|sev)(_level)?",
        r"(incident_)?impact(_level)?|priority|urgency|criticality",
    ),
    IncidentField.COHORT: (r"cohort|corpus|population", r"is_?(llm|gen_?ai|ai|ml)|gen_?ai"),
    IncidentField.URL: (r"(incident_)?(url|link|permalink|html_url)", r"shortlink|href|\w+_url|\w+_link"),
    IncidentField.DETECTED_BY: (r"detected_by|detection_(source|method|type)|how_detected|found_by|monitor_type",),
}
_PEOPLE = re.compile(
    r"(\w+_)?(owner|assignee|author|reporter|engineer|on_?call|e_?mail|person|user_?name|responder|commander|assigned_to)"
    r"|(created|reported|resolved|closed|acknowledged|updated)_by"
)
_CALLED_TEXT = re.compile(r"(incident_)?(text|description|details|body|report|narrative)")
_STAGED_TEXT = re.compile(
    r"(investigating|identified|monitoring|resolved|postmortem|update|scheduled|in_progress|verifying|completed)"
    r"_(description|text|message|body|update|details)"
)
_STAGE_FLAG = re.compile(r"(investigating|identified|monitoring|resolved|postmortem|detected|mitigated)_flag")
_ZONE_NAME = re.compile(r"(\w+_)?(time_?zone|tz|zone)")
_LEAST_TEXT_WORDS = 6
_KEPT = "no guess; kept as it is"


def guess_mapping(table: RawTable) -> Mapping:
    """Every column with what it becomes and why. Text from the stage columns, or from the longest column."""
    looks = looks_of(table)
    by_column = {look.column: look for look in looks}
    guessed: dict[str, ColumnMapping] = {}
    for look in looks:
        if _PEOPLE.fullmatch(look.name) or look.are_emails:
            guessed[look.column] = _people(look)
    for wanted in (IncidentField.EXTERNAL_ID, IncidentField.TITLE):
        _take(wanted, looks, guessed)
    text_from = _guess_text(looks, guessed)
    for wanted in _NAMES:
        if not any(one.field is wanted for one in guessed.values()):
            _take(wanted, looks, guessed)
    _title_from_values(looks, guessed)
    columns = tuple(guessed.get(look.column) or _kept(look, guessed) for look in looks)
    return _with_time_options(Mapping(columns, text_from), by_column)


def with_chosen(table: RawTable, mapping: Mapping, chosen: dict[str, IncidentField]) -> Mapping:
    """What a person chose in place of a guess; day or month first and the cohorts' names are guessed anew for it."""
    looks = {look.column: look for look in looks_of(table)}
    columns = tuple(
        _chosen(looks[one.column], chosen[one.column]) if chosen.get(one.column, one.field) is not one.field else one
        for one in mapping.columns
    )
    texts = [one.column for one in columns if one.field is IncidentField.TEXT]
    kept = [column for column in mapping.text_from if column in texts]
    changed = replace(mapping, columns=columns, text_from=(*kept, *(c for c in texts if c not in kept)))
    for one in columns:
        if one.standing is GuessStanding.CHOSEN and one.field in TIME_FIELDS and looks[one.column].day_months:
            asked = _day_or_month_first(one, looks[one.column], _surest_other(changed, looks, one.field))
            changed = changed.changed(one.column, **{k: v for k, v in vars(asked).items() if k != "column"})
    return changed


def _chosen(look: ColumnLook, field: IncidentField) -> ColumnMapping:
    renames = _cohort_names(look) if field is IncidentField.COHORT else {}
    return ColumnMapping(look.column, field, "chosen by you", GuessStanding.CHOSEN, renames=renames)


def _people(look: ColumnLook) -> ColumnMapping:
    what = "looks like e-mail addresses" if look.are_emails else "looks like names of people"
    return ColumnMapping(look.column, IncidentField.LEAVE_OUT, what, GuessStanding.ASK)


def _take(wanted: IncidentField, looks: list[ColumnLook], guessed: dict[str, ColumnMapping]) -> None:
    """The surest column by name whose values agree with it."""
    for pattern in _NAMES[wanted]:
        for look in looks:
            if look.column in guessed or not re.fullmatch(pattern, look.name):
                continue
            if (reason := _reason(wanted, look)) is not None:
                renames = _cohort_names(look) if wanted is IncidentField.COHORT else {}
                guessed[look.column] = ColumnMapping(
                    look.column, wanted, reason, GuessStanding.GUESSED, renames=renames
                )
                return
    if wanted is IncidentField.EXTERNAL_ID and looks[0].has_no_name and looks[0].all_different:
        first = looks[0].column
        guessed[first] = ColumnMapping(
            first, wanted, "first column without a name; all different", GuessStanding.GUESSED
        )


def _reason(wanted: IncidentField, look: ColumnLook) -> str | None:
    """Why the values agree with the name; None when they do not."""
    if not look.filled:
        return None
    if wanted in TIME_FIELDS:
        return "name" if look.are_times else None
    if wanted is IncidentField.EXTERNAL_ID:
        if look.all_different:
            return "name; all different"
        return f"name; {look.distinct} different in {look.rows}" if look.distinct >= 0.8 * look.rows else None
    if wanted is IncidentField.URL:
        return "name; web addresses" if look.are_urls else None
    if wanted is IncidentField.TITLE:
        return "name" if look.median_words <= 25 else None
    if look.median_words > 6 or (look.all_different and look.rows > 20):
        return None
    if wanted is IncidentField.SEVERITY and look.numbers:
        return f"name; values {min(look.numbers):g} to {max(look.numbers):g}"
    if wanted is IncidentField.COHORT and (names := _cohort_names(look)):
        return "two values: " + ", ".join(f"{value} → {name}" for value, name in names.items())
    if wanted is IncidentField.SERVICE and look.distinct == 1 and look.rows > 1:
        return None
    return f"name; {look.distinct} different {'value' if look.distinct == 1 else 'values'}"


def _cohort_names(look: ColumnLook) -> dict[str, str]:
    if not look.is_flag or re.fullmatch(r"cohort|corpus|population", look.name):
        return {}
    values = sorted({value.strip() for _, value in look.filled}, reverse=True)
    return {v: "GenAI" if v.lower() in ("1", "1.0", "true", "yes") else "Classic" for v in values}


def _guess_text(looks: list[ColumnLook], guessed: dict[str, ColumnMapping]) -> tuple[str, ...]:
    free = [look for look in looks if look.column not in guessed and look.filled]
    staged = [look for look in free if _STAGED_TEXT.fullmatch(look.name)]
    if len(staged) > 1:
        for look in staged:
            reason = f"text of a stage, in {len(look.filled)} of {look.rows}; joined"
            guessed[look.column] = ColumnMapping(look.column, IncidentField.TEXT, reason, GuessStanding.GUESSED)
        return tuple(look.column for look in staged)
    worthy = [look for look in free if not look.are_times and not look.are_urls and not look.name.startswith("label_")]
    longest = max(worthy, key=lambda look: (look.is_prose, look.median_words), default=None)
    if longest is None or longest.median_words < _LEAST_TEXT_WORDS:
        return _text_by_name(worthy, guessed)
    what = "longest column" if longest.is_prose else "longest column, but a list in a writing that is no JSON"
    standing = GuessStanding.GUESSED if longest.is_prose else GuessStanding.ASK
    reason = f"{what}, median {longest.median_words} words"
    guessed[longest.column] = ColumnMapping(longest.column, IncidentField.TEXT, reason, standing)
    return (longest.column,)


def _text_by_name(looks: list[ColumnLook], guessed: dict[str, ColumnMapping]) -> tuple[str, ...]:
    """Where no column reads like prose, the one that is called so: short reports are reports, too."""
    for look in looks:
        if _CALLED_TEXT.fullmatch(look.name):
            guessed[look.column] = ColumnMapping(look.column, IncidentField.TEXT, "name", GuessStanding.GUESSED)
            return (look.column,)
    return ()


def _title_from_values(looks: list[ColumnLook], guessed: dict[str, ColumnMapping]) -> None:
    """Without a title by name: the column of a few words that differs most from row to row."""
    if any(one.field is IncidentField.TITLE for one in guessed.values()):
        return
    worthy = [
        look
        for look in looks
        if look.column not in guessed and 2 <= look.median_words <= 15 and not look.name.startswith("label_")
        and not look.are_times and not look.numbers and len(look.filled) == look.rows and look.distinct > look.rows / 2
    ]  # fmt: skip
    best = max(worthy, key=lambda look: look.distinct, default=None)
    if best is not None:
        reason = f"a few words, {best.distinct} different in {best.rows}"
        guessed[best.column] = ColumnMapping(best.column, IncidentField.TITLE, reason, GuessStanding.ASK)


def _kept(look: ColumnLook, guessed: dict[str, ColumnMapping]) -> ColumnMapping:
    reason = _KEPT
    if not look.filled:
        reason = "empty; kept as it is"
    elif _STAGE_FLAG.fullmatch(look.name):
        reason = "says whether the stage took place; kept as it is"
    elif look.is_flag:
        reason = "yes or no; kept as it is"
    else:
        for wanted in TIME_FIELDS:
            taken = next((one.column for one in guessed.values() if one.field is wanted), None)
            if any(re.fullmatch(pattern, look.name) for pattern in _NAMES[wanted]):
                reason = (
                    f"{taken} is surer; kept as it is" if taken else "name of a time, but no day in it; kept as it is"
                )
                break
    return ColumnMapping(look.column, IncidentField.ATTRIBUTE, reason, GuessStanding.KEPT)


def _with_time_options(mapping: Mapping, looks: dict[str, ColumnLook]) -> Mapping:
    """Day or month first, the column that names zones, and whether a stage ever comes before the impact."""
    zones = [look for look in looks.values() if _ZONE_NAME.fullmatch(look.name) and _are_zones(look)]
    zone_column = zones[0].column if zones else None
    for wanted in TIME_FIELDS:
        one = mapping.column_for(wanted)
        if one is None:
            continue
        look = looks[one.column]
        if zone_column and look.lack_zone:
            one = replace(one, zone_column=zone_column, reason=f"{one.reason}; zone in {zone_column}")
        if not look.have_time_of_day:
            one = replace(one, reason=f"{one.reason}; days without a time of day", standing=GuessStanding.ASK)
        if look.day_months:
            one = _day_or_month_first(one, look, _surest_other(mapping, looks, wanted))
        mapping = replace(mapping, columns=tuple(one if c.column == one.column else c for c in mapping.columns))
    return _never_before_impact(mapping, looks)


def _are_zones(look: ColumnLook) -> bool:
    known = sum(zone_named(value) is not None for value in look.sample)
    return bool(look.sample) and known > len(look.sample) / 2


def _surest_other(mapping: Mapping, looks: dict[str, ColumnLook], wanted: IncidentField) -> ColumnLook | None:
    """The fullest other time column that cannot be swapped."""
    others = [looks[c.column] for c in mapping.columns if c.field in TIME_FIELDS and c.field is not wanted]
    return max((o for o in others if not o.day_months), key=lambda look: len(look.filled), default=None)


def _day_or_month_first(one: ColumnMapping, look: ColumnLook, other: ColumnLook | None) -> ColumnMapping:
    day_first = any(first > 12 for first, _ in look.day_months)
    month_first = any(second > 12 for _, second in look.day_months)
    if day_first != month_first:
        what = "day" if day_first else "month"
        return replace(one, day_first=day_first, reason=f"{one.reason}; {what} first: no month has the number")
    if day_first:
        reason = "day first in some rows, month first in others"
        return replace(one, day_first=True, reason=reason, standing=GuessStanding.ASK)
    reason = "day and month could be swapped"
    if other is None:
        return replace(one, day_first=True, reason=reason, standing=GuessStanding.ASK)
    fits = {first: _fits(look, other, day_first=first) for first in (True, False)}
    reason += f"; day first fits {other.column} in {fits[True]} of {len(look.filled)}, month first in {fits[False]}"
    return replace(one, day_first=fits[True] >= fits[False], reason=reason, standing=GuessStanding.ASK)


def _fits(look: ColumnLook, other: ColumnLook, *, day_first: bool) -> int:
    """Rows whose two times are within a week of each other."""
    theirs = dict(other.filled)
    pairs = ((_time(value, day_first), _time(theirs.get(row, ""), True)) for row, value in look.filled)
    return sum(a is not None and b is not None and abs(a - b) < timedelta(days=7) for a, b in pairs)


def _never_before_impact(mapping: Mapping, looks: dict[str, ColumnLook]) -> Mapping:
    start = mapping.column_for(IncidentField.STARTED_AT)
    if start is None:
        return mapping
    starts = {row: _time(value, start.day_first) for row, value in looks[start.column].filled}
    columns = []
    for one in mapping.columns:
        if one.field in TIME_FIELDS and one is not start and one.standing is GuessStanding.GUESSED:
            ends = ((starts.get(row), _time(value, one.day_first)) for row, value in looks[one.column].filled)
            before = sum(a is not None and b is not None and b < a for a, b in ends)
            often = {0: "never", 1: "once"}.get(before, f"{before} times")
            one = replace(one, reason=f"{one.reason}; {often} before impact")
        columns.append(one)
    return replace(mapping, columns=tuple(columns))


def _time(value: str, day_first: bool | None) -> datetime | None:
    try:
        return parsed_time(value, day_first=day_first)
    except BadTime:
        return None
