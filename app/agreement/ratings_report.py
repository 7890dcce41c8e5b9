"""Agreement of a ratings file as a JSON document and as text."""

import json
from collections.abc import Iterable, Iterator, Sequence

from app.agreement.ratings_beside import INDEPENDENCE, MASI, Beside, N
from app.agreement.ratings_figures import Figures, WithoutNotEnough
from app.methods.agreement import CodeAgreement, Coefficient

COEFFICIENTS = (
    ("percent", "percent", "percent"),
    ("alpha", "alpha", "Krippendorff's alpha"),
    ("alpha_jaccard", "alpha_jaccard", "alpha, Jaccard distance"),
    ("alpha_masi", "alpha_masi", "alpha, MASI distance"),
    ("light", "light", "Light's kappa"),
    ("scott", "scott_pi", "Scott's pi"),
    ("fleiss", "fleiss", "Fleiss' kappa"),
    ("conger", "conger", "Conger's kappa"),
    ("brennan_prediger", "brennan_prediger", "Brennan-Prediger"),
    ("ac1", "ac1", "Gwet's AC1"),
)  # its name in the report, its key in the document, and in words
ALPHAS = ("alpha", "alpha_jaccard", "alpha_masi")
CODES_SHOWN = 20
NO_CODE = "(none applies)"


def ratings_json(figures: Sequence[Figures], beside: Beside) -> str:
    return json.dumps(ratings_document(figures, beside), indent=2, allow_nan=False)


def ratings_document(figures: Sequence[Figures], beside: Beside) -> dict[str, object]:
    """Coefficients that do not apply are left out, undefined ones are null with a sentence."""
    dimensions = {one.dimension: _dimension(one) for one in figures if one.level is None}
    for name, document in dimensions.items():
        rolled = {str(one.level): _dimension(one) for one in figures if one.dimension == name and one.level is not None}
        document |= {"levels": rolled} if rolled else {}
    return {
        "file": beside.file,
        "sha256": beside.sha256,
        "sets": beside.sets,
        "n": N,
        "missing": beside.missing,
        **({"masi": MASI} if beside.sets else {}),
        "independence": INDEPENDENCE,
        "dimensions": dimensions,
    }


def _dimension(one: Figures) -> dict[str, object]:
    report = one.report
    document: dict[str, object] = {
        "units": report.units,
        "raters": report.raters,
        "ratings": report.ratings,
        "pairable_units": one.pairable_units,
        "pairable_ratings": one.pairable_ratings,
    }
    for name, key, _ in COEFFICIENTS:
        coefficient = getattr(report, name)
        if coefficient is not None:
            document[key] = _coefficient(coefficient)
    document["cohen"] = {pair_key(a, b): _coefficient(each) for (a, b), each in report.cohen.items()}
    document["codes"] = {str(code.code): _code(code) for code in report.codes}
    if one.without_not_enough is not None:
        document["without_not_enough"] = _without(one.without_not_enough)
    return document


def pair_key(first: object, second: object) -> str:
    """`Ada|Ben`; a bar within a name is written `\\|`, so that no two pairs share a key."""
    return "|".join(str(name).replace("\\", "\\\\").replace("|", "\\|") for name in (first, second))


def _code(code: CodeAgreement) -> dict[str, object]:
    return {
        "positives": code.positives,
        "prevalence": code.prevalence,
        "alpha": _coefficient(code.alpha),
        "kappa": _coefficient(code.kappa),
        "ac1": _coefficient(code.ac1),
    }


def _without(left: WithoutNotEnough) -> dict[str, object]:
    alphas = {name: getattr(left, name) for name in ALPHAS}
    return {"left_out": left.left_out, **{name: _coefficient(one) for name, one in alphas.items() if one is not None}}


def _coefficient(coefficient: Coefficient) -> dict[str, object]:
    return {
        "value": coefficient.value,
        "low": coefficient.low,
        "high": coefficient.high,
        "n": coefficient.n,
        "undefined": coefficient.undefined,
        "interval_method": None if coefficient.undefined else coefficient.interval_method,
    }


def title(one: Figures) -> str:
    return one.dimension if one.level is None else f"{one.dimension}, rolled up to level {one.level}"


def counts(one: Figures) -> str:
    report = one.report
    return (
        f"{report.units} units, {report.raters} raters, {report.ratings} ratings; "
        f"{one.pairable_ratings} ratings are on the {one.pairable_units} units rated twice or more"
    )


def measures(one: Figures) -> Iterator[tuple[str, str, Coefficient]]:
    """What is measured, of whom, and the figure: of the whole dimension first, then of each pair."""
    for name, _, label in COEFFICIENTS:
        coefficient = getattr(one.report, name)
        if coefficient is not None:
            yield label, "", coefficient
        left = one.without_not_enough
        if left is not None and name in ALPHAS and getattr(left, name) is not None:
            yield f"{label}, without the {left.left_out} “not enough”", "", getattr(left, name)
    for pair, coefficient in one.report.cohen.items():
        yield "Cohen's kappa", " | ".join(map(str, pair)), coefficient


def most_used(codes: Iterable[CodeAgreement]) -> list[CodeAgreement]:
    return sorted(codes, key=lambda code: -code.positives)[:CODES_SHOWN]


def ratings_text(figures: Sequence[Figures], beside: Beside) -> str:
    """A table to read, one block a dimension."""
    blocks = ["\n".join(_block(one)) for one in figures]
    return "\n\n".join([*blocks, "\n".join(beside.sentences)])


def _block(one: Figures) -> Iterator[str]:
    yield f"{title(one)}: {counts(one)}"
    shown = [(f"{label}, {of}" if of else label, each) for label, of, each in measures(one)]
    width = max(len(label) for label, _ in shown)
    yield f"  {'':{width}}  {'value':>6}  {'95 % interval':16}  {'n':>6}  interval by"
    for label, each in shown:
        yield f"  {label:{width}}  {_figures(each)}"
    yield from _code_lines(one.report.codes)


def _figures(one: Coefficient) -> str:
    if one.value is None:
        return f"{'-':>6}  {'-':16}  {one.n:>6}  undefined: {one.undefined}"
    return f"{one.value:>6.3f}  {_interval(one) or '-':16}  {one.n:>6}  {one.interval_method}"


def _code_lines(codes: tuple[CodeAgreement, ...]) -> Iterator[str]:
    """The most used codes against the rest; the others are counted."""
    ranked = most_used(codes)
    if not ranked:
        return
    labels = [str(code.code)[:40] or NO_CODE for code in ranked]
    width = max(max(map(len, labels)), len("each code against the rest"))
    heads = f"{'share':>6}  {'alpha':>6}  {'kappa':>6}  {'AC1':>6}  alpha, 95 % interval"
    yield f"  {'each code against the rest':{width}}  {'seen':>6}  {heads}"
    for label, code in zip(labels, ranked, strict=True):
        share = "-" if code.prevalence is None else f"{code.prevalence:.3f}"
        values = "  ".join(f"{_short(one):>6}" for one in (code.alpha, code.kappa, code.ac1))
        said = _interval(code.alpha) or code.alpha.undefined or code.alpha.interval_method
        yield f"  {label:{width}}  {code.positives:>6}  {share:>6}  {values}  {said}"
    if len(codes) > len(ranked):
        yield f"  and {len(codes) - len(ranked)} codes more"


def _short(one: Coefficient) -> str:
    return "-" if one.value is None else f"{one.value:.3f}"


def _interval(one: Coefficient) -> str:
    return "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
