"""Coordinates for small drawings; the templates only write them down."""

from dataclasses import dataclass

from app.web.wording import coefficient, interval

EDGE = 4  # room for half a dot at either end
TICKS = (0.667, 0.8)


@dataclass(frozen=True)
class Whisker:
    """A coefficient as dot and whisker on an axis from 0 to 1. It cannot be made without n and interval."""

    value: float
    low: float
    high: float
    n: int
    width: int = 260
    apart: bool = False  # shown, but no reliability figure

    @property
    def ends(self) -> tuple[float, float]:
        return self._x(0), self._x(1)

    @property
    def ticks(self) -> list[float]:
        return [self._x(tick) for tick in TICKS]

    @property
    def dot(self) -> float:
        return self._x(self.value)

    @property
    def span(self) -> str:
        """The line and its caps; no cap where the interval runs out of the drawing."""
        left, right = self._x(self.low), self._x(self.high)
        caps = [f"M{x} 7V15" for x, inside in ((left, self.low >= 0), (right, self.high <= 1)) if inside]
        return " ".join([f"M{left} 11H{right}", *caps])

    @property
    def words(self) -> str:
        low, high = coefficient(self.low), coefficient(self.high)
        return f"{coefficient(self.value)}, 95 % interval {low} to {high}, n = {self.n}"

    @property
    def written(self) -> tuple[str, str]:
        return coefficient(self.value), interval(self.low, self.high)

    def _x(self, at: float) -> float:
        return round(EDGE + min(max(at, 0.0), 1.0) * (self.width - 2 * EDGE), 1)
