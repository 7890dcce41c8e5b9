"""How people validated the models: each figure with its n and interval, or the sentence that says why there is none."""

from app.export.disclosure_document import Block, Grid, Words, gap
from app.export.disclosure_facts import Facts, RunFacts
from app.export.disclosure_figures import figures_of
from app.suggestions.similar import NAME
from app.suggestions.validity_words import ANNOTATORS, came_to_nothing, rests_on

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
            "under a frozen codebook. Whether one preceded is computed from a log of what each coder was shown. Coders "
            "are numbered, the same in every run."
        ),
        Words(
            f"In the alternative annotator test the coders count as {ANNOTATORS[facts.annotators]}: what the model may "
            "lag behind a coder and still be worth it. The authors of the test propose .20 for experts, .15 for "
            "skilled coders and .10 for crowd workers. An interval is of 95 %; the winning rate is a count of tests "
            "and has none."
        ),
    ]
    for one in facts.runs:
        blocks += _of_run(facts, one)
    blocks += _decisions(facts)
    if facts.bases:
        rows = [(BASES.get(basis, basis), f"{times:,}") for basis, times in facts.bases.items()]
        blocks.append(Grid("Final answers of rounds that are open, by their basis", ("Basis", "Answers"), rows))
    blocks.append(gap("who the coders were, how they were trained, and the power of these comparisons."))
    return blocks


def _of_run(facts: Facts, one: RunFacts) -> list[Block]:
    source = one.run.model or NAME
    name = f"Run {one.run.id} ({source}, {one.coding_round.name})"
    blocks: list[Block] = []
    if one.validity and one.validity.arms:
        rows = [(each.words, f"{each.first:,}", f"{each.exposed:,}") for each in one.validity.arms]
        head = ("Suggestions appear", "First submissions", "After something was shown")
        blocks.append(Grid(f"{name}: first submissions and exposures by arm", head, rows))
    if one.validity is None or one.sentence:
        return [*blocks, Words(f"{name}. {one.sentence}")]
    rests = " ".join(rests_on(one.validity, source))
    missing = came_to_nothing(one.validity) or "none"
    blocks.append(Words(f"{name}: {one.validity.done:,} incidents were answered; missing: {missing}. {rests}".strip()))
    for each in one.validity.dimensions:
        if each.sentence:
            blocks.append(Words(f"{name}, {each.dimension.name}: {each.sentence}"))
        else:
            blocks += figures_of(facts, name, source, each)
    return blocks


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
