"""The door to an endpoint that takes many questions as a file, and answers within a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from app.llm.port import Answer, Question
from app.llm.problems import AnswerNotReadable, ModelProblem

CHAT = "/v1/chat/completions"  # in each line of a file
AZURE = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
AZURE_PATH, AZURE_CHAT = "/openai/v1", "/chat/completions"
NEVER = (".amazonaws.com",)  # Bedrock has batches of its own kind, over files in S3
UNDER_WAY = ("validating", "in_progress", "finalizing", "cancelling")


class LineExpired(ModelProblem):
    """The endpoint did not get to this question within the day that a batch has. It costs nothing."""

    worth_retrying = True


class LineCancelled(ModelProblem):
    """The batch was cancelled before the endpoint got to this question. It costs nothing."""

    worth_retrying = True


class NotSent(ModelProblem):
    """The batch was not sent, so that this question goes into the next one. It costs nothing."""

    worth_retrying = True


class BatchNotTaken(ModelProblem):
    """The endpoint did not take this batch."""


class BatchGone(AnswerNotReadable):
    """The endpoint does not know this batch any more. Give the endpoint its former address and key and resume, or
    cancel the run: then what is in the batch counts as lost."""


class TakesNoBatches(ModelProblem):
    """This address takes no files and no batches. Begin a live run."""


class BatchesFull(ModelProblem):
    """The endpoint takes no more of this account's batches until others are through."""

    worth_retrying = True


def batch_endpoint(address: str) -> str | None:
    """What a batch there is made for; None: batches are not known to work at this address.

    Source for Azure: Microsoft Learn, "Getting started with Azure OpenAI batch deployments", which has the lines for
    /v1/chat/completions and the batch for /chat/completions, at addresses that end in /openai/v1.
    """
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if host.endswith(NEVER):
        return None
    if host.endswith(AZURE):
        return AZURE_CHAT if parts.path.rstrip("/") == AZURE_PATH else None
    return CHAT


@dataclass(frozen=True)
class Line:
    """A question under the name that its answer comes back with."""

    custom_id: str
    question: Question


@dataclass(frozen=True)
class Batch:
    """status: as the endpoint says. file ids: '' where there is none (yet)."""

    id: str
    status: str
    output_file_id: str = ""
    error_file_id: str = ""
    problem: ModelProblem | None = None

    @property
    def is_under_way(self) -> bool:
        return self.status in UNDER_WAY


@dataclass(frozen=True)
class Result:
    """What came of one line: an answer or a problem. What was sent is not told again: see Sent."""

    custom_id: str
    answer: Answer | None = None
    problem: ModelProblem | None = None


@dataclass(frozen=True)
class Sent:
    """How a question goes out: as in Answer."""

    parameters: Mapping[str, Any]
    dropped: tuple[str, ...]


class Batches(Protocol):
    """Each raises a ModelProblem. What a killed caller may have done already is looked for by `token`."""

    def sent(self, question: Question) -> Sent: ...

    def learn(self, problem: ModelProblem, question: Question) -> bool:
        """Whether the refusal taught a request that the endpoint may take."""
        ...

    def upload(self, token: str, lines: Sequence[Line]) -> str:
        """The id of the file."""
        ...

    def uploaded(self, token: str) -> str:
        """The id of the file that was uploaded under this token, '' where there is none."""
        ...

    def create(self, token: str, file_id: str) -> Batch: ...

    def created(self, token: str, file_id: str) -> Batch | None:
        """The batch that was made of this file under this token, None where there is none."""
        ...

    def look(self, batch_id: str) -> Batch:
        """Raises BatchGone where there is no such batch."""
        ...

    def cancel(self, batch_id: str) -> Batch: ...

    def results(self, file_id: str) -> Iterator[Result]:
        """Line by line; one that cannot be read is left out."""
        ...

    def forget(self, file_id: str) -> None:
        """Takes a file away that is no longer needed."""
        ...
