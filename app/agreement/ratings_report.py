"""Agreement of a ratings file as a JSON document and as text."""

from collections.abc import Iterator, Mapping

from app.methods.agreement import AgreementReport, CodeAgreement, Coefficient

COEFFICIENTS = (
    ("percent", "percent"),
    ("alpha", "Krippendorff's alpha"),
    ("alpha_jaccard", "alpha, Jaccard distance"),
    ("alpha_masi", "alpha, MASI distance"),
    ("light", "Light's kappa"),
    ("scott", "Scott's pi"),
    ("fleiss", "Fleiss' kappa"),
    ("conger", "Conger's kappa"),
    ("brennan_prediger", "Brennan-Prediger"),
    ("ac1", "Gwet's AC1"),
)
CODES_SHOWN = 20
ENDING = (
    "n counts pairable units: those two or more raters rated; of a pair, those both rated.\n"
    "Intervals are 95 %. MASI is Passonneau's (2006): distance 1 - J·M. A code's kappa is Cohen's for two\n"
    "raters, Conger's for more. Imported ratings: whether the raters worked independently is not known."
)


def ratings_document(reports: Mapping[str, AgreementReport]) -> dict[str, object]:
    """The JSON form; coefficients that do not apply are left out, undefined ones are null with a sentence."""
    return {"dimensions": {name: _dimension(report) for name, report in reports.items()}}


def _dimension(report: AgreementReport) -> dict[str, object]:
    document: dict[str, object] = {"units": report.units, "raters": report.raters, "ratings": report.ratings}
    for key, _ in COEFFICIENTS:
        coefficient = getattr(report, key)
        if coefficient is not None:
            document[key] = _coefficient(coefficient)
    document["cohen"] = {pair_key(a, b): _coefficient(one) for (a, b), one in report.cohen.items()}
    return document


def pair_key(first: object, second: object) -> str:
    """`Ada|Ben`; a bar within a name is written `\\|`, so that no two pairs share a key."""
    return "|".join(str(name).replace("\\", "\\\\").replace("|", "\\|") for name in (first, second))


def _coefficient(coefficient: Coefficient) -> dict[str, object]:
    return {
        "value": coefficient.value,
        "low": coefficient.low,
        "high": coefficient.high,
        "n": coefficient.n,
        "undefined": coefficient.undefined,
    }


def ratings_text(reports: Mapping[str, AgreementReport]) -> str:
    """A table to read, one block a dimension."""
    blocks = ["\n".join(_block(name, report)) for name, report in reports.items()]
    return "\n\n".join([*blocks, ENDING])


def _block(name: str, report: AgreementReport) -> Iterator[str]:
    yield f"{name}: {report.units} units, {report.raters} raters, {report.ratings} ratings"
    lines = [(label, getattr(report, key)) for key, label in COEFFICIENTS]
    shown = [(label, one) for label, one in lines if one is not None]
    shown += [(f"Cohen's kappa, {a} | {b}", one) for (a, b), one in report.cohen.items()]
    width = max(len(label) for label, _ in shown)
    yield f"  {'':{width}}  {'value':>6}  {'95 % interval':16}  {'n':>6}  interval by"
    for label, one in shown:
        yield f"  {label:{width}}  {_figures(one)}"
    yield from _code_lines(report.codes)


def _figures(one: Coefficient) -> str:
    if one.value is None:
        return f"{'-':>6}  {'-':16}  {one.n:>6}  undefined: {one.undefined}"
    interval = "-" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
    return f"{one.value:>6.3f}  {interval:16}  {one.n:>6}  {one.interval_method}"


def _code_lines(codes: tuple[CodeAgreement, ...]) -> Iterator[str]:
    """The most used codes against the rest; the others are counted."""
    ranked = sorted(codes, key=lambda code: -code.positives)[:CODES_SHOWN]
    if not ranked:
        return
    labels = [str(code.code)[:40] or "(blank)" for code in ranked]
    width = max(max(map(len, labels)), len("each code against the rest"))
    heads = f"{'share':>6}  {'alpha':>6}  {'kappa':>6}  {'AC1':>6}  alpha, 95 % interval"
    yield f"  {'each code against the rest':{width}}  {'seen':>6}  {heads}"
    for label, code in zip(labels, ranked, strict=True):
        share = "-" if code.prevalence is None else f"{code.prevalence:.3f}"
        values = "  ".join(f"{_short(one):>6}" for one in (code.alpha, code.kappa, code.ac1))
        yield f"  {label:{width}}  {code.positives:>6}  {share:>6}  {values}  {_code_interval(code.alpha)}"
    if len(codes) > len(ranked):
        yield f"  and {len(codes) - len(ranked)} codes more"


def _short(one: Coefficient) -> str:
    return "-" if one.value is None else f"{one.value:.3f}"


def _code_interval(one: Coefficient) -> str:
    if one.low is None or one.high is None:
        return one.undefined or one.interval_method
    return f"{one.low:.3f} to {one.high:.3f}"
