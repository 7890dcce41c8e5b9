"""A ratings file from its bytes to its figures, and what its reader should know of how it was read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from app.agreement.ratings_beside import Beside
from app.agreement.ratings_columns import CsvForm, HowMeasured, MarkColumns, Shape, Taking
from app.agreement.ratings_csv import ratings_csv
from app.agreement.ratings_figures import Figures, FileFigures, figures_of
from app.agreement.ratings_latex import ratings_latex
from app.agreement.ratings_report import ratings_json, ratings_text
from app.agreement.ratings_shapes import Ratings, read_ratings
from app.agreement.ratings_sheet import Sheet, read_sheet

FORMS = {"text": ratings_text, "json": ratings_json, "csv": ratings_csv, "latex": ratings_latex}
CODES_NAMED = 4
LIKE_NOTHING = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "missing", ".", "-", "?"})


@dataclass(frozen=True)
class MeasuredFile:
    """notes: a sentence each, for stderr."""

    figures: tuple[Figures, ...]
    beside: Beside
    notes: tuple[str, ...]

    def written(self, form: str) -> str:
        return FORMS[form](self.figures, self.beside).rstrip("\n")


def measured_file(
    name: str, content: bytes, csv_form: CsvForm, shape: Shape, taking: Taking, how: HowMeasured
) -> MeasuredFile:
    """Raises Invalid for what cannot be read or contradicts itself, before anything is measured."""
    sheet = read_sheet(content, csv_form)
    ratings = read_ratings(sheet, shape, taking)
    done = figures_of(ratings, how)
    blanks = _blanks(ratings, taking, marks=isinstance(shape, MarkColumns))
    beside = Beside(name, sha256(content).hexdigest(), how.sets, blanks)
    return MeasuredFile(done.figures, beside, tuple(_notes(sheet, ratings, taking, how, done, blanks)))


def _blanks(ratings: Ratings, taking: Taking, *, marks: bool) -> str:
    what = "row without a mark" if marks else "blank cell"
    if not ratings.blank:
        return f"There is no {what}."
    if ratings.blank > 1:
        what = "rows without a mark" if marks else "blank cells"
    meaning = "rated, no code applies" if taking.blank_is_a_rating else "not rated"
    return f"{ratings.blank:,} {what} {'counts' if ratings.blank == 1 else 'count'} as: {meaning}."


def _notes(
    sheet: Sheet, ratings: Ratings, taking: Taking, how: HowMeasured, done: FileFigures, blanks: str
) -> Iterator[str]:
    if sheet.note:
        yield f"{sheet.note[0].upper()}{sheet.note[1:]}."
    if ratings.left_out:
        yield f"{_rows(ratings.left_out)} left out by --where."
    if ratings.blank:
        yield f"{blanks} Otherwise with --blank {'not-rated' if taking.blank_is_a_rating else 'none-applies'}."
    for word, often in ratings.words.items():
        if word.casefold() in LIKE_NOTHING and word in ratings.codes:
            cells = "1 cell" if often == 1 else f"{often:,} cells"
            yield f"“{word}” stands in {cells} and counts as a code; --not-rated or --none-applies say otherwise."
    if alike := _alike(ratings.codes):
        yield f"{alike} differ in upper and lower case alone and count as several codes; --ignore-case makes them one."
    if done.repeats:
        yield f"{_rows(done.repeats)} passed over: an earlier row says the same."
    if how.not_enough is not None and how.not_enough not in ratings.codes:
        yield f"No rating is “{how.not_enough}” (--not-enough)."


def _rows(number: int) -> str:
    return "1 row is" if number == 1 else f"{number:,} rows are"


def _alike(codes: Sequence[str]) -> str:
    """Some of the codes that are written alike but for their case."""
    spelt: dict[str, list[str]] = {}
    for code in codes:
        spelt.setdefault(code.casefold(), []).append(code)
    found = [each for same in spelt.values() if len(same) > 1 for each in same]
    shown = ", ".join(f"“{code}”" for code in found[:CODES_NAMED])
    return f"{shown} and {len(found) - CODES_NAMED} codes more" if len(found) > CODES_NAMED else shown
