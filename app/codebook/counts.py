"""How often codes were applied, for the tree.

What was handed in stands on a higher floor, so the wiring says, once, which query counts it (app/main.py).
"""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

CountCodes = Callable[[Session, int], Mapping[int, int]]  # session, study_id -> code -> how often
_wired: list[CountCodes] = []


def count_codes_by(query: CountCodes) -> None:
    _wired[:] = [query]


def code_counts(session: Session, study_id: int) -> Mapping[int, int]:
    """Of rounds that are open to others, and no other (promise 1). A code that was never applied is left out."""
    return _wired[0](session, study_id)
