"""The one narrow door to a language model: a question goes in, an answer or a typed problem comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True)
class Turn:
    """A further turn of a conversation, after the first question."""

    speaker: Literal["model", "asker"]
    text: str


@dataclass(frozen=True)
class Question:
    """What a model is asked. `system` and `user` are sent byte for byte.

    json_schema: the form of the answer; endpoints that cannot enforce it get it as words.
    parameters: by their names on the wire (temperature, seed, max_completion_tokens, ...).
    """

    system: str
    user: str
    json_schema: Mapping[str, Any]
    schema_name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    later_turns: tuple[Turn, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What came back, with all that a reader needs to know where it came from.

    parameters_sent: what really went out, without the messages and with the schema by name only.
    parameters_dropped: what the endpoint would not take and was therefore left out.
    input_tokens include cached_tokens, output_tokens include reasoning_tokens; None is "not told".
    requests: what went over the wire for it, those counted in that were turned away because of a parameter.
    priced_as: the model's real name where `model` is the name of a deployment, for the price table.
    """

    text: str
    model_answered: str
    parameters_sent: Mapping[str, Any]
    parameters_dropped: tuple[str, ...] = ()
    request_id: str | None = None
    fingerprint: str | None = None
    finish_reason: str | None = None
    refusal: str | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    seconds: float = 0.0
    requests: int = 1
    priced_as: str = ""


class Model(Protocol):
    """name: the model as it is asked for. address: the endpoint, or a word for what answers instead of one."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    def answer(self, question: Question) -> Answer:
        """One attempt. Raises a ModelProblem; asking again is the caller's business."""
        ...
