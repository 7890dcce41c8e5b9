"""What the page of one disagreement shows, once it is known what this member may see of it."""

from dataclasses import dataclass
from functools import cached_property

from app.adjudication.blind import Somebody
from app.adjudication.case_law import LawLine
from app.adjudication.marked_text import MarkedText, Quote, marked_text
from app.adjudication.models import Ruling
from app.adjudication.narrowing import Narrowed
from app.adjudication.queries import Disagreement
from app.adjudication.taking_back import ShownTakingBack
from app.adjudication.talk import Thread
from app.codebook.tree import Codebook, CodeEntry, DimensionEntry
from app.coding.submissions import SubmittedSpan
from app.incidents.models import Incident
from app.rounds.models import Round

HANDS = "abcd"
NOT_OPEN_YET = "a new code, still its author’s alone"


@dataclass(frozen=True)
class ShownCode:
    """code None: coined in another round that still hides it."""

    code: CodeEntry | None
    is_main: bool
    spans: tuple[SubmittedSpan, ...] = ()

    @property
    def name(self) -> str:
        return self.code.name if self.code else NOT_OPEN_YET


@dataclass(frozen=True)
class CoderAnswer:
    """state: as submitted, 'skipped', or '' where the dimension was left open. memos: shared ones only, as they may be
    read."""

    member: Somebody
    hand: str
    state: str
    codes: tuple[ShownCode, ...] = ()
    skip_reason: str = ""
    memos: tuple["ShownMemo", ...] = ()
    flags: tuple[str, ...] = ()  # the notes; blank where there is none

    @property
    def place(self) -> int:
        return HANDS.index(self.hand)

    @property
    def can_be_adopted(self) -> bool:
        return all(shown.code for shown in self.codes)

    @property
    def main_id(self) -> int | None:
        return next((shown.code.id for shown in self.codes if shown.is_main and shown.code), None)

    @property
    def spans(self) -> list[tuple[SubmittedSpan, str]]:
        """(quote, name of its code) in the order of the text."""
        return sorted((span, code.name) for code in self.codes for span in code.spans)


@dataclass(frozen=True)
class ShownMemo:
    id: int
    text: str


@dataclass(frozen=True)
class ShownRuling:
    """basis '': an answer of a later round is the final one. is_own_case: whoever ruled coded the incident.
    coders_beside: who of those that took part did.

    reason: as it may be read. taken_back: when it does not stand any more without another in its place. rules: that
    came of it, oldest first.
    """

    ruling: Ruling
    by: Somebody
    codes: tuple[ShownCode, ...]
    participants: tuple[Somebody, ...]
    basis: str
    reason: str = ""
    is_own_case: bool = False
    coders_beside: tuple[Somebody, ...] = ()
    taken_back: ShownTakingBack | None = None
    rules: tuple[LawLine, ...] = ()


@dataclass(frozen=True)
class OtherDimension:
    """Another dimension of the same incident. disagreement None: the coders agree."""

    dimension: DimensionEntry
    disagreement: Disagreement | None


@dataclass(frozen=True)
class DisagreementPage:
    """hidden: how many things of others an opening would show. is_opened: all answers of others may be seen.

    people: who may have taken part. callable: names that a comment may call. is_blind: coders stand unnamed.
    is_own_case: the viewer coded this incident.
    """

    coding_round: Round
    incident: Incident
    dimension: DimensionEntry
    codebook: Codebook
    kind: str
    answers: tuple[CoderAnswer, ...]
    rulings: tuple[ShownRuling, ...]
    comments: tuple[Thread, ...]
    hidden: int
    is_opened: bool
    may_rule: bool
    may_comment: bool
    listed: Disagreement
    walk: Narrowed
    others: tuple[OtherDimension, ...] = ()
    people: tuple[Somebody, ...] = ()
    callable: tuple[str, ...] = ()
    is_blind: bool = False
    is_own_case: bool = False

    @property
    def key(self) -> tuple[int, int]:
        return self.incident.id, self.dimension.id

    @property
    def standing_ruling(self) -> ShownRuling | None:
        return self.rulings[0] if self.rulings and not self.rulings[0].taken_back else None

    @cached_property
    def marked(self) -> MarkedText:
        quotes = [
            Quote(answer.hand, number, span.start, span.end, answer.member.initials, (answer.member.name, code))
            for answer in self.answers
            for number, (span, code) in enumerate(answer.spans, 1)
        ]
        return marked_text(self.incident.text or "", quotes)

    @cached_property
    def offered(self) -> list[CodeEntry]:
        """The codes that coders submitted, once each, in the order of the columns."""
        found = [shown.code for answer in self.answers for shown in answer.codes if shown.code]
        return list({code.id: code for code in found}.values())

    @cached_property
    def digits(self) -> dict[int, str]:
        """Code -> the key that picks it."""
        return {code.id: str(place) for place, code in enumerate(self.offered[:9], 1)}

    @cached_property
    def further(self) -> list[tuple[str, CodeEntry]]:
        """(category, code) of every other code that can be chosen."""
        offered = {code.id for code in self.offered}
        return [
            (category.name if (category := self.codebook.category_of(code.id)) else "", code)
            for code in self.codebook.appliable(self.dimension.id)
            if code.id not in offered
        ]

    @cached_property
    def quotes(self) -> list[tuple[str, str]]:
        """(start-end, words) of what coders quoted, once each, in the order of the text."""
        spans = sorted({(span.start, span.end) for answer in self.answers for span, _ in answer.spans})
        text = self.incident.text or ""
        return [(f"{start}-{end}", text[start:end]) for start, end in spans]

    @property
    def rule_codes(self) -> list[CodeEntry]:
        """A rule may be for any code of the dimension, a category among them."""
        active = [code for code in self.codebook.codes.values() if code.dimension_id == self.dimension.id]
        offered = {code.id for code in self.offered}
        others = sorted((c for c in active if c.is_active and c.id not in offered), key=lambda c: c.name.casefold())
        return [*(code for code in self.offered if code.is_active), *others]

    @property
    def rule_options(self) -> list[tuple[int, str]]:
        return [(code.id, code.name) for code in self.rule_codes]

    @property
    def main_choices(self) -> list[tuple[int, str]]:
        return [(code.id, code.name) for code in [*self.offered, *(code for _, code in self.further)]]

    @property
    def position(self) -> int:
        """Among those that one walks through, from 1; 0 where it is none of them."""
        return self.walk.position(self.key)

    def neighbour(self, step: int) -> Disagreement | None:
        return self.walk.neighbour(self.key, step)
