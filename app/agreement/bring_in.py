"""Bringing ratings in from a file, as a round whose coding has ended: all of it or nothing."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy.orm import Session

from app.agreement.figures import NOT_ENOUGH
from app.agreement.ratings_columns import ONE_DIMENSION, RatingColumns
from app.agreement.ratings_file import DimensionRatings, Rating, rating_rows, tables_of
from app.codebook.dimension_actions import DimensionText, add_dimension
from app.codebook.policy import LONGEST_NAME as LONGEST_CODE
from app.codebook.queries import whole_codebook
from app.codebook.rated_codes import codes_as_spelt
from app.coding.imported import ImportedAnswer, ImportedCode, hand_in_imported
from app.incidents.rated_units import add_without_text, incident_ids_by_label
from app.incidents.reading import LONGEST_ID
from app.methods.names import plain_name, same_name
from app.problems import Invalid
from app.rounds.imported import Rated, add_imported_round, imported_with
from app.rounds.models import Round
from app.studies.events import record
from app.studies.queries import hold_study
from app.studies.raters import rater_members
from app.studies.viewer import Viewer, check_leads

LONGEST_RATER = 120
ROWS_NAMED = 10


class NoRatings(Invalid):
    """The file has no ratings: there is no row under its names of columns."""


class UnusableRatings(Invalid):
    """Some rows of this file cannot come in."""


class DimensionDiffers(Invalid):
    """The dimension takes one code here, and several in the file."""


class NoDimensionName(Invalid):
    """The file has no column of dimensions. Say which dimension its codes answer."""


class NoSuchRater(Invalid):
    """The file has no rater of that name."""


@dataclass(frozen=True)
class RatingsPlan:
    """What the file does not say of itself.

    dimension_name: what its codes answer, where it has no column of dimensions. sets: a rater may give a unit several
    codes. models: raters who are no people. strict: a unit that is not here is refused.
    """

    round_name: str
    columns: RatingColumns
    dimension_name: str = ""
    sets: bool = False
    models: tuple[str, ...] = ()
    independent: bool = False
    strict: bool = False


@dataclass
class RatingsBroughtIn:
    """already_here: the round held these very ratings before, and nothing was added."""

    round_number: int
    round_name: str
    already_here: bool
    said_independent: bool
    units: int = 0
    units_added: int = 0
    raters_added: int = 0
    dimensions_added: int = 0
    codes_added: int = 0
    ratings: int = 0
    blank: int = 0
    models: list[str] = field(default_factory=list)


def bring_in_ratings(
    session: Session, viewer: Viewer, content: bytes, plan: RatingsPlan, *, file_name: str
) -> RatingsBroughtIn:
    """The units are matched by the ids of incidents. The same ratings again add nothing."""
    check_leads(viewer)
    rows = list(rating_rows(content, plan.columns))
    tables = tables_of(rows, plan.columns, sets=plan.sets)
    _check(rows, plan)
    tables = _named(tables, plan)
    # One import of a study at a time, so that two of the same file cannot pass each other.
    hold_study(session, viewer.study.id)
    fingerprint = _fingerprint(tables, plan)
    here = imported_with(session, viewer.study.id, fingerprint)
    if here is not None:
        return _as_it_stands(here)
    done = RatingsBroughtIn(0, "", already_here=False, said_independent=plan.independent, models=sorted(plan.models))
    incidents = _incidents(session, viewer, rows, plan, done)
    coding_round = add_imported_round(
        session,
        viewer,
        plan.round_name,
        {
            "how_chosen": "imported",
            "file": file_name,
            "ratings_sha256": fingerprint,
            "said_independent": plan.independent,
            "incident_ids": len(incidents),
        },
    )
    names = dict.fromkeys(plain_name(row.rater) for row in rows)
    raters, done.raters_added = rater_members(session, viewer, list(names), plan.models)
    works: dict[Rated, dict[int, ImportedAnswer]] = {}
    for name, table in tables.items():
        dimension_id = _dimension_id(session, viewer, name, plan.sets, done)
        for unit, rater, answer in _answers(session, viewer, dimension_id, table, file_name, done):
            works.setdefault(Rated(incidents[unit], raters[rater].id), {})[dimension_id] = answer
    hand_in_imported(session, coding_round, works, independent=plan.independent)
    done.round_number, done.round_name, done.units = coding_round.number, coding_round.name, len(incidents)
    _record(session, viewer, coding_round, done, file_name)
    return done


def _check(rows: Sequence[Rating], plan: RatingsPlan) -> None:
    """All that is wrong at once: the first rows of it are named."""
    if not rows:
        raise NoRatings
    if plan.columns.dimension is None and not plain_name(plan.dimension_name):
        raise NoDimensionName
    _check_length(rows, "unit", lambda row: row.unit, LONGEST_ID)
    _check_length(rows, "rater", lambda row: row.rater, LONGEST_RATER)
    _check_length(rows, "dimension", lambda row: row.dimension, LONGEST_CODE)
    _check_length(rows, "code", lambda row: row.code, LONGEST_CODE)
    _check_apart(rows, "rater", lambda row: ("", row.rater))
    _check_apart(rows, "code", lambda row: (row.dimension, row.code))
    _check_dimensions_apart(rows)
    raters = {plain_name(row.rater) for row in rows}
    for model in plan.models:
        if model not in raters:
            raise NoSuchRater(f"The file has no rater “{model}”. It has {', '.join(sorted(raters))}.")


def _check_length(rows: Sequence[Rating], what: str, cell: Callable[[Rating], str], longest: int) -> None:
    long = [row.row for row in rows if len(cell(row)) > longest]
    if long:
        raise UnusableRatings(f"{_rows_named(long)}: the {what} is longer than {longest} characters.")
    unreadable = [row.row for row in rows if "\0" in cell(row) or (cell(row) and not plain_name(cell(row)))]
    if unreadable:
        raise UnusableRatings(f"{_rows_named(unreadable)}: the {what} has signs that cannot be read.")


def _check_apart(rows: Sequence[Rating], what: str, cell: Callable[[Rating], tuple[str, str]]) -> None:
    """Two cells that read the same would become one value, and the figures others than the file's."""
    first: dict[tuple[str, str], Rating] = {}
    for row in rows:
        where, typed = cell(row)
        other = first.setdefault((where, plain_name(typed)), row)
        if cell(other)[1] != typed:
            raise UnusableRatings(
                f"Row {row.row}: the {what} reads as that in row {other.row}, but is written with other signs. "
                "Make them the same."
            )


