"""Which part of a queue somebody works through, and in which order. It is kept in the address from page to page."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.adjudication.differences import Key
from app.adjudication.queue_list import Disagreement, Queue, strongest_first
from app.coding.models import ANSWER_STATES
from app.methods.teaching import Pair
from app.web.forms import whole_number

STANDINGS = ("open", "ruled", "majority", "audit", "evidence", "flagged", "all")
ORDERS = ("strength", "teaches")
MARKS = ("skipped", "flagged")
FACETS = ("standing", "dimension", "coders", "codes", "arm", "mark")
NOTHING = "nothing"  # in the place of a code, where the other coder had none more
Choice = Any  # of a facet: an id, a pair of them, or a word


@dataclass(frozen=True)
class Narrowing:
    """None and "" take all. coders: who differ, two by two. codes: what stands against one another (`pair_words`)."""

    standing: str = "all"
    order: str = "strength"
    dimension: int | None = None
    coders: tuple[int, int] | None = None
    codes: str = ""
    arm: str = ""
    mark: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str], *, standing: str = "all") -> "Narrowing":
        """What is no choice is as if it had not been asked for. standing: the one that is meant where none is said."""
        return cls(
            standing=_one_of(asked.get("standing", standing), STANDINGS) or standing,
            order=_one_of(asked.get("order", ""), ORDERS) or "strength",
            dimension=whole_number(asked.get("dimension", "")),
            coders=_two(asked.get("coders", "")),
            codes=asked.get("codes", "")[:80] if code_pair(asked.get("codes", "")) else "",
            arm=asked.get("arm", "")[:40],
            mark=_one_of(asked.get("mark", ""), MARKS),
        )

    @property
    def query(self) -> str:
        """For the address of one disagreement; blank where it is the usual one: all that differ, strongest first."""
        usual = Narrowing()
        return urlencode({name: value for name, value in self._said.items() if value != getattr(usual, name)})

    @property
    def listing(self) -> str:
        """For the address of the queue, which shows what is open where no standing is said."""
        return urlencode({"standing": self.standing} | dict(parse_qsl(self.query)))

    @cached_property
    def facets(self) -> list[tuple[str, Choice]]:
        """What each facet is narrowed to, where it is."""
        return [(name, wanted) for name in FACETS if (wanted := getattr(self, name))]

    @property
    def _said(self) -> dict[str, str | int]:
        said = {
            "standing": self.standing,
            "order": self.order,
            "dimension": self.dimension,
            "coders": "-".join(map(str, self.coders)) if self.coders else None,
            "codes": self.codes,
            "arm": self.arm,
            "mark": self.mark,
        }
        return {name: value for name, value in said.items() if value}

    def but(self, **other: Choice) -> "Narrowing":
        return replace(self, **other)

    def order_of(self, each: Disagreement) -> tuple[float, ...]:
        first = (-each.teaches,) if self.order == "teaches" else ()
        return (*first, *strongest_first(each))


@dataclass(frozen=True)
class Narrowed:
    """ordered: all of the queue. opened: those of whose answers one was shown all; of the others no pair of codes is
    told, as it says what was answered (promise 3). unnamed: incidents whose coders stand as letters, under no pair."""

    narrowing: Narrowing
    ordered: Sequence[Disagreement]
    opened: Collection[Key] = frozenset()
    unnamed: Collection[int] = frozenset()

    @cached_property
    def counts(self) -> dict[str, Counter[Choice]]:
        """Facet -> choice -> how many it would show, the other facets being as they are."""
        counts: dict[str, Counter[Choice]] = {name: Counter() for name in FACETS}
        for each in self.ordered:
            missed = self._missed(self.narrowing, each)
            for name in missed if len(missed) == 1 else () if missed else FACETS:
                counts[name].update(self._choices(name, each))
        return counts

    @cached_property
    def found(self) -> list[Disagreement]:
        return [each for each in self.ordered if not self._missed(self.narrowing, each)]

    @property
    def not_opened(self) -> list[Disagreement]:
        """Of what fits but for its codes, and may fit its pair of coders."""
        anyhow, pair = self.narrowing.but(codes="", coders=None), set(self.narrowing.coders or ())
        return [
            each
            for each in self.ordered
            if each.key not in self.opened and pair.issubset(each.coder_ids) and not self._missed(anyhow, each)
        ]

    def position(self, key: Key) -> int:
        """From 1; 0 where it is none of them."""
        return next((at for at, each in enumerate(self.found, 1) if each.key == key), 0)

    def neighbour(self, key: Key, step: int) -> Disagreement | None:
        """The one before (-1) or behind (1), also of one that has left the list."""
        before, behind = self._around(key)
        beside = behind if step > 0 else before[::-1]
        return next(iter(beside), None)

    def next_waiting(self, key: Key) -> Disagreement | None:
        """The next one that waits for a ruling or an audit, from the top again at the end. Of a list in which nothing
        waits, the next one."""
        before, behind = self._around(key)
        around = [*behind, *before]
        if self.narrowing.standing in ("ruled", "majority", "evidence", "flagged"):
            return next(iter(behind), None)
        return next((each for each in around if each.waits), None)

    def _missed(self, narrowing: Narrowing, each: Disagreement) -> list[str]:
        """The facets by which this one is left out."""
        return [name for name, wanted in narrowing.facets if wanted not in self._choices(name, each)]

    def _choices(self, name: str, each: Disagreement) -> Collection[Choice]:
        """Under which choices of a facet this one is found."""
        if name == "standing":
            return tuple(standings_of(each))
        if name == "dimension":
            return (each.dimension.id,)
        if name == "coders":
            return self._pairs(each)
        if name == "codes":
            return tuple(pair_words(pair) for pair in each.met) if each.key in self.opened else ()
        if name == "arm":
            return (each.arm,)
        marks = (("skipped", each.is_skipped), ("flagged", each.is_flagged))
        return tuple(mark for mark, is_marked in marks if is_marked)

    def _pairs(self, each: Disagreement) -> Collection[Choice]:
        """Of three coders, those who are not apart said the same: who knows one answer would know the other."""
        if each.incident.id in self.unnamed or (len(each.coder_ids) > 2 and each.key not in self.opened):
            return ()
        return each.apart or tuple(combinations(each.coder_ids, 2))

    def _around(self, key: Key) -> tuple[list[Disagreement], list[Disagreement]]:
        """What is found before this one, and behind it."""
        places = {each.key: at for at, each in enumerate(self.ordered)}
        at = places.get(key, -1)
        before = [each for each in self.found if places[each.key] < at]
        behind = [each for each in self.found if places[each.key] > at]
        return before, behind


def narrowed(
    queue: Queue, narrowing: Narrowing, opened: Collection[Key] = frozenset(), unnamed: Collection[int] = frozenset()
) -> Narrowed:
    return Narrowed(narrowing, sorted(queue.listed, key=narrowing.order_of), opened, unnamed)


def pair_words(pair: Pair) -> str:
    """A pair of codes as it stands in an address."""
    return "~".join(sorted(NOTHING if each is None else str(each) for each in pair))


def code_pair(words: str) -> Pair | None:
    parts = words.split("~")
    if len(parts) != 2 or parts[0] == parts[1]:
        return None
    codes = [None if part == NOTHING else part if part in ANSWER_STATES else whole_number(part) for part in parts]
    known = [part == NOTHING or code is not None for part, code in zip(parts, codes, strict=True)]
    return frozenset(codes) if all(known) else None


def standings_of(each: Disagreement) -> Iterable[str]:
    if each.standing in ("open", "ruled", "majority"):
        yield each.standing
    if each.is_apart:
        yield "all"
    if each.audit:
        yield "audit"
    if each.evidence is not None:
        yield "evidence"
    if each.standing == "flagged":
        yield "flagged"


def _one_of(asked: str, words: Sequence[str]) -> str:
    return asked if asked in words else ""


def _two(asked: str) -> tuple[int, int] | None:
    numbers = [whole_number(part) for part in asked.split("-")]
    first, second = numbers if len(numbers) == 2 else (None, None)
    return (first, second) if first is not None and second is not None else None
