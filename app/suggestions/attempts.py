"""What follows from an attempt to ask a model that came to nothing: whether and when to try again, and what is told."""

from app.llm.problems import (
    AddressNotAsked,
    ModelBusy,
    ModelProblem,
    QuotaExhausted,
    ReplyCut,
    ReplyFiltered,
    ReplyRefused,
    ReplyUnusable,
    UnknownModel,
    WrongAddress,
    WrongKey,
)
from app.suggestions.models import CAME_TO_NOTHING

MOST_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 3600.0
PAUSING = (QuotaExhausted, WrongKey, UnknownModel, WrongAddress, AddressNotAsked)
READ = ("valid", "partly_valid", "invalid")
OUTCOMES: dict[type[ModelProblem], str] = {ReplyRefused: "refused", ReplyFiltered: "filtered", ReplyCut: "cut"}
ENDING = tuple(OUTCOMES.values())  # asked again, it would say the same


class TryAgainLater(Exception):
    """Not a mistake: the model could not answer just now. The queue runs it again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


def told(problem: ModelProblem) -> str:
    """What a page may say of it: of an unusable reply not a word of what the model said."""
    if isinstance(problem, ReplyUnusable):
        return _sentence(type(problem))
    return problem.sentence


def outcome_of_problem(problem: ModelProblem) -> str:
    """The word of the ledger for it."""
    answered = isinstance(problem, ReplyUnusable) and problem.answer is not None
    return OUTCOMES.get(type(problem), "invalid" if answered else "failed")


def state_of(outcome: str) -> str:
    """Under what name an incident comes to nothing whose last call came to that."""
    return outcome if outcome in CAME_TO_NOTHING else "failed"


def words_of_outcome(outcome: str) -> str:
    """What is told of a call that the ledger has under this word, '' where it says so itself."""
    return next((_sentence(kind) for kind, word in OUTCOMES.items() if word == outcome), "")


def wait_seconds(problem: ModelProblem, attempts: int, *, first: float = FIRST_WAIT_SECONDS) -> float:
    """What the endpoint asks for, else twice as long each time."""
    asked = problem.retry_after_seconds if isinstance(problem, ModelBusy) else None
    wait = asked if asked is not None else first * 2 ** (attempts - 1)
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def _sentence(kind: type[ModelProblem]) -> str:
    return " ".join((kind.__doc__ or "").split())