def _check_dimensions_apart(rows: Sequence[Rating]) -> None:
    first: dict[str, Rating] = {}
    for row in rows:
        other = first.setdefault(plain_name(row.dimension).casefold(), row)
        if other.dimension != row.dimension:
            raise UnusableRatings(
                f"Row {row.row}: the dimension “{row.dimension}” is spelt “{other.dimension}” in row {other.row}. "
                "Make them the same."
            )


def _rows_named(numbers: Sequence[int]) -> str:
    numbers = list(dict.fromkeys(numbers))
    shown = ", ".join(str(number) for number in numbers[:ROWS_NAMED])
    more = f" and {len(numbers) - ROWS_NAMED} more" if len(numbers) > ROWS_NAMED else ""
    return f"{'Row' if len(numbers) == 1 else 'Rows'} {shown}{more}"


def _named(tables: Mapping[str, DimensionRatings], plan: RatingsPlan) -> dict[str, DimensionRatings]:
    if plan.columns.dimension is None:
        return {plain_name(plan.dimension_name): tables[ONE_DIMENSION]}
    return {plain_name(name): table for name, table in tables.items()}


def _fingerprint(tables: Mapping[str, DimensionRatings], plan: RatingsPlan) -> str:
    """Of what is rated, whatever the order of the rows."""
    told = sorted(
        [name, unit, rater, sorted(code) if isinstance(code, frozenset) else [code]]
        for name, table in tables.items()
        for unit, raters in table.units.items()
        for rater, code in raters.items()
    )
    document = [plan.sets, sorted(plan.models), told]
    return sha256(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _as_it_stands(coding_round: Round) -> RatingsBroughtIn:
    said = bool(coding_round.plan.get("said_independent"))
    return RatingsBroughtIn(coding_round.number, coding_round.name, already_here=True, said_independent=said)


def _incidents(
    session: Session, viewer: Viewer, rows: Sequence[Rating], plan: RatingsPlan, done: RatingsBroughtIn
) -> dict[str, int]:
    here = incident_ids_by_label(session, viewer.study.id)
    twice = [row.row for row in rows if len(here.get(row.unit, ())) > 1]
    if twice:
        raise UnusableRatings(f"{_rows_named(twice)}: several incidents, of several sources, have this id.")
    unknown = [row for row in rows if row.unit not in here]
    if unknown and plan.strict:
        raise UnusableRatings(f"{_rows_named([row.row for row in unknown])}: this study has no incident of that id.")
    added = add_without_text(session, viewer.study.id, list(dict.fromkeys(row.unit for row in unknown)))
    done.units_added = len(added)
    return {row.unit: added[row.unit] if row.unit in added else here[row.unit][0] for row in rows}


def _dimension_id(session: Session, viewer: Viewer, name: str, sets: bool, done: RatingsBroughtIn) -> int:
    takes = "many" if sets else "one"
    for here in whole_codebook(session, viewer.study.id).dimensions:
        if same_name(here.name, name):
            if here.takes != takes:
                ratings = "several codes by one rater on one unit" if sets else "one code by one rater on one unit"
                raise DimensionDiffers(
                    f"The dimension “{here.name}” takes {here.takes} here, and the file is read as {ratings}."
                )
            return here.id
    done.dimensions_added += 1
    return add_dimension(session, viewer.study.id, viewer.member, DimensionText(name, takes=takes)).id


def _answers(
    session: Session,
    viewer: Viewer,
    dimension_id: int,
    table: DimensionRatings,
    file_name: str,
    done: RatingsBroughtIn,
) -> list[tuple[str, str, ImportedAnswer]]:
    """A blank is *none applies*: the rater looked, and gave no code."""
    given = [
        (unit, plain_name(rater), sorted(code) if isinstance(code, frozenset) else [code] if code else [])
        for unit, raters in table.units.items()
        for rater, code in raters.items()
    ]
    for unit, rater, codes in given:
        if len(codes) > 1 and NOT_ENOUGH in codes:
            raise UnusableRatings(f"Rater “{rater}” gave unit “{unit}” codes, and “{NOT_ENOUGH}” besides.")
    names = dict.fromkeys(plain_name(code) for _, _, codes in given for code in codes if code != NOT_ENOUGH)
    found, made = codes_as_spelt(session, viewer, dimension_id, list(names), source=file_name)
    done.codes_added += made
    done.ratings += len(given)
    done.blank += sum(not codes for _, _, codes in given)
    return [(unit, rater, _answer(codes, found)) for unit, rater, codes in given]


def _answer(codes: Sequence[str], found: Mapping[str, int]) -> ImportedAnswer:
    if not codes:
        return ImportedAnswer("none_applies")
    if NOT_ENOUGH in codes:
        return ImportedAnswer("not_enough_information")
    return ImportedAnswer("coded", tuple(ImportedCode(found[plain_name(code)]) for code in codes))


def _record(session: Session, viewer: Viewer, coding_round: Round, done: RatingsBroughtIn, file_name: str) -> None:
    record(
        session,
        viewer.study.id,
        viewer.member,
        "ratings.imported",
        subject=("round", coding_round.id),
        name=coding_round.name,
        file=file_name,
        ratings=done.ratings,
        units=done.units,
        said_independent=done.said_independent,
    )
    session.flush()
