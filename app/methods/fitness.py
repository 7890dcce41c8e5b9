"""What the tests of a model as a rater come to: plain values, without numpy, so that pages which only show them start
quickly."""

from dataclasses import dataclass

from app.methods.agreement.results import Rater

EXPERTS, SKILLED, CROWD = 0.2, 0.15, 0.1  # epsilon, by who the humans are. Source: Calderon, Reichart, Dror (2025)
FEWEST_ITEMS = 30
FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval. n: what it rests on. undefined: why there is no value, else None.

    method: how the interval is made. tuning: lambda, how far the predictions count; None where they take no part.
    predicted: how many items have a prediction and no label. note: what to know about it, else ''.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    undefined: str | None
    method: str
    tuning: float | None = None
    predicted: int = 0
    note: str = ""


@dataclass(frozen=True)
class HumanTested:
    """One human held against the model, both by how well they stand for the other humans.

    items: that this human, another human and the model rated. difference: mean of [human at least as good] less
    [model at least as good]; below epsilon the model does. advantage: share of items where the model is at least as
    good; human_advantage: the same of the human. p: of the test; None where it is undefined or was not made.
    loses: the model is taken to stand for the others as well as this human does. sentence: why there is no test, or
    what is special about it; else ''. The ends of the difference are a t interval at 95 %; None where it has no spread.
    """

    rater: Rater
    items: int
    difference: float | None
    advantage: Share
    human_advantage: Share
    p: float | None
    loses: bool
    is_tested: bool
    sentence: str = ""
    difference_low: float | None = None
    difference_high: float | None = None


@dataclass(frozen=True)
class AlternativeAnnotator:
    """items: rated by two humans or more, and by the model. winning_rate: of the humans tested, the share that lost.

    advantage: the mean over the humans tested. undefined: why there is no result, else None.
    """

    epsilon: float
    items: int
    humans: tuple[HumanTested, ...]
    winning_rate: float | None
    advantage: Share
    undefined: str | None

    @property
    def tested(self) -> int:
        return sum(one.is_tested for one in self.humans)

    @property
    def lost(self) -> int:
        return sum(one.loses for one in self.humans)

    @property
    def passes(self) -> bool | None:
        """Source, as for all of it: Calderon, Reichart, Dror (2025): at a winning rate of one half or more."""
        return None if self.winning_rate is None else self.winning_rate >= 0.5
