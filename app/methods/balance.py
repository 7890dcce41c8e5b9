"""Whole numbers near to given shares: how many incidents of each group of coders get which arm, fair to every coder.

A table of groups by arms is rounded so that no cell, row or column is off by one or more (controlled rounding). Among
such tables one is sought, by exchanging what was rounded up, whose coders stand as near as can be to their own shares.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations, product
from math import floor
from random import Random

from app.methods.sampling import shuffled

Group = tuple[int, ...]  # coders, rising
MOST_TRIES = 60_000  # exchanges looked at, some seconds: of a thousand groups not all are tried
SLACK = 1e-9


def rounded_shares(
    sizes: Mapping[Group, int], shares: Sequence[float], totals: Sequence[int], random: Random
) -> dict[Group, list[int]]:
    """group -> how many of its incidents fall to each share.

    shares: of every group alike, together 1. totals: how many fall to each in all, each the sum of the shares rounded
    down or up, together the number of incidents.
    """
    table = _Table(sizes, shares)
    table.round(totals, random)
    table.exchange(random)
    return table.counts


class _Table:
    """up: what of each group is rounded up. off: (coder, share) -> how many they have beyond their own share."""

    def __init__(self, sizes: Mapping[Group, int], shares: Sequence[float]) -> None:
        self.columns = range(len(shares))
        self.counts = {group: [floor(share * size + SLACK) for share in shares] for group, size in sizes.items()}
        self.spare = {group: size - sum(self.counts[group]) for group, size in sizes.items()}
        self.up: dict[Group, set[int]] = {group: set() for group in sizes}
        self.off: defaultdict[tuple[int, int], float] = defaultdict(float)
        for group, size in sizes.items():
            for coder in group:
                for column in self.columns:
                    self.off[coder, column] += self.counts[group][column] - shares[column] * size

    def round(self, totals: Sequence[int], random: Random) -> None:
        """What a column lacks most is given first, which never leads into a corner; then what the coders lack."""
        lacks = [total - sum(row[column] for row in self.counts.values()) for column, total in enumerate(totals)]
        for group in shuffled(sorted(self.counts), random):
            ranked = sorted(
                shuffled(self.columns, random),
                key=lambda column: (-lacks[column], sum(self.off[one, column] for one in group)),
            )
            for column in ranked[: self.spare[group]]:
                lacks[column] -= 1
                self._add(group, column, 1)

    def exchange(self, random: Random) -> None:
        """Two groups exchange what is rounded up, as long as that brings the coders nearer to their shares."""
        left, better = MOST_TRIES, True
        while better:
            better = False
            for one, other in combinations(shuffled(sorted(group for group in self.up if self.up[group]), random), 2):
                for given, taken in product(self.up[one] - self.up[other], self.up[other] - self.up[one]):
                    left -= 1
                    if left < 0:
                        return
                    if given in self.up[one] and taken in self.up[other] and self._is_nearer(one, other, given, taken):
                        self._swap(one, other, given, taken)
                        better = True

    def _swap(self, one: Group, other: Group, given: int, taken: int) -> None:
        for group, down, up in ((one, given, taken), (other, taken, given)):
            self._add(group, down, -1)
            self._add(group, up, 1)

    def _is_nearer(self, one: Group, other: Group, given: int, taken: int) -> bool:
        """Whether squares of what coders are off by become less."""
        change = 0.0
        for coder in set(one) - set(other):
            change += 2 - 2 * self.off[coder, given] + 2 * self.off[coder, taken]
        for coder in set(other) - set(one):
            change += 2 + 2 * self.off[coder, given] - 2 * self.off[coder, taken]
        return change < -SLACK

    def _add(self, group: Group, column: int, n: int) -> None:
        self.counts[group][column] += n
        (self.up[group].add if n > 0 else self.up[group].discard)(column)
        for coder in group:
            self.off[coder, column] += n
