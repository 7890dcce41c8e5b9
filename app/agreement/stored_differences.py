"""Where two looks at the figures of a round differ: in what they are made of, and in the numbers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.agreement.stored_form import Figure, Inputs

ALMOST_NOTHING = 1e-9  # other machines add up in another order
NAMED = 5
LEFT_OUT = "answers with “{}” are left out, because it was split and it is not settled which part each of them means"

Key = tuple[str, int]  # kind of the row, dimension
FigureKey = tuple[str, int, str]  # with the level
NameOf = Callable[[int | None], str]
Compared = float | tuple[int, ...] | None
RATERS = "raters"


@dataclass(frozen=True)
class InputsDiffer:
    """One row of which something else is known now. sentence: what, in words."""

    kind: str
    dimension_id: int
    sentence: str


@dataclass(frozen=True)
class NumberDiffers:
    """measure: of RATERS the ids are compared. then, now: None where there was no value, or no such figure."""

    key: FigureKey
    measure: str
    then: Compared
    now: Compared


def inputs_that_differ(then: Inputs, now: Inputs, name_of: NameOf) -> list[InputsDiffer]:
    before, after = ({(row["kind"], row["dimension"]): row for row in inputs["rows"]} for inputs in (then, now))
    found = []
    for key in (*before, *(key for key in after if key not in before)):
        sentences = list(_sentences(before.get(key), after.get(key), name_of))
        if sentences:
            found.append(InputsDiffer(*key, " ".join(sentences)))
    return found


def _sentences(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None, name_of: NameOf) -> Iterable[str]:
    if then is None or now is None:
        yield "This row had no figure at the closing." if then is None else "This row has no figure today."
        return
    if then["takes"] != now["takes"]:
        yield f"The dimension took {then['takes']} at the closing, and takes {now['takes']} today."
    yield from _ratings(then["ratings"], now["ratings"])
    code, category = (_mapping(then[level], now[level], name_of) for level in ("code", "category"))
    if code:
        yield f"Codes are compared otherwise since: {code}."
    if category and category != code:
        yield f"Categories are others since: {category}."


def _ratings(then: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]]) -> Iterable[str]:
    before, after = ({(unit, rater): said for unit, rater, *said in ratings} for ratings in (then, now))
    counts = (
        (len(after.keys() - before.keys()), "more than at the closing"),
        (len(before.keys() - after.keys()), "fewer than at the closing"),
        (sum(after[key] != said for key, said in before.items() if key in after), "changed since the closing"),
    )
    for count, words in counts:
        if count:
            yield f"{count:,} {'rating' if count == 1 else 'ratings'} {words}."


def _mapping(then: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]], name_of: NameOf) -> str:
    """Of codes that were handed in then and are now: what they became."""
    after: dict[int, int | None] = {pair[0]: pair[1] for pair in now}
    changed = [(code, after[code]) for code, into in then if code in after and after[code] != into]
    said = [
        f"“{name_of(code)}” as “{name_of(into)}”" if into else LEFT_OUT.format(name_of(code))
        for code, into in changed[:NAMED]
    ]
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    return "; ".join(said) + more


def numbers_that_differ(then: Sequence[Figure], now: Sequence[Figure]) -> list[NumberDiffers]:
    """Of values, ends of intervals and what they count."""
    before, after = ({key_of(each): dict(_numbers(each)) for each in figures} for figures in (then, now))
    found = []
    for key in (*before, *(key for key in after if key not in before)):
        mine, others = before.get(key, {}), after.get(key, {})
        for measure in (*mine, *(measure for measure in others if measure not in mine)):
            if not _same(mine.get(measure), others.get(measure)):
                found.append(NumberDiffers(key, measure, mine.get(measure), others.get(measure)))
    return found


def key_of(figure: Figure) -> FigureKey:
    return figure["kind"], figure["dimension"], figure["level"]


def _numbers(figure: Figure) -> Iterable[tuple[str, Compared]]:
    for name in ("units", "ratings", "differing", "left_out"):
        yield name, figure[name]
    yield RATERS, tuple(figure["raters"])
    of_codes = [
        (f"{code['code']}: {name}", code[name]) for code in figure["codes"] for name in ("alpha", "kappa", "ac1")
    ]
    of_pairs = [(f"{pair['raters'][0]} and {pair['raters'][1]}", pair["kappa"]) for pair in figure["pairs"]]
    without = [(f"{name} without", each) for name, each in (figure["without_not_enough"] or {}).items()]
    for name, measured in (*figure["measures"].items(), *without, *of_pairs, *of_codes):
        for part in ("value", "low", "high", "n"):
            yield name if part == "value" else f"{name}, {part}", measured[part]


def _same(then: Compared, now: Compared) -> bool:
    if then is None or now is None or isinstance(then, tuple) or isinstance(now, tuple):
        return then == now
    return abs(then - now) <= ALMOST_NOTHING
