"""What a codebook would be after merges, after codes are taken out of a merger again, and after codes are put under a
category; and what each code of today is scored as then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.methods.names import same_name

MERGE, TAKE_OUT, ROLL_UP = "merge", "take_out", "roll_up"
KINDS = (MERGE, TAKE_OUT, ROLL_UP)


class DoesNotFit(Exception):
    """A step that makes no sense in this codebook. sentence: what stands in its way, with the names of the codes."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


@dataclass(frozen=True)
class Node:
    """A code as it stands. merged_into: of a code that lives on in another one, else None. is_split: several new ones
    stand in its place, and which of them an application of it means is not known.

    moved_with: the merged code through whose merger this one came to stand where it does; taken out again, that code
    takes it along.
    """

    name: str
    dimension: int
    parent: int | None = None
    is_category: bool = False
    is_active: bool = True
    merged_into: int | None = None
    moved_with: int | None = None
    is_split: bool = False


Shelf = Mapping[int, Node]


@dataclass(frozen=True)
class Step:
    """kind: one of KINDS. codes: what is merged, taken out or put under something; keys of the shelf.

    into: the code or category that takes them in. makes: instead of that the key of a new one called `name`, which
    stands where all of its codes stand, else at the top.
    """

    kind: str
    codes: tuple[int, ...]
    into: int | None = None
    makes: int | None = None
    name: str = ""


def after_step(shelf: Shelf, step: Step) -> dict[int, Node]:
    """The shelf after one step. Raises DoesNotFit; the shelf that was given stays as it was."""
    if not step.codes:
        raise DoesNotFit("No code is chosen for it.")
    after = dict(shelf)
    if step.kind == TAKE_OUT:
        for key in step.codes:
            _take_out(after, key)
        return after
    for key in step.codes:
        _check_active(after, key)
    into = _target(after, step)
    for key in step.codes:
        if step.kind == MERGE:
            _merge(after, key, into)
        else:
            _put_under(after, key, into)
    return after


def after_steps(shelf: Shelf, steps: Iterable[Step]) -> dict[int, Node]:
    after = dict(shelf)
    for step in steps:
        after = after_step(after, step)
    return after


def living(shelf: Shelf, key: int) -> int:
    """Where a merged code went, followed to its end; a key that is not on the shelf stays itself."""
    seen = {key}
    while (node := shelf.get(key)) is not None and node.merged_into is not None and node.merged_into not in seen:
        key = node.merged_into
        seen.add(key)
    return key


def scored_as(shelf: Shelf, key: int) -> int | None:
    """The code that an application counts as. None where it was split: that is for people to settle, not to guess."""
    key = living(shelf, key)
    node = shelf.get(key)
    return None if node is not None and node.is_split else key


def category_of(shelf: Shelf, key: int) -> int | None:
    """The topmost of what the living code stands under, itself where it stands at the top. None where it was split."""
    top = scored_as(shelf, key)
    seen = {top}
    while top is not None and (node := shelf.get(top)) is not None and node.parent is not None:
        above = living(shelf, node.parent)
        if above in seen or above not in shelf:
            break
        top = above
        seen.add(top)
    return top


def touched(shelf: Shelf, step: Step, keys: Iterable[int]) -> list[int]:
    """Those of `keys` that the step makes into something else, or puts elsewhere. shelf: before the step."""
    moved = set(step.codes)
    if step.kind != TAKE_OUT:
        return [key for key in keys if living(shelf, key) in moved]
    return [key for key in keys if not moved.isdisjoint(_way(shelf, key))]


def stands_at(shelf: Shelf, key: int) -> str:
    """In words, why a code is not one to be worked with; blank where it is."""
    node = shelf.get(key)
    if node is None:
        return "A code of it is not in the codebook"
    if node.is_active:
        return ""
    into = shelf.get(living(shelf, key)) if node.merged_into is not None else None
    if into is not None:
        return f"“{node.name}” is merged into “{into.name}”"
    return f"“{node.name}” is split" if node.is_split else f"“{node.name}” is retired"


