"""What sessions of one database may share: values that were read once and cannot change any more."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

LIMIT = 64  # values; the one that was used longest ago goes first
Value = TypeVar("Value")
SHARED = "shared by sessions"


class Shared:
    """key: must name everything that the value depends on. Two threads may read the same value at once."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = read()
        with self._lock:
            self._values[key] = value
            if len(self._values) > LIMIT:
                self._values.popitem(last=False)
        return value


def shared_by_sessions(session: Session) -> Shared | None:
    """None: nothing may be shared, since what this database commits can be taken back (tests)."""
    found: Shared | None = session.info.get(SHARED)
    return found
