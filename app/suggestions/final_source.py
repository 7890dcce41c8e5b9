"""What incidents of a round are finally coded as: by it, whether a coder who switched was right.

Final codes stand on a higher floor, so the wiring says, once, which query reads them (as in similar_source.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from app.rounds.models import Round

# Of the round itself these repeat what its coders handed in last, so they cannot judge it.
REPEATS_THE_CODERS = ("unanimous", "unanimous_after_suggestion", "unanimous_after_comparing", "single_coder")


@dataclass(frozen=True)
class FinalAnswer:
    """state: coded or none_applies. code_ids: empty where none applies. round_id: that settled it."""

    incident_id: int
    dimension_id: int
    state: str
    code_ids: frozenset[int]
    basis: str
    round_id: int

    def judges(self, coding_round: Round) -> bool:
        """Whether it is more than what the coders of that round said themselves."""
        return self.round_id != coding_round.id or self.basis not in REPEATS_THE_CODERS


class FinalAnswers(Protocol):
    """The current final answers to the incidents of a round, of rounds that are open to others only."""

    def __call__(self, session: Session, coding_round: Round) -> Sequence[FinalAnswer]: ...


_wired: list[FinalAnswers] = []


def read_final_answers_by(query: FinalAnswers) -> None:
    _wired[:] = [query]


def final_answers(session: Session, coding_round: Round) -> Sequence[FinalAnswer]:
    """None when nothing was wired."""
    return _wired[0](session, coding_round) if _wired else ()
