"""What sessions of one database may share: values that were read once and cannot change any more."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from sqlalchemy.orm import Session

LIMIT = 64  # the weights of all values together; the one that was used longest ago goes first
SHARED = "shared by sessions"


class Shared:
    """A value is never changed; another may take its place."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._weights: dict[Hashable, int] = {}
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Any | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def forget(self) -> None:
        with self._lock:
            self._values.clear()
            self._weights.clear()

    def keep(self, key: Hashable, value: Any, *, weight: int = 1) -> None:
        """weight: a megabyte weighs one. The newest value stays, however heavy it is."""
        with self._lock:
            self._values[key] = value
            self._weights[key] = weight
            self._values.move_to_end(key)
            while len(self._values) > 1 and sum(self._weights.values()) > LIMIT:
                del self._weights[self._values.popitem(last=False)[0]]


def shared_by_sessions(session: Session) -> Shared | None:
    """None: nothing may be shared, since what this database commits can be taken back (tests)."""
    found: Shared | None = session.info.get(SHARED)
    return found
