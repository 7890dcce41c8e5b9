"""The figures of validity in words: for its page, and for whatever else tells them."""

from app.methods.fitness import AlternativeAnnotator
from app.suggestions.runs import STATE_WORDS
from app.suggestions.similar import NAME as SIMILAR
from app.suggestions.validity_figures import DimensionValidity, Validity
from app.web.wording import coefficient

ANNOTATORS = {
    "experts": "experts, ε = .20",
    "skilled": "skilled coders, ε = .15",
    "crowd": "crowd workers, ε = .10",
}
LOOKED_UP = "Similar incidents cannot tell that no code applies: where they offer nothing, nothing is compared."
BY_HAND = "Some incidents were chosen by hand: the shares speak of these incidents alone."
WEIGHED = (
    "Incidents were drawn with unequal chances: in the shares each counts by one over its own. Agreement and the "
    "alternative annotator test count each incident once."
)
BY_DATE = (
    "Queues went by date: what was not coded is the later part, no random one. The corrected shares lean on the two "
    "being alike."
)
FROM_A_FILE = (
    "The ratings came in a file, and whoever brought it in said that they were made independently: of that there is no "
    "log."
)


def came_to_nothing(found: Validity) -> str:
    return ", ".join(f"{n} {STATE_WORDS.get(state, state)}" for state, n in found.nothing)


def rests_on(found: Validity, source: str) -> list[str]:
    """What is to be known of all figures, in sentences."""
    said = []
    if found.is_imported:
        said.append(FROM_A_FILE)
    if found.samples > 1:
        said.append(
            f"Each incident was asked {found.samples} times. Measured is none of these answers alone: a code counts "
            "that more than half of them hold, and none applies where that has the majority. So this tells of the "
            "model asked so often, not of one call."
        )
    if source == SIMILAR:
        said.append(LOOKED_UP)
    for is_so, sentence in ((found.by_hand, BY_HAND), (found.is_weighed, WEIGHED), (found.in_date_order, BY_DATE)):
        if is_so:
            said.append(sentence)
    return said


def says_of(one: DimensionValidity, source: str) -> list[str]:
    """What the test says, and what is left out of it all, in sentences."""
    said = [of_test(one.test, source)] if one.test else []
    for n, words in (
        (one.not_read, "no similar one offers a code" if source == SIMILAR else "what it says could not be read"),
        (one.unsettled, "no answer of its samples had a majority"),
        (one.unresolved, "a code that it gave was split since"),
    ):
        if n:
            said.append(f"{n} {'incident is' if n == 1 else 'incidents are'} missing: {words}.")
    if one.not_enough:
        gave = "1 answer of a coder is" if one.not_enough == 1 else f"{one.not_enough} answers of coders are"
        said.append(f"{gave} not enough information, which no model can answer: it disagrees there.")
    if one.proposing:
        of = "incident" if one.proposing == 1 else "incidents"
        said.append(f"For {one.proposing} {of} it proposed a new code: one that no coder has, so it disagrees there.")
    return said


def of_test(test: AlternativeAnnotator, source: str) -> str:
    if test.undefined:
        return test.undefined
    two = " With two coders it only says whether the model stands closer to one of them." if test.tested == 2 else ""
    humans = "1 coder" if test.tested == 1 else f"{test.tested} coders"
    verdict = "passes" if test.passes else "does not pass"
    stands = f"as {test.lost} of {humans} tested: winning rate {coefficient(test.winning_rate)}"
    return (
        f"{source} stands for the other coders at least as well, within ε = {coefficient(test.epsilon)}, {stands}. "
        f"At one half or more it passes: it {verdict}.{two}"
    )
