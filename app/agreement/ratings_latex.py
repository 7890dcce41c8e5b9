"""Agreement of a ratings file as LaTeX tables (booktabs), to be taken into a paper by \\input."""

from collections.abc import Iterable, Iterator, Sequence

from app.agreement.ratings_beside import Beside
from app.agreement.ratings_figures import Figures
from app.agreement.ratings_report import CODES_SHOWN, NO_CODE, counts, measures, most_used, title
from app.methods.agreement import CodeAgreement, Coefficient
from app.methods.latex import escaped, one_line

PAIRS_SHOWN = 10
HEAD = r"""% Agreement of {file}
% sha256 {sha256}
% In the paper: \usepackage[T1]{{fontenc}} \usepackage{{textcomp,booktabs}}
% Beyond Western letters, compile with lualatex or xelatex and choose a font that has the letters.
"""


def ratings_latex(figures: Sequence[Figures], beside: Beside) -> str:
    head = HEAD.format(file=one_line(beside.file), sha256=beside.sha256)
    tables = [_whole(one, beside, number) + _codes(one, number) for number, one in enumerate(figures, start=1)]
    return head + "\n".join(tables)


def _whole(one: Figures, beside: Beside, number: int) -> str:
    """The dimension as a whole and its pairs."""
    rows = list(measures(one))
    few = len(one.report.cohen) <= PAIRS_SHOWN
    shown = [(f"{label}, {of}" if of else label, each) for label, of, each in rows if few or not of]
    pairs = [] if few else [_of_the_pairs(list(one.report.cohen.values()))]
    notes = [*beside.sentences, *pairs, *_undefined(shown), *_methods(shown)]
    lines = [rf"{escaped(label)} & {_value(each)} & {_interval(each)} & {each.n} \\" for label, each in shown]
    caption = f"Agreement on {title(one)}: {counts(one)}."
    return _table(caption, f"agreement-{number}", "lrlr", r"Measure & Value & 95\,\% interval & $n$ \\", lines, notes)


def _codes(one: Figures, number: int) -> str:
    ranked = most_used(one.report.codes)
    if not ranked:
        return ""
    more = len(one.report.codes) - len(ranked)
    figures = [(str(code.code) or NO_CODE, each) for code in ranked for each in (code.alpha, code.kappa, code.ac1)]
    notes = [
        "Seen: ratings with the code on units rated twice or more; share: of all of those ratings.",
        "In brackets 95 % intervals; without them, the code was seen too few times for one.",
        f"The {CODES_SHOWN} most used codes; {more} more are left out." if more else "",
        *_undefined(figures),
        *_methods(figures),
    ]
    heads = r"Code & Seen & Share & Alpha & Kappa & AC1 \\"
    caption = f"{title(one)}: each code against the rest, n = {one.pairable_units} units, {one.report.raters} raters."
    return _table(caption, f"agreement-{number}-codes", "lrrlll", heads, map(_code_row, ranked), filter(None, notes))


def _code_row(code: CodeAgreement) -> str:
    share = "--" if code.prevalence is None else f"{code.prevalence:.3f}"
    figures = " & ".join(_bracketed(each) for each in (code.alpha, code.kappa, code.ac1))
    return rf"{escaped(str(code.code) or NO_CODE)} & {code.positives} & {share} & {figures} \\"


def _table(caption: str, label: str, columns: str, heads: str, rows: Iterable[str], notes: Iterable[str]) -> str:
    lines = [
        r"\begin{table}",
        r"\centering\footnotesize\setlength{\tabcolsep}{2.5pt}",
        rf"\caption{{{escaped(caption)}}}",
        rf"\label{{tab:{label}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        heads,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        "",
        r"\medskip",
        rf"\parbox{{\linewidth}}{{\footnotesize {escaped(' '.join(notes))}}}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _undefined(shown: Sequence[tuple[str, Coefficient]]) -> Iterator[str]:
    for sentence, labels in _together((each.undefined, label) for label, each in shown if each.undefined).items():
        yield f"Undefined ({'; '.join(labels)}): {sentence}"


def _methods(shown: Sequence[tuple[str, Coefficient]]) -> Iterator[str]:
    """How most of the intervals were made, and those that were made otherwise."""
    ways = _together((each.interval_method, label) for label, each in shown if each.low is not None)
    most, *others = sorted(ways.items(), key=lambda way: -len(way[1])) or [("", [])]
    if most[0]:
        yield f"Intervals by {most[0]}."
    for way, labels in others:
        yield f"Interval of {'; '.join(labels)} by {way}."


def _together(pairs: Iterable[tuple[str | None, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for said, label in pairs:
        labels = found.setdefault(said or "", [])
        if label not in labels:
            labels.append(label)
    return found


def _of_the_pairs(pairs: Sequence[Coefficient]) -> str:
    values = [pair.value for pair in pairs if pair.value is not None]
    if not values:
        return f"Cohen's kappa is undefined for all {len(pairs)} pairs."
    defined = "" if len(values) == len(pairs) else f", undefined for {len(pairs) - len(values)}"
    return (
        f"Cohen's kappa of the {len(pairs)} pairs lies between {min(values):.3f} and {max(values):.3f}{defined}; "
        "the CSV has each of them."
    )


def _value(one: Coefficient, digits: int = 3) -> str:
    return "--" if one.value is None else f"${one.value:.{digits}f}$"


def _interval(one: Coefficient) -> str:
    return "--" if one.low is None or one.high is None else f"${one.low:.3f}$ to ${one.high:.3f}$"


def _bracketed(one: Coefficient) -> str:
    if one.low is None or one.high is None:
        return _value(one, 2)
    return f"{_value(one, 2)} [${one.low:.2f}$, ${one.high:.2f}$]"
