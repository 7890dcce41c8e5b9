"""Names for what comes in: usable in length, and borne by nothing beside it."""

from app.methods.names import folded_name

ROOM_FOR_A_NUMBER = 8


class FreeNames:
    """Knows what it has given. A name that is taken gets a number."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self.taken: set[str] = set()
        self.last: dict[str, int] = {}  # number given, so that the next of thousands of one name is found at once

    def cut(self, name: str) -> str:
        return name if len(name) <= self.longest else name[: self.longest - 1].rstrip() + "…"

    def free(self, name: str) -> str:
        free, begun = self.cut(name), name[: self.longest - ROOM_FOR_A_NUMBER]
        while folded_name(free) in self.taken:
            number = self.last[begun] = self.last.get(begun, 1) + 1
            free = f"{begun} ({number})"
        self.taken.add(folded_name(free))
        return free
