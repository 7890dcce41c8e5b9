"""The figures of one dimension of one run, as tables of the disclosure: agreement, test, and how often codes apply."""

from collections.abc import Iterator

from app.agreement.shown import code_name
from app.export.disclosure_document import Block, Grid, Words
from app.export.disclosure_facts import Facts
from app.methods.agreement import Coefficient
from app.methods.fitness import AlternativeAnnotator, HumanTested, Share
from app.suggestions.validity_figures import CodeShares, DimensionValidity
from app.suggestions.validity_words import says_of
from app.web.wording import coefficient, interval, percent


def figures_of(facts: Facts, name: str, source: str, one: DimensionValidity) -> Iterator[Block]:
    where = f"{name}, {one.dimension.name}"
    yield Grid(f"{where}: agreement, {one.coefficient}", ("Between", "Value", "Interval", "n"), _agreement(facts, one))
    if one.test is not None and one.test.humans:
        head = ("Coder", "Mean difference", "p", "Model as good", "Coder as good", "n", "Shown")
        caption = f"{where}: alternative annotator test, ε = {coefficient(one.test.epsilon)}"
        yield Grid(caption, head, _test(facts, one.test))
    yield Words(" ".join([f"{where}:", *says_of(one, source)]))
    yield Grid(
        f"{where}: how often each code applies, {one.labelled:,} incidents coded unseen and {one.predicted:,} known "
        "from the model alone",
        ("Code", "Model alone", "People alone", "Corrected (PPI++)", "λ"),
        [_shares(facts, each) for each in one.shares],
    )


def _agreement(facts: Facts, one: DimensionValidity) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    if one.people is not None:
        rows.append(("people among themselves", *_figure(one.people)))
    for beside in one.with_people:
        rows.append((f"coder {facts.coders[beside.member_id]} and the model", *_figure(beside.alpha)))
    return rows


def _figure(figure: Coefficient) -> tuple[str, str, str]:
    """Value, interval, n."""
    if figure.value is None:
        return figure.undefined or "undefined", "–", f"{figure.n:,}"
    has_interval = figure.low is not None and figure.high is not None
    told = interval(figure.low, figure.high) if has_interval else "no interval"
    return coefficient(figure.value), told, f"{figure.n:,}"


def _test(facts: Facts, test: AlternativeAnnotator) -> list[tuple[str, ...]]:
    rows = [_human(facts.coders[int(human.rater)], human) for human in test.humans]
    if test.undefined:
        return [*rows, ("all", "–", "–", "–", "–", f"{test.items:,}", test.undefined)]
    verdict = "passes" if test.passes else "does not pass"
    rate = f"winning rate {coefficient(test.winning_rate)} ({test.lost} of {test.tested}): {verdict}"
    return [*rows, ("all: average advantage", "–", "–", _share(test.advantage), "–", f"{test.advantage.n:,}", rate)]


def _human(number: int, human: HumanTested) -> tuple[str, ...]:
    difference = coefficient(human.difference) if human.difference is not None else "–"
    if human.difference_low is not None:
        difference += f" {interval(human.difference_low, human.difference_high)}"
    p = "–" if not human.is_tested else "undefined" if human.p is None else f"{human.p:.4f}"
    shown = "the model does as well" if human.loses else "not shown"
    said = f"{shown}. {human.sentence}".strip() if human.is_tested else human.sentence
    model, coder = _share(human.advantage), _share(human.human_advantage)
    return (f"coder {number}", difference, p, model, coder, f"{human.items:,}", said)


def _shares(facts: Facts, each: CodeShares) -> tuple[str, ...]:
    told = [_with_n(share) for share in (each.model, each.people, each.corrected)]
    tuning = each.corrected.tuning
    note = f". {each.corrected.note}" if each.corrected.note else ""
    name = code_name(each.code, facts.codebook)
    return (name, *told[:2], told[2] + note, coefficient(tuning) if tuning is not None else "–")


def _with_n(share: Share) -> str:
    return f"{_share(share)}, n = {share.n:,}" if share.value is not None else _share(share)


def _share(share: Share) -> str:
    if share.value is None or share.low is None or share.high is None:
        return share.undefined or "undefined"
    return f"{percent(share.value, 1)} [{100 * share.low:.1f}, {100 * share.high:.1f}]"
