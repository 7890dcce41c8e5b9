"""Figures and codes of agreement as they are written and drawn."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.agreement.figures import NONE_APPLIES, NOT_ENOUGH, NOT_OPEN, Value
from app.codebook.tree import Codebook
from app.methods.agreement import Coefficient
from app.web.figures import Whisker
from app.web.wording import coefficient, interval, percent

NO_TEXT = {NOT_ENOUGH: "Not enough information", NONE_APPLIES: "None applies"}


@dataclass(frozen=True)
class Shown:
    """A coefficient as it is written. sentence: why there is no value, else ''."""

    value: str
    interval: str
    n: int
    sentence: str
    method: str

    @classmethod
    def of(cls, measured: Coefficient) -> "Shown":
        if measured.value is None or measured.low is None or measured.high is None:
            return cls("", "", measured.n, measured.undefined or measured.interval_method, "")
        written = coefficient(measured.value), interval(measured.low, measured.high)
        return cls(*written, measured.n, "", measured.interval_method)

    @classmethod
    def of_share(cls, measured: Coefficient) -> "Shown":
        if measured.value is None or measured.low is None or measured.high is None:
            return cls.of(measured)
        ends = f"[{100 * measured.low:.0f}, {100 * measured.high:.0f}]"
        return cls(percent(measured.value), ends, measured.n, "", measured.interval_method)

    @property
    def title(self) -> str:
        return self.sentence or f"95 % interval {self.interval}, n = {self.n}; {self.method}"


def whisker_of(measured: Coefficient | None, *, width: int = 260, apart: bool = False) -> Whisker | None:
    if measured is None or measured.value is None or measured.low is None or measured.high is None:
        return None
    return Whisker(measured.value, measured.low, measured.high, measured.n, width=width, apart=apart)


def kappa_name(raters: Iterable[int]) -> str:
    """Of figures of so many raters each. Cohen's is of two; Light's is the mean of it over the pairs of more."""
    names = {"Light’s" if number > 2 else "Cohen’s" for number in raters}
    return f"{' or '.join(sorted(names)) or 'Cohen’s'} κ"


def code_name(value: Value, codebook: Codebook) -> str:
    """A code that the reader may not see, as one coined in another round that still runs, is not named."""
    if isinstance(value, int):
        entry = codebook.codes.get(value)
        return entry.name if entry else NOT_OPEN
    return NO_TEXT.get(str(value), str(value))
