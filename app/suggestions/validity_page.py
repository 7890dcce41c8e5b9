"""The page that asks whether the model of a run is a fit rater: its figures as they are written and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.agreement.lens import Level
from app.agreement.shown import Shown, code_name, whisker_of
from app.codebook.queries import visible_codebook
from app.codebook.tree import Codebook
from app.methods.fitness import HumanTested, Share
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.policy import is_open_to_others
from app.studies.queries import members_by_id
from app.studies.viewer import Viewer
from app.suggestions.models import SuggestionRun
from app.suggestions.queries import run_of_round
from app.suggestions.similar import NAME as SIMILAR
from app.suggestions.validity_figures import (
    EPSILONS,
    USUAL,
    CodeShares,
    DimensionValidity,
    PersonBeside,
    Validity,
    validity_of,
)
from app.suggestions.validity_words import came_to_nothing, rests_on, says_of
from app.web.figures import EDGE, Whisker
from app.web.wording import coefficient, interval, percent

NOT_OPEN_YET = (
    "This round still runs. How far its coders agree with one another and with the model opens when the lead ends the "
    "coding."
)
AXIS = 132


@dataclass(frozen=True)
class ValidityAsked:
    """annotators: who the coders are, which makes ε. level: codes, or the categories over them."""

    annotators: str = USUAL
    level: Level = "code"

    @classmethod
    def read(cls, annotators: str, level: str) -> "ValidityAsked":
        """What is not offered is not found."""
        if annotators not in ("", *EPSILONS) or level not in ("", "code", "category"):
            raise NotFound
        return cls(annotators or USUAL, "category" if level == "category" else "code")

    @property
    def epsilon(self) -> float:
        return EPSILONS[self.annotators]

    @property
    def query(self) -> str:
        return f"annotators={self.annotators}&level={self.level}"


@dataclass(frozen=True)
class AlphaLine:
    """One line of agreement: of the coders among themselves, or of one of them with the model."""

    words: str
    whisker: Whisker | None
    sentence: str
    n: int


@dataclass(frozen=True)
class TestLine:
    words: str
    human: HumanTested
    advantage: "ShownShare"
    human_advantage: "ShownShare"

    @classmethod
    def of(cls, human: HumanTested, names: Mapping[int, str]) -> "TestLine":
        name = names.get(int(human.rater), "")
        return cls(name, human, ShownShare.of(human.advantage), ShownShare.of(human.human_advantage))

    @property
    def difference(self) -> str:
        return coefficient(self.human.difference) if self.human.difference is not None else "–"

    @property
    def difference_interval(self) -> str:
        ends = self.human.difference_low, self.human.difference_high
        return interval(*ends) if None not in ends else ""

    @property
    def p(self) -> str:
        if not self.human.is_tested:
            return "–"
        if self.human.p is None:
            return "undefined"
        return "< .001" if self.human.p < 0.001 else coefficient(self.human.p, 3)

    @property
    def verdict(self) -> str:
        if not self.human.is_tested:
            return "left out"
        return "the model does as well" if self.human.loses else "not shown"


@dataclass(frozen=True)
class ShareMark:
    """Places of one share on an axis from 0 to 1."""

    dot: float
    low: float
    high: float

    @classmethod
    def of(cls, share: Share) -> "ShareMark | None":
        if share.value is None or share.low is None or share.high is None:
            return None
        return cls(*(round(EDGE + at * (AXIS - 2 * EDGE), 1) for at in (share.value, share.low, share.high)))


@dataclass(frozen=True)
class ShownShare:
    written: str
    interval: str
    n: int
    title: str
    mark: ShareMark | None

    @classmethod
    def of(cls, share: Share) -> "ShownShare":
        if share.value is None or share.low is None or share.high is None:
            return cls("", "", share.n, share.undefined or "", None)
        ends = f"[{100 * share.low:.0f}, {100 * share.high:.0f}]"
        tuning = f"; λ = {coefficient(share.tuning)}" if share.tuning is not None else ""
        note = f". {share.note}" if share.note else ""
        title = f"95 % interval {ends}, n = {share.n}; {share.method}{tuning}{note}"
        return cls(percent(share.value), ends, share.n, title, ShareMark.of(share))


@dataclass(frozen=True)
class ShareLine:
    """width: of the drawing, and where its axis ends."""

    name: str
    is_code: bool
    model: ShownShare
    people: ShownShare
    corrected: ShownShare
    tuning: str
    note: str

    @property
    def width(self) -> int:
        return AXIS

    @property
    def ends(self) -> tuple[int, int]:
        return EDGE, AXIS - EDGE


@dataclass(frozen=True)
class ShownDimension:
    of: DimensionValidity
    people: AlphaLine
    with_people: list[AlphaLine]
    tests: list[TestLine]
    shares: list[ShareLine]
    says: list[str]

    @property
    def name(self) -> str:
        return self.of.dimension.name

    @property
    def key(self) -> int:
        return self.of.dimension.id

    @property
    def advantage(self) -> ShownShare | None:
        return ShownShare.of(self.of.test.advantage) if self.of.test else None

    @property
    def verdict(self) -> str:
        test = self.of.test
        if test is None or test.passes is None:
            return ""
        return "passes" if test.passes else "does not pass"


@dataclass(frozen=True)
class ValidityPage:
    """validity None: the round is not open to others yet, and nothing is told of it."""

    coding_round: Round
    run: SuggestionRun
    source: str
    asked: ValidityAsked
    validity: Validity | None
    sentence: str
    dimensions: list[ShownDimension]
    came_to_nothing: str
    rests_on: list[str]


def validity_page(
    session: Session, viewer: Viewer, coding_round: Round, run_id: int, asked: ValidityAsked
) -> ValidityPage:
    run = run_of_round(session, coding_round, run_id)
    source = run.model if run.source == "model" else SIMILAR
    if not is_open_to_others(coding_round):
        return ValidityPage(coding_round, run, source, asked, None, NOT_OPEN_YET, [], "", [])
    found = validity_of(session, viewer, coding_round, run, epsilon=asked.epsilon, level=asked.level)
    names = {key: member.name for key, member in members_by_id(session, viewer.study.id).items()}
    codebook = visible_codebook(session, viewer.study.id, viewer.member.id)
    return ValidityPage(
        coding_round=coding_round,
        run=run,
        source=source,
        asked=asked,
        validity=found,
        sentence=found.sentence,
        dimensions=[_dimension(one, names, codebook, source) for one in found.dimensions],
        came_to_nothing=came_to_nothing(found),
        rests_on=rests_on(found, source),
    )


def _dimension(one: DimensionValidity, names: Mapping[int, str], codebook: Codebook, source: str) -> ShownDimension:
    return ShownDimension(
        of=one,
        people=_alpha_line("Coders among themselves", PersonBeside(0, one.people) if one.people else None),
        with_people=[
            _alpha_line(f"{names.get(beside.member_id, '')} and {source}", beside) for beside in one.with_people
        ],
        tests=[TestLine.of(human, names) for human in one.test.humans] if one.test else [],
        shares=[_share_line(shares, codebook) for shares in one.shares],
        says=says_of(one, source),
    )


def _alpha_line(words: str, beside: PersonBeside | None) -> AlphaLine:
    if beside is None:
        return AlphaLine(words, None, "", 0)
    shown = Shown.of(beside.alpha)
    return AlphaLine(words, whisker_of(beside.alpha), shown.sentence, beside.alpha.n)


def _share_line(shares: CodeShares, codebook: Codebook) -> ShareLine:
    tuning = shares.corrected.tuning
    return ShareLine(
        name=code_name(shares.code, codebook),
        is_code=isinstance(shares.code, int),
        model=ShownShare.of(shares.model),
        people=ShownShare.of(shares.people),
        corrected=ShownShare.of(shares.corrected),
        tuning=coefficient(tuning) if tuning is not None else "–",
        note=shares.corrected.undefined or shares.corrected.note,
    )
