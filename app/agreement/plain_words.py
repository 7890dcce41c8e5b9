"""What the figures of one dimension say, in sentences chosen by the figures. Numbers and no adjectives."""

from collections.abc import Iterable
from typing import NamedTuple

from app.agreement.figures import RoundFigures, Row
from app.methods.agreement import AgreementReport, Coefficient
from app.web.wording import coefficient

FEW_INCIDENTS = 50  # up to here the reader is told what one of them weighs
TENTATIVE, ENOUGH = 0.667, 0.8  # Krippendorff's, compared with the lower end of an interval
FAR_APART = 0.15  # of AC1 and alpha: from here on the reader is told why


class Sentence(NamedTuple):
    """words with a number of note in the middle: before, number, after."""

    before: str
    number: str = ""
    after: str = ""


def plain_words(figures: RoundFigures, row: Row) -> list[Sentence]:
    """About one row, then a comparison of all reliability rows."""
    name = row.dimension.name
    headline = row.headline
    if row.report is None or headline is None:
        return [Sentence(f"{name}: {row.sentence}")]
    if headline.value is None or headline.low is None or headline.high is None:
        return [Sentence(f"{name}: {headline.undefined} So there is no alpha here.")]
    said = [*_agreement(row, row.report, headline), *_how_sure(row, headline)]
    if row.is_reliability:
        said += _lower_ends(figures.reliability)
    else:
        said.append(Sentence(f"{row.words}. It is never pooled with reliability figures."))
    if row.lens.is_post_hoc:
        said.append(Sentence(f"Only a fresh round coded under {row.lens.version_name} can be its reliability."))
    return [*said, *_prevalence(row, row.report, headline), *_limits(row, row.report, headline)]


def _agreement(row: Row, report: AgreementReport, headline: Coefficient) -> Iterable[Sentence]:
    observed, alpha = report.percent.value, headline.value
    if observed is None or alpha is None:
        return
    what = "the very same set of codes" if row.dimension.takes_many else "the same"
    n = headline.n
    share = f"{100 * observed:.0f} %"
    yield Sentence(f"On {row.dimension.name}, two coders said {what} in ", share, f" of pairs (n = {n} incidents).")
    if row.dimension.takes_many:
        words = "Sets that overlap count in part. Corrected for chance, alpha with MASI distance is "
        yield Sentence(words, coefficient(alpha), ".")
    elif alpha < 1:
        chance = (observed - alpha) / (1 - alpha)
        yield Sentence(
            f"Part of that is luck: with these codes, chance alone would give about {100 * chance:.0f} %. "
            "Corrected for it, alpha is ",
            coefficient(alpha),
            ".",
        )
    else:
        yield Sentence("All pairs agree, so alpha is ", coefficient(alpha), ".")


def _how_sure(row: Row, headline: Coefficient) -> Iterable[Sentence]:
    if headline.low is None or headline.high is None:
        return
    ends = f"{coefficient(headline.low)} to {coefficient(headline.high)}"
    yield Sentence(f"With {headline.n} incidents, anything from ", ends, " fits these data (95 % interval).")
    if row.is_reliability:
        yield Sentence(_against_thresholds(headline.low))


def _against_thresholds(low: float) -> str:
    if low >= ENOUGH:
        return "The lower end is at or above .800, the value Krippendorff asks for."
    if low >= TENTATIVE:
        return (
            "The lower end is at or above .667, which Krippendorff takes for tentative conclusions, and below .800, "
            "which he asks for."
        )
    return (
        "The lower end is below .667, so these data do not rule out agreement under what Krippendorff takes "
        "for even tentative conclusions."
    )


def _lower_ends(rows: list[Row]) -> Iterable[Sentence]:
    lows = {
        row.dimension.name: headline.low
        for row in rows
        if (headline := row.headline) is not None and headline.low is not None
    }
    if len(lows) < 2:
        return
    groups = [
        ("at or above .800", [name for name, low in lows.items() if low >= ENOUGH]),
        ("from .667 to .800", [name for name, low in lows.items() if TENTATIVE <= low < ENOUGH]),
        ("below .667", [name for name, low in lows.items() if low < TENTATIVE]),
    ]
    told = "; ".join(f"{where} for {', '.join(names)}" for where, names in groups if names)
    yield Sentence(f"Lower ends in this round: {told}.")


def _limits(row: Row, report: AgreementReport, headline: Coefficient) -> Iterable[Sentence]:
    """What the figure cannot say because of how little it rests on."""
    if headline.n <= FEW_INCIDENTS:
        most = f"{100 / headline.n:.0f} points"
        yield Sentence(f"Of {headline.n} incidents, each said alike or not moves percent agreement by up to {most}.")
    if report.raters == 2:
        yield Sentence("Two coders rated: how far others would agree with them is not known from it.")
    unmeasured = sum(code.alpha.low is None for code in report.codes)
    if unmeasured:
        codes = "1 code has" if unmeasured == 1 else f"{unmeasured} codes have"
        yield Sentence(f"{codes} no figure alone, because too few ratings hold it or all do.")


def _prevalence(row: Row, report: AgreementReport, headline: Coefficient) -> Iterable[Sentence]:
    """The prevalence paradox, explained where it bites."""
    ac1, alpha = report.ac1.value, headline.value
    shares = [code.prevalence for code in report.codes if code.prevalence is not None]
    if row.dimension.takes_many or ac1 is None or alpha is None or ac1 - alpha < FAR_APART or not shares:
        return
    yield Sentence(
        f"AC1 ({coefficient(ac1)}) and alpha ({coefficient(alpha)}) lie apart because one answer makes up "
        f"{100 * max(shares):.0f} % of the ratings. Where nearly everything is one answer, agreement by chance is "
        "frequent, and alpha gives little credit for it; AC1 takes chance to be rarer. Look at the rarer codes "
        "one by one below."
    )
