"""The page of a coder's own codings of one round."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.desk_page import assignment_url
from app.coding.mine import A_PAGE, ANSWERS, SORTS, STATES, MineLine, Wanted, mine, state_counts
from app.coding.policy import codable_codebook
from app.coding.queries import STATE_WORDS
from app.problems import NotFound
from app.rounds.models import Round
from app.rounds.queries import own_round_numbers, round_by_number
from app.studies.viewer import Viewer
from app.web.forms import whole_number
from app.web.paging import page_at


@dataclass(frozen=True)
class MineFilter:
    """As asked in the address. found: a code's id, or one of ANSWERS; what makes no sense narrows nothing."""

    round: int = 0
    found: str = ""
    dimension: int = 0
    words: str = ""
    state: str = ""
    sort: str = "queue"
    at: int = 1

    def query(self, **changed: object) -> str:
        """Of an address: what differs from the whole list."""
        asked = {**vars(self), "at": "", **changed}
        return urlencode({name: value for name, value in asked.items() if value not in ("", 0)})


@dataclass(frozen=True)
class MinePage:
    viewer: Viewer
    coding_round: Round
    numbers: list[tuple[int, str]]  # (number, name) of the rounds in which the viewer codes, newest first
    codebook: Codebook
    dimensions: tuple[DimensionEntry, ...]
    asked: MineFilter
    counts: list[tuple[str, str, int]]  # state, its words, how many
    lines: list[MineLine]
    total: int
    pages: int
    may_act: bool

    @property
    def url(self) -> str:
        return f"/studies/{self.viewer.study.slug}/coding/mine"

    @property
    def queue_url(self) -> str:
        return f"/studies/{self.viewer.study.slug}/coding?round={self.coding_round.number}"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.asked.found or self.asked.dimension or self.asked.words.strip() or self.asked.state)

    def link(self, **changed: object) -> str:
        return f"{self.url}?{self.asked.query(**changed)}"

    def page_link(self) -> str:
        """Up to the number of the page."""
        return f"{self.url}?{self.asked.query(at='')}&at="

    def desk_url(self, line: MineLine, dimension: DimensionEntry | None = None) -> str:
        place = f"?dimension={dimension.id}#dimension-{dimension.id}" if dimension else ""
        return assignment_url(self.viewer, line.assignment_id) + place

    def state_word(self, state: str) -> str:
        return STATE_WORDS[state]

    def codes(self, line: MineLine, dimension: DimensionEntry) -> list[tuple[str, bool]]:
        """(name, whether main) of a cell."""
        known = self.codebook.codes
        return [(known[c].name, is_main) for c, is_main in line.cell(dimension.id).codes if c in known]

    @property
    def choices_of_dimensions(self) -> list[tuple[str, str]]:
        return [(str(each.id), each.name) for each in self.codebook.dimensions]

    def choices(self, dimension: DimensionEntry) -> list[CodeEntry]:
        return self.codebook.appliable(dimension.id)


def mine_page(session: Session, viewer: Viewer, asked: MineFilter) -> MinePage:
    """Round 0: the newest in which the viewer codes. NotFound for a round in which they do not."""
    numbers = own_round_numbers(session, viewer.study.id, viewer.member.id)
    number = asked.round or (numbers[0][0] if numbers else 0)
    if number not in dict(numbers):
        raise NotFound
    coding_round = round_by_number(session, viewer.study.id, number)
    codebook = codable_codebook(session, viewer, coding_round)
    asked = _sound(asked, number, codebook)
    wanted = Wanted(
        dimension_ids=[asked.dimension] if asked.dimension else [d.id for d in codebook.dimensions],
        code_id=whole_number(asked.found),
        answer=asked.found if asked.found in ANSWERS else "",
        words=asked.words,
        state=asked.state,
    )
    counted = state_counts(session, viewer, coding_round, wanted)
    total = counted.get(asked.state, 0) if asked.state else sum(counted.values())
    at, pages = page_at(asked.at, total, A_PAGE)
    return MinePage(
        viewer=viewer,
        coding_round=coding_round,
        numbers=numbers,
        codebook=codebook,
        dimensions=tuple(d for d in codebook.dimensions if asked.dimension in (0, d.id)),
        asked=MineFilter(**{**vars(asked), "at": at}),
        counts=[("", "All", sum(counted.values())), *((s, STATE_WORDS[s], counted.get(s, 0)) for s in STATES)],
        lines=mine(session, viewer, coding_round, wanted, sort=asked.sort, at=at),
        total=total,
        pages=pages,
        may_act=viewer.may_code and coding_round.phase == "running",
    )


def _sound(asked: MineFilter, number: int, codebook: Codebook) -> MineFilter:
    code = codebook.codes.get(whole_number(asked.found) or 0)
    return MineFilter(
        round=number,
        found=asked.found if code or asked.found in ANSWERS else "",
        dimension=asked.dimension if any(d.id == asked.dimension for d in codebook.dimensions) else 0,
        words=asked.words[:200],
        state=asked.state if asked.state in STATES else "",
        sort=asked.sort if asked.sort in SORTS else "queue",
        at=asked.at,
    )
