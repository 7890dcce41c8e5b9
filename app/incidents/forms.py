"""The mapping of a file as typed into its form: one set of fields a column, by the column's place in the file."""

from dataclasses import dataclass, field, replace

from app.incidents.actions import DEFAULT_SOURCE
from app.incidents.columns import ColumnLook, looks_of
from app.incidents.guessing import guess_mapping, with_chosen
from app.incidents.mapping import TIME_FIELDS, ColumnMapping, IncidentField, Mapping
from app.incidents.readers import RawTable
from app.web.forms import Posted

MOST_RENAMED = 12  # different values of a cohort column that may each be given a name


@dataclass
class MappingForm:
    """table and looks: of the file. problem: why this mapping cannot be used."""

    table: RawTable
    looks: list[ColumnLook]
    mapping: Mapping
    source: str = DEFAULT_SOURCE
    problems_first: bool = True
    problem: str = ""
    zone_columns: dict[str, str] = field(default_factory=dict)  # guessed ones: time column -> column of zones

    @classmethod
    def guessed(cls, table: RawTable) -> "MappingForm":
        mapping = guess_mapping(table)
        zones = {one.column: one.zone_column for one in mapping.columns if one.zone_column}
        return cls(table, looks_of(table), mapping, zone_columns=zones)

    @classmethod
    def read(cls, posted: Posted, table: RawTable) -> "MappingForm":
        """What is not in the form stays as guessed."""
        form = cls.guessed(table)
        chosen = {
            column: IncidentField(word)
            for place, column in enumerate(table.columns)
            if (word := posted.text(f"becomes-{place}")) in set(IncidentField)
        }
        mapping = with_chosen(table, form.mapping, chosen)
        for place, one in enumerate(mapping.columns):
            mapping = mapping.changed(one.column, **_options(posted, place, one, form.looks[place]))
        form.mapping = replace(
            mapping, text_from=_in_order(posted, mapping), cohort=posted.text("cohort")[:200] or None
        )
        form.source = posted.text("source")[:200] or DEFAULT_SOURCE
        form.problems_first = "problems_first" in posted
        return form


def values_to_rename(look: ColumnLook) -> list[str]:
    """Every value of a column that has only a few; none of any other."""
    return sorted({value.strip() for _, value in look.filled}) if look.distinct <= MOST_RENAMED else []


def _options(posted: Posted, place: int, one: ColumnMapping, look: ColumnLook) -> dict[str, object]:
    if one.field is IncidentField.COHORT:
        return {"renames": _renames(posted, place, one, look)}
    if one.field not in TIME_FIELDS:
        return {}
    changes: dict[str, object] = {}
    if (first := posted.text(f"first-{place}")) in ("day", "month"):
        changes["day_first"] = first == "day"
    if zone := posted.text(f"zone-{place}")[:60]:
        changes["zone"] = zone
    if f"zones-{place}" in posted:
        changes["zone_column"] = posted.text(f"zones-{place}") or None
    return changes


def _renames(posted: Posted, place: int, one: ColumnMapping, look: ColumnLook) -> dict[str, str]:
    names = {}
    for number, value in enumerate(values_to_rename(look)):
        typed = posted.text(f"name-{place}-{number}", one.renames.get(value, value))[:200]
        if typed and typed != value:
            names[value] = typed
    return names


def _in_order(posted: Posted, mapping: Mapping) -> tuple[str, ...]:
    """The columns of the text by their typed numbers; new ones come last, equal ones as they stand in the file."""
    place = {one.column: number for number, one in enumerate(mapping.columns)}

    def typed(column: str) -> tuple[int, int]:
        number = posted.text(f"part-{place[column]}")
        return (int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 10**5, place[column])

    return tuple(sorted(mapping.text_from, key=typed))
