"""The cells of the closer look as an address asks for them, and how their values are written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from app.agreement.asked import Asked
from app.agreement.figures import NONE_APPLIES, NOT_ENOUGH, Row, Value
from app.problems import NotFound
from app.rounds.models import Round
from app.web.forms import whole_number

FEWEST_SHOWN = 3  # counts under this are not told to who still codes some of the incidents elsewhere
ALL_FIRST = "first"  # in an address, for a row of figures: every first submission, exposed ones too
NOTHING = "nothing"  # of sets: no code in the place of another
TOKENS: dict[str, Value] = {"none": NONE_APPLIES, "not-enough": NOT_ENOUGH}
WORDS_OF = {value: token for token, value in TOKENS.items()}

# What a cell may be of, and how many members and values name it.
KINDS = {
    "row": (0, 0),
    "differ": (0, 0),
    "pair": (2, 0),
    "codes": (0, 2),
    "code": (0, 1),
    "skipped": (0, 0),
    "evidence": (0, 0),
    "repeats": (1, 0),
}


@dataclass(frozen=True)
class Cell:
    """values: ids of codes and what else can be said, as they are written in an address."""

    kind: str
    member_ids: tuple[int, ...] = ()
    values: tuple[str, ...] = ()

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "Cell":
        """What is no cell is not found."""
        kind = query.get("of") or "row"
        members, values = KINDS.get(kind, (-1, -1))
        member_ids = [whole_number(query.get(name, "")) for name in ("a", "b")[: max(members, 0)]]
        named = tuple(query.get(name, "") for name in ("code", "other")[: max(values, 0)])
        if members < 0 or None in member_ids or not all(_is_value(value) for value in named):
            raise NotFound
        return cls(kind, tuple(each for each in member_ids if each is not None), named)

    @property
    def query(self) -> dict[str, str]:
        members = zip(("a", "b"), map(str, self.member_ids), strict=False)
        return {"of": self.kind, **dict(members), **dict(zip(("code", "other"), self.values, strict=False))}


@dataclass(frozen=True)
class Place:
    """Where the closer look is: a row of a round. asked: the round, the dimension and how they are looked at.

    row_key: of the row, or ALL_FIRST.
    """

    coding_round: Round
    asked: Asked
    row: Row
    row_key: str

    @classmethod
    def of(cls, coding_round: Round, asked: Asked, row: Row) -> "Place":
        here = replace(asked, round=coding_round.number, dimension=row.dimension.id, beside=(), width="")
        return cls(coding_round, here, row, row_key(row))

    def query(self, cell: Cell) -> str:
        """Of the address of the incidents behind a cell."""
        return f"{self.asked.query()}&{urlencode({'row': self.row_key, **cell.query})}"

    @property
    def beside(self) -> "Place":
        """The same, with every first submission."""
        return replace(self, row_key=ALL_FIRST)


def row_key(row: Row) -> str:
    """How a row of figures is named in an address."""
    return f"{row.kind}-{row.was}" if row.was else row.kind


def token_of(value: Value | None) -> str:
    """How a value stands in an address; of sets, one code of it."""
    if value is None:
        return NOTHING
    return WORDS_OF.get(value, str(value)) if isinstance(value, str) else str(value)


def value_of_token(token: str) -> Value | None:
    """None: nothing."""
    number = whole_number(token)
    if number is not None:
        return number
    return TOKENS.get(token)


def _is_value(token: str) -> bool:
    return token == NOTHING or token in TOKENS or whole_number(token) is not None