def _target(after: dict[int, Node], step: Step) -> int:
    first = after[step.codes[0]]
    if step.makes is not None:
        wanted = step.kind == ROLL_UP or first.is_category
        parents = {after[key].parent for key in step.codes}
        parent = parents.pop() if len(parents) == 1 else None
        _check_name_free(after, step.name, first.dimension, parent, None)
        after[step.makes] = Node(step.name, first.dimension, parent, is_category=wanted)
        return step.makes
    if step.into is None:
        raise DoesNotFit("It does not say into what.")
    _check_active(after, step.into)
    return step.into


def _merge(after: dict[int, Node], key: int, into: int) -> None:
    node, target = after[key], after[into]
    if key == into:
        raise DoesNotFit(f"“{node.name}” cannot be merged into itself.")
    _check_together(node, target)
    if node.is_category != target.is_category:
        raise DoesNotFit(
            f"“{node.name}” and “{target.name}” are a category and a code; the one cannot be merged into the other."
        )
    if key in _above(after, into):
        raise DoesNotFit(f"“{target.name}” stands under “{node.name}”, so that cannot be merged into it.")
    for child, below in list(after.items()):
        if below.parent == key and below.is_active:
            _check_name_free(after, below.name, below.dimension, into, child)
            after[child] = replace(below, parent=into, moved_with=key)
    after[key] = replace(node, is_active=False, merged_into=into, moved_with=None)


def _put_under(after: dict[int, Node], key: int, into: int) -> None:
    node, target = after[key], after[into]
    _check_together(node, target)
    if not target.is_category:
        raise DoesNotFit(f"“{target.name}” is no category, so nothing can be put under it.")
    if node.parent == into:
        raise DoesNotFit(f"“{node.name}” stands under “{target.name}” already.")
    if key == into or key in _above(after, into):
        raise DoesNotFit(f"“{target.name}” cannot stand under itself.")
    _check_name_free(after, node.name, node.dimension, into, key)
    after[key] = replace(node, parent=into, moved_with=None)


def _take_out(after: dict[int, Node], key: int) -> None:
    node = after.get(key)
    if node is None or node.merged_into is None:
        name = f"“{node.name}”" if node else "A code of it"
        raise DoesNotFit(f"{name} is not merged into another code, so there is nothing to take it out of.")
    parent = standing_parent(after, node.parent)
    _check_name_free(after, node.name, node.dimension, parent, key)
    after[key] = replace(node, parent=parent, is_active=True, merged_into=None)
    for child, below in list(after.items()):
        if below.moved_with == key and below.is_active:
            after[child] = replace(below, parent=key, moved_with=None)


def standing_parent(shelf: Shelf, parent: int | None) -> int | None:
    """What a code would stand under today: where its parent went, or the top."""
    if parent is None:
        return None
    parent = living(shelf, parent)
    node = shelf.get(parent)
    return parent if node is not None and node.is_active else None


def _check_active(shelf: Shelf, key: int) -> None:
    stands = stands_at(shelf, key)
    if stands:
        raise DoesNotFit(f"{stands}.")


def _check_together(node: Node, target: Node) -> None:
    if node.dimension != target.dimension:
        raise DoesNotFit(f"“{node.name}” and “{target.name}” answer different dimensions.")


def _check_name_free(shelf: Shelf, name: str, dimension: int, parent: int | None, key: int | None) -> None:
    for other, node in shelf.items():
        beside = node.is_active and node.dimension == dimension and node.parent == parent
        if other != key and beside and same_name(node.name, name):
            raise DoesNotFit(f"A code called “{node.name}” stands there already.")


def _above(shelf: Shelf, key: int) -> list[int]:
    """What a code stands under, the nearest first."""
    above: list[int] = []
    node = shelf.get(key)
    while node is not None and node.parent is not None and node.parent in shelf and node.parent not in above:
        above.append(node.parent)
        node = shelf[node.parent]
    return above


def _way(shelf: Shelf, key: int) -> Sequence[int]:
    """The code and all that it went into."""
    way = [key]
    while (node := shelf.get(way[-1])) is not None and node.merged_into is not None and node.merged_into not in way:
        way.append(node.merged_into)
    return way
