"""What can go wrong between us and a model. The docstring is the sentence the reader sees."""

from typing import ClassVar

from app.llm.port import Answer
from app.problems import Problem


class ModelProblem(Problem):
    """The model could not be asked."""

    worth_retrying: ClassVar[bool] = False
    requests: int = 1  # what went over the wire before it was met

    def __init__(self, detail: str | None = None, *, request_id: str | None = None) -> None:
        sentence = " ".join((type(self).__doc__ or "").split())
        super().__init__(f'{sentence} It said: "{detail}"' if detail else sentence)
        self.detail = detail
        self.request_id = request_id


class ModelBusy(ModelProblem):
    """The model is busy and asks us to wait."""

    worth_retrying = True

    def __init__(
        self,
        detail: str | None = None,
        *,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail, request_id=request_id)
        self.retry_after_seconds = retry_after_seconds


class ModelUnreachable(ModelProblem):
    """Nothing answers at the model's address. Check the address and the network."""

    worth_retrying = True


class ModelTooSlow(ModelUnreachable):
    """The model did not answer in the time it was given."""


class ModelBroken(ModelProblem):
    """The model's server reported an error of its own."""

    worth_retrying = True


class QuotaExhausted(ModelProblem):
    """The account of this API key has no quota left. Add credit or use another key, then resume."""


class ModelRefusedRequest(ModelProblem):
    """The model's server does not take this request."""


class WrongKey(ModelRefusedRequest):
    """The API key is wrong, or may not use this model."""


class UnknownModel(ModelRefusedRequest):
    """The endpoint does not know a model of this name."""


class WrongAddress(ModelRefusedRequest):
    """This address does not speak the chat completions API. Most addresses end in /v1."""


class AnswerNotReadable(WrongAddress):
    """This address does not speak the chat completions API. Most addresses end in /v1."""

    # It answered with 200, so that it may have been paid for; what answered before is asked again.


class AddressNotAsked(ModelRefusedRequest):
    """The name in this address leads to the machine or the network that Tandem runs on, where no model is."""


class TextTooLong(ModelRefusedRequest):
    """What was sent is longer than this model can read."""


class ReplyUnusable(ModelProblem):
    """The model's reply cannot be used. What it cost is kept."""

    def __init__(
        self, answer: Answer | None = None, detail: str | None = None, *, request_id: str | None = None
    ) -> None:
        super().__init__(detail, request_id=request_id or (answer.request_id if answer else None))
        self.answer = answer


class ReplyCut(ReplyUnusable):
    """The model ran out of room before it had finished its reply. Skip it and work by hand."""


class ReplyFiltered(ReplyUnusable):
    """The model's content filter stopped the reply. Skip it and work by hand."""


class ReplyRefused(ReplyUnusable):
    """The model declined to answer. Skip it and work by hand."""


class ReplyEmpty(ReplyUnusable):
    """The model sent back an empty reply."""

    worth_retrying = True
