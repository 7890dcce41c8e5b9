"""How people validated the models: each figure with its n and interval, or the sentence that says why there is none."""

from app.export.disclosure_document import Block, Grid, Words, gap
from app.export.disclosure_facts import Facts, RunFacts
from app.methods.agreement import Coefficient
from app.methods.fitness import Share
from app.suggestions.validity_figures import DimensionValidity
from app.web.wording import coefficient, interval

BASES = {
    "unanimous": "unanimous",
    "unanimous_after_suggestion": "unanimous after a suggestion",
    "discussed": "discussed",
    "third_person": "by a third person",
    "majority": "by majority",
    "single_coder": "by a single coder",
}


def validity_blocks(facts: Facts) -> list[Block]:
    if not facts.runs:
        return [Words("There is no run, so there was nothing to validate.")]
    blocks: list[Block] = [
        Words(
            "People and model are compared on first submissions that no suggestion and nothing of others preceded, "
            "under a frozen codebook. Whether one preceded is computed from a log of what each coder was shown."
        )
    ]
    for one in facts.runs:
        blocks += _of_run(one)
    blocks += _decisions(facts)
    if facts.bases:
        rows = [(BASES.get(basis, basis), f"{times:,}") for basis, times in facts.bases.items()]
        blocks.append(Grid("Final answers of rounds that are open, by their basis", ("Basis", "Answers"), rows))
    blocks.append(gap("who the coders were, how they were trained, and the power of these comparisons."))
    return blocks


def _of_run(one: RunFacts) -> list[Block]:
    name = f"Run {one.run.id} ({one.run.model or 'similar incidents'}, {one.coding_round.name})"
    blocks: list[Block] = []
    if one.validity and one.validity.arms:
        rows = [(each.words, f"{each.first:,}", f"{each.exposed:,}") for each in one.validity.arms]
        head = ("Suggestions appear", "First submissions", "After something was shown")
        blocks.append(Grid(f"{name}: first submissions and exposures by arm", head, rows))
    if one.validity is None or one.sentence:
        return [*blocks, Words(f"{name}. {one.sentence}")]
    figures = [row for each in one.validity.dimensions for row in _rows(each)]
    columns = ("Dimension", "Figure", "Value", "95 % interval", "n")
    if figures:
        caption = f"{name}: people among themselves, and with the model (epsilon {one.validity.epsilon})"
        blocks.append(Grid(caption, columns, figures))
    blocks += [
        Words(f"{name}, {each.dimension.name}: {each.sentence}") for each in one.validity.dimensions if each.sentence
    ]
    return blocks


def _rows(one: DimensionValidity) -> list[tuple[str, ...]]:
    name = one.dimension.name
    rows: list[tuple[str, ...]] = []
    if one.people is not None:
        rows.append((name, f"people, {one.coefficient}", *_figure(one.people)))
    for place, beside in enumerate(one.with_people, start=1):
        rows.append((name, f"coder {place} with the model, {one.coefficient}", *_figure(beside.alpha)))
    if one.test is not None:
        test = one.test
        if test.winning_rate is None:
            rows.append((name, "alternative annotator test", test.undefined or "undefined", "–", f"{test.items:,}"))
        else:
            said = "passed" if test.passes else "not passed"
            rate = f"{said}: {test.lost} of {test.tested} people, rate {coefficient(test.winning_rate)}"
            rows.append((name, "alternative annotator test", rate, "–", f"{test.items:,}"))
            advantage = test.advantage
            rows.append((name, "average advantage of the model", *_figure(advantage)))
    return rows


def _figure(figure: Coefficient | Share) -> tuple[str, str, str]:
    """Value, interval, n."""
    if figure.value is None:
        return figure.undefined or "undefined", "–", f"{figure.n:,}"
    has_interval = figure.low is not None and figure.high is not None
    told = interval(figure.low, figure.high) if has_interval else "no interval"
    return coefficient(figure.value), told, f"{figure.n:,}"


def _decisions(facts: Facts) -> list[Block]:
    rows = []
    for one in facts.runs:
        found = facts.decided.get(one.run.id)
        if found is not None:
            told = (found.shown, found.accepted, found.changed, found.rejected, found.undecided)
            rows.append((str(one.run.id), *(f"{each:,}" for each in told)))
    if not rows:
        return [Words("No decision of a coder about a suggestion is on record in a round that is open.")]
    head = ("Run", "Shown", "Accepted", "Changed", "Rejected", "Undecided")
    return [Grid("What coders decided about suggestions that they were shown", head, rows)]
