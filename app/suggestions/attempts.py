"""What follows from an attempt to ask a model that came to nothing: whether and when to try again, and what is told."""

from app.llm.problems import (
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

MOST_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 3600.0
CAP_WAIT_SECONDS = 5.0
PAUSING = (QuotaExhausted, WrongKey, UnknownModel, WrongAddress)
READ = ("valid", "partly_valid", "invalid")
OUTCOMES: dict[type[ModelProblem], str] = {ReplyRefused: "refused", ReplyFiltered: "filtered", ReplyCut: "cut"}


class TryAgainLater(Exception):
    """Not a mistake: the model could not answer just now. The queue runs the job again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


def told(problem: ModelProblem) -> str:
    """What a page may say of it: of an unusable reply not a word of what the model said."""
    if isinstance(problem, ReplyUnusable):
        return " ".join((type(problem).__doc__ or "").split())
    return problem.sentence


def outcome_of_problem(problem: ModelProblem) -> str:
    """The word of the ledger for it."""
    answered = isinstance(problem, ReplyUnusable) and problem.answer is not None
    return OUTCOMES.get(type(problem), "invalid" if answered else "failed")


def wait_seconds(problem: ModelProblem, attempts: int) -> float:
    """What the endpoint asks for, else twice as long each time."""
    asked = problem.retry_after_seconds if isinstance(problem, ModelBusy) else None
    wait = asked if asked is not None else FIRST_WAIT_SECONDS * 2 ** (attempts - 1)
    return min(max(wait, 0.0), LONGEST_WAIT_SECONDS)
