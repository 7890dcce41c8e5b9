"""What a figure rests on, as it stands beside it and in the table that leaves."""

from dataclasses import dataclass

from app.agreement.figures import RoundFigures, Row
from app.agreement.lens import Lens
from app.agreement.ratings_beside import MISSING
from app.rounds.models import ARM_WORDS, IMPORTED
from app.web.wording import count, percent, plural

AS_SPELT = "as the file spells its codes"


@dataclass(frozen=True)
class RestsOn:
    """In words. prevalence: of the answer that was given most. arm: when suggestions appear. submissions: which were
    counted."""

    incidents: str
    ratings: str
    raters: str
    prevalence: str
    missing: str
    codebook: str
    scored_under: str
    level: str
    cohort: str
    arm: str
    submissions: str
    interval: str

    @property
    def pairs(self) -> list[tuple[str, str]]:
        named = [
            ("Incidents", self.incidents),
            ("Ratings", self.ratings),
            ("Coders", self.raters),
            ("Prevalence", self.prevalence),
            ("Missing", self.missing),
            ("Coded under", self.codebook),
            ("Scored under", self.scored_under),
            ("Level", self.level),
            ("Cohort", self.cohort),
            ("Suggestions", self.arm),
            ("Submissions", self.submissions),
            ("Interval", self.interval),
        ]
        return [(name, words) for name, words in named if words]


def rests_on(figures: RoundFigures, row: Row, version: str, most_given: str) -> RestsOn:
    """version: the name of the round's own, '' for the live codebook. most_given: the name of that answer."""
    report, headline = row.report, row.headline
    most = max((code.prevalence or 0 for code in report.codes), default=0) if report else 0
    return RestsOn(
        incidents=_incidents(figures, row),
        ratings=f"{count(report.pairable)} that can be paired, of {count(report.ratings)}" if report else "",
        raters=count(report.raters) if report else "",
        prevalence=f"{most_given}, given most, in {percent(most)} of ratings" if most else "",
        missing=MISSING if report else "",
        codebook=coded_under(figures, version),
        scored_under=f"{row.lens.version_name}: post hoc" if row.lens.is_post_hoc else "",
        level=row.lens.level,
        cohort=", ".join(row.lens.cohorts) or "all",
        arm=arm_of(figures, row.lens),
        submissions=row.submissions,
        interval=f"95 %, {headline.interval_method}" if headline and headline.low is not None else "",
    )


def coded_under(figures: RoundFigures, version: str) -> str:
    if figures.coding_round.purpose == IMPORTED:
        return AS_SPELT
    return f"{version}, frozen" if version else "live: it could change while coding"


def arm_of(figures: RoundFigures, lens: Lens) -> str:
    """When suggestions appear, on the incidents that are looked at."""
    if lens.arms:
        return " or ".join(ARM_WORDS[arm] for arm in lens.arms)
    return "not known" if figures.coding_round.purpose == IMPORTED else figures.coding_round.suggestions_appear


def _incidents(figures: RoundFigures, row: Row) -> str:
    planned = plural(figures.incidents, "incident")
    if row.report is None or row.headline is None:
        return planned
    return f"{count(row.headline.n)} that two or more coders rated, of {planned}"
