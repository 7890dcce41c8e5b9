"""The figures of a validity page as a file, CSV or JSON: one line a figure, each with its interval and n."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from app.methods.agreement import Coefficient
from app.methods.fitness import Share
from app.methods.inert import inert
from app.suggestions.validity_page import ShownDimension, ValidityPage

COLUMNS = (
    "round", "run", "source", "dimension", "level", "measure", "of", "value", "low", "high", "n", "lambda", "predicted",
    "epsilon", "p", "model_does_as_well", "undefined", "interval_method",
)  # fmt: skip


def validity_csv(found: ValidityPage) -> str:
    written = StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in validity_rows(found):
        writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])
    return written.getvalue()


def validity_json(found: ValidityPage) -> str:
    """What the figures rest on, and {"figures": [...]}: an object a figure, with the names of COLUMNS."""
    validity = found.validity
    document: dict[str, Any] = {
        "round": found.coding_round.number,
        "run": found.run.id,
        "source": found.source,
        "sentence": found.sentence,
        "annotators": found.asked.annotators,
        "epsilon": found.asked.epsilon,
        "level": found.asked.level,
    }
    if validity is not None:
        document |= {
            "incidents": validity.incidents,
            "answered": validity.done,
            "came_to_nothing": dict(validity.nothing),
            "first_submissions": validity.first,
            "exposed": validity.exposed,
            "arms": [{"arm": one.arm, "first_submissions": one.first, "exposed": one.exposed} for one in validity.arms],
            "weighed_by_chance": validity.is_weighed,
        }
    rows = (dict(zip(COLUMNS, row, strict=True)) for row in validity_rows(found))
    document["figures"] = [{name: None if value == "" else value for name, value in row.items()} for row in rows]
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def validity_rows(found: ValidityPage) -> Iterator[tuple[Any, ...]]:
    """In the order of COLUMNS."""
    head = (found.coding_round.number, found.run.id, found.source)
    for shown in found.dimensions:
        for line in (*_agreement(shown), *_test(shown), *_shares(shown)):
            yield (*head, shown.name, found.asked.level, *line)


def _agreement(shown: ShownDimension) -> Iterator[tuple[Any, ...]]:
    of = shown.of
    if of.people is None:
        yield ("alpha", "", None, None, None, 0, None, None, None, None, None, of.sentence, "")
        return
    yield (of.coefficient, shown.people.words, *_numbers(of.people))
    for line, beside in zip(shown.with_people, of.with_people, strict=True):
        yield (of.coefficient, line.words, *_numbers(beside.alpha))


def _numbers(one: Coefficient) -> tuple[Any, ...]:
    none = (None, None, None, None, None)
    if one.value is None or one.low is None or one.high is None:
        return (None, None, None, one.n, *none, one.undefined or one.interval_method, "")
    return (one.value, one.low, one.high, one.n, *none, "", one.interval_method)


def _test(shown: ShownDimension) -> Iterator[tuple[Any, ...]]:
    test = shown.of.test
    if test is None:
        return
    for line in shown.tests:
        one = line.human
        told = None if not one.is_tested else one.loses
        spread = "t of the mean" if one.difference_low is not None else "none: no spread"
        ends = (one.difference, one.difference_low, one.difference_high, one.items, None, None, test.epsilon, one.p)
        yield ("alternative annotator, mean difference", line.words, *ends, told, one.sentence, spread)
        for measure, share in (("model", one.advantage), ("coder", one.human_advantage)):
            rest = (None, None, one.sentence, share.method)
            yield (f"alternative annotator, {measure} as good", line.words, *_share(share)[:6], test.epsilon, *rest)
    yield ("alternative annotator, average advantage", "", *_share(test.advantage)[:6], test.epsilon, None, None,
           test.undefined or "", test.advantage.method)  # fmt: skip
    lost = f"{test.lost} of {test.tested}"
    rate = (test.winning_rate, None, None, test.tested, None, None, test.epsilon, None, test.passes)
    yield ("alternative annotator, winning rate", lost, *rate, test.undefined or "", "none: a count of tests")


def _shares(shown: ShownDimension) -> Iterator[tuple[Any, ...]]:
    for line, shares in zip(shown.shares, shown.of.shares, strict=True):
        for measure, share in (
            ("share, model alone", shares.model),
            ("share, people alone", shares.people),
            ("share, corrected (PPI++)", shares.corrected),
        ):
            why = share.undefined or share.note
            yield (measure, line.name, *_share(share), None, None, None, why, share.method)


def _share(share: Share) -> tuple[Any, ...]:
    return share.value, share.low, share.high, share.n, share.tuning, share.predicted or None
