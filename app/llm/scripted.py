"""A model that says what it was told to say: for tests and the demonstration."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from app.llm.abilities import Abilities
from app.llm.port import Answer, Question
from app.llm.problems import ModelProblem

Reply = str | Mapping[str, Any]
Step = Reply | ModelProblem | Callable[[Question], Reply]


class ScriptEnded(LookupError):
    """The scripted model was asked more often than its script has answers."""


class ScriptedModel:
    """Plays its steps in order, then `otherwise` for ever.

    A step is a text, a mapping (sent as JSON), a problem (raised) or a function of the question.
    `questions` keeps all that was asked.
    """

    address = "scripted"
    abilities = Abilities()

    def __init__(self, *steps: Step, otherwise: Step | None = None, name: str = "scripted") -> None:
        self.name = name
        self.questions: list[Question] = []
        self._steps = iter(steps)
        self._otherwise = otherwise

    def with_abilities(self, abilities: Abilities) -> "ScriptedModel":
        return self  # its script is the same, however it is asked

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        step = next(self._steps, self._otherwise)
        if step is None:
            raise ScriptEnded(f"{len(self.questions)} questions were asked")
        if isinstance(step, ModelProblem):
            raise step
        reply = step(question) if callable(step) else step
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        return Answer(
            text=text,
            model_answered=self.name,
            parameters_sent=dict(question.parameters),
            request_id=f"scripted-{len(self.questions)}",
            finish_reason="stop",
            input_tokens=_words(question.system) + _words(question.user),
            cached_tokens=0,
            output_tokens=_words(text),
            reasoning_tokens=0,
        )


def _words(text: str) -> int:
    return len(text.split())
