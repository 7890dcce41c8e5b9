"""Alpha of one dimension over rounds, in their order: coordinates, and the table behind them."""

from dataclasses import dataclass

from app.web.wording import coefficient, interval

WIDTH, HEIGHT = 640, 216
LEFT, RIGHT, TOP, BOTTOM = 36, 632, 10, 186  # of the plot in the drawing; alpha runs from BOTTOM, 0, to TOP, 1
LEVELS = (0.0, 0.667, 0.8, 1.0)
CAP = 4
APART = 18  # between the marks of one round


@dataclass(frozen=True)
class TrendPoint:
    """One figure of one round: a row of the table, and a mark where it has an interval. name: what it is called."""

    number: int
    round_name: str
    name: str
    is_reliability: bool
    n: int
    value: float | None
    low: float | None
    high: float | None
    sentence: str

    @property
    def written(self) -> tuple[str, str]:
        return coefficient(self.value), interval(self.low, self.high)

    @property
    def words(self) -> str:
        figure = self.sentence or f"{' '.join(self.written)}, n = {self.n}"
        return f"round {self.number}, {self.name}: {figure}"


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    span: str  # of an interval; no cap where it runs out of the drawing
    point: TrendPoint


@dataclass(frozen=True)
class Trend:
    dimension: str
    points: list[TrendPoint]
    marks: list[Mark]
    rounds: list[tuple[float, int]]  # (where, its number)

    width = WIDTH
    height = HEIGHT
    left, right, bottom = LEFT, RIGHT, BOTTOM

    @property
    def levels(self) -> list[tuple[float, str, bool]]:
        """(where, its number, whether it is one of Krippendorff's)"""
        return [(_y(level), _short(level), level not in (0.0, 1.0)) for level in LEVELS]

    @property
    def words(self) -> str:
        return f"Alpha of {self.dimension} by round: {'; '.join(point.words for point in self.points)}"


def trend(dimension: str, numbers: list[int], points: list[TrendPoint]) -> Trend:
    """numbers: of the rounds, in their order; each has its place whether or not it has a figure."""
    slot = (RIGHT - LEFT) / max(len(numbers), 1)
    rounds = [(round(LEFT + slot * (place + 0.5), 1), number) for place, number in enumerate(numbers)]
    marks = []
    for centre, number in rounds:
        drawn = [point for point in points if point.number == number and point.low is not None]
        step = min(APART, slot / max(len(drawn), 1))
        for place, point in enumerate(drawn):
            marks.append(_mark(round(centre + step * (place - (len(drawn) - 1) / 2), 1), point))
    return Trend(dimension, points, marks, rounds)


def _mark(x: float, point: TrendPoint) -> Mark:
    low, high = point.low or 0.0, point.high or 0.0
    caps = [f"M{x - CAP} {_y(end)}H{x + CAP}" for end in (low, high) if 0 <= end <= 1]
    return Mark(x, _y(point.value or 0.0), " ".join([f"M{x} {_y(low)}V{_y(high)}", *caps]), point)


def _y(value: float) -> float:
    return round(BOTTOM - min(max(value, 0.0), 1.0) * (BOTTOM - TOP), 1)


def _short(level: float) -> str:
    return f"{level:.3f}".strip("0").rstrip(".") or "0"
