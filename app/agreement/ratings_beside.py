"""What is said beside figures of agreement, in every form that leaves."""

from dataclasses import dataclass

N = "n counts pairable units: those two or more raters rated; of a pair, those both rated."
MISSING = "A missing rating is left out: pairs are made of the ratings there are, and a unit rated once has none."
MASI = (
    "MASI is Passonneau's (2006): distance 1 - J·M, with J Jaccard's similarity and M 1, 2/3, 1/3, 0 for sets that are "
    "equal, one inside the other, overlapping, disjoint."
)
KAPPA = "A code's kappa is Cohen's for two raters, Conger's for more."
INDEPENDENCE = "Ratings of a file: whether the raters worked independently is not known."


@dataclass(frozen=True)
class Beside:
    """What is true of every figure of a file. sha256: of its bytes. blanks: how its blank cells were taken."""

    file: str
    sha256: str
    sets: bool
    blanks: str

    @property
    def missing(self) -> str:
        return f"{MISSING} {self.blanks}"

    @property
    def sentences(self) -> tuple[str, ...]:
        return (N, "Intervals are 95 %.", self.missing, *([MASI] if self.sets else []), KAPPA, INDEPENDENCE)
