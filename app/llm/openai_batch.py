"""Batches of an endpoint that speaks OpenAI's files and batches. The second of two files that know the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from app.llm.addresses import leads_where_none_is_asked
from app.llm.batches import (
    CHAT,
    Batch,
    Batches,
    BatchesFull,
    BatchGone,
    BatchNotTaken,
    Line,
    LineCancelled,
    LineExpired,
    Result,
    Sent,
    TakesNoBatches,
    batch_endpoint,
)
from app.llm.openai_model import OpenAIModel, read_body, told_parameters
from app.llm.openai_problems import problem_of
from app.llm.port import Answer, Model, Question
from app.llm.problems import (
    AddressNotAsked,
    AnswerNotReadable,
    ModelBroken,
    ModelProblem,
    ModelTooSlow,
    ModelUnreachable,
    ReplyUnusable,
    UnknownModel,
    WrongAddress,
)

if TYPE_CHECKING:
    from openai.types import Batch as OpenAIBatch

WINDOW: Literal["24h"] = "24h"
TOKEN = "tandem_batch"  # in the metadata of a batch, and in the name of its file
LOOKED_THROUGH = 1_000  # of the newest, for one of ours
ENDED: dict[str, type[ModelProblem]] = {"batch_expired": LineExpired, "batch_cancelled": LineCancelled}
FULL = ("token_limit_exceeded", "batch_limit_exceeded", "rate_limit_exceeded")


def batches_of(model: Model) -> Batches | None:
    """None: this model is asked one question at a time only."""
    if not isinstance(model, OpenAIModel) or batch_endpoint(model.address) is None:
        return None
    return OpenAIBatches(model)


class OpenAIBatches:
    def __init__(self, model: OpenAIModel) -> None:
        self._model = model

    def sent(self, question: Question) -> Sent:
        body, dropped = self._model.request_for(question)
        return Sent(told_parameters(body), dropped)

    def upload(self, token: str, lines: Sequence[Line]) -> str:
        written = "".join(f"{self._line(line)}\n" for line in lines).encode()
        with _not_found_means(TakesNoBatches), self._problems():
            made = self._model.client.files.create(file=(_file_name(token), written), purpose="batch")
        return made.id

    def uploaded(self, token: str) -> str:
        with self._problems():
            for seen, found in enumerate(self._model.client.files.list(purpose="batch", limit=100)):
                if found.filename == _file_name(token):
                    return found.id
                if seen >= LOOKED_THROUGH:
                    break
        return ""

    def create(self, token: str, file_id: str) -> Batch:
        endpoint = cast(Literal["/v1/chat/completions"], batch_endpoint(self._model.address))  # Azure has its own word
        with _not_found_means(TakesNoBatches), self._problems():
            made = self._model.client.batches.create(
                input_file_id=file_id, endpoint=endpoint, completion_window=WINDOW, metadata={TOKEN: token}
            )
        return self._told(made)

    def created(self, token: str, file_id: str) -> Batch | None:
        """By the file too, which was made for this batch alone: not every endpoint keeps what one writes beside it."""
        with self._problems():
            for seen, found in enumerate(self._model.client.batches.list(limit=100)):
                if (found.metadata or {}).get(TOKEN) == token or found.input_file_id == file_id:
                    return self._told(found)
                if seen >= LOOKED_THROUGH:
                    break
        return None

    def look(self, batch_id: str) -> Batch:
        with _not_found_means(BatchGone), self._problems():
            return self._told(self._model.client.batches.retrieve(batch_id))

    def cancel(self, batch_id: str) -> Batch:
        with self._problems():
            return self._told(self._model.client.batches.cancel(batch_id))

    def results(self, file_id: str) -> Iterator[Result]:
        with self._problems(), self._model.client.files.with_streaming_response.content(file_id) as answer:
            for line in answer.iter_lines():
                found = self._result(line) if line.strip() else None
                if found is not None:
                    yield found

    def learn(self, problem: ModelProblem, question: Question) -> bool:
        body, _ = self._model.request_for(question)
        return self._model.learn(problem, body)

    def forget(self, file_id: str) -> None:
        with self._problems():
            self._model.client.files.delete(file_id)

    def _line(self, line: Line) -> str:
        body, _ = self._model.request_for(line.question)
        asked = {"custom_id": line.custom_id, "method": "POST", "url": CHAT, "body": body}
        return json.dumps(asked, ensure_ascii=False)

    def _result(self, line: str) -> Result | None:
        try:
            told = self._model.told(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict) or not isinstance(told.get("custom_id"), str):
            return None
        try:
            return Result(told["custom_id"], answer=self._priced(self._answer(told)))
        except ReplyUnusable as problem:
            problem.answer = self._priced(problem.answer) if problem.answer else None
            return Result(told["custom_id"], problem=problem)
        except ModelProblem as problem:
            return Result(told["custom_id"], problem=problem)

    def _answer(self, told: Mapping[str, Any]) -> Answer:
        response, error = told.get("response"), told.get("error")
        if not isinstance(response, dict) or not isinstance(response.get("status_code"), int):
            said = error if isinstance(error, dict) else {}
            raise ENDED.get(str(said.get("code")), ModelBroken)(_words(said.get("message")))
        request_id = response["request_id"] if isinstance(response.get("request_id"), str) else None
        if response["status_code"] != 200:
            headers = {"x-request-id": request_id} if request_id else {}
            raise problem_of(
                response["status_code"], json.dumps(response.get("body")), headers, secret=self._model.secret
            )
        return read_body(response.get("body"), request_id, {"model": self._model.name}, (), 0.0)

    def _priced(self, answer: Answer) -> Answer:
        return replace(answer, priced_as=self._model.real_name)

    def _told(self, batch: OpenAIBatch) -> Batch:
        return Batch(
            id=batch.id,
            status=self._model.plain(batch.status),
            output_file_id=batch.output_file_id or "",
            error_file_id=batch.error_file_id or "",
            problem=self._problem_of_batch(batch),
        )

    def _problem_of_batch(self, batch: OpenAIBatch) -> ModelProblem | None:
        """Of a batch that failed as a whole: its first error."""
        if batch.status != "failed":
            return None
        listed = (batch.errors.data if batch.errors else None) or []
        code = (listed[0].code or "") if listed else ""
        words = _words(self._model.plain(listed[0].message or "")) if listed else None
        return (BatchesFull if code in FULL else BatchNotTaken)(words)

    @contextmanager
    def _problems(self) -> Iterator[None]:
        """What the package raises, as ours."""
        import openai  # slow to import: only who asks a model pays for it

        if self._model.is_guarded and leads_where_none_is_asked(self._model.address):
            raise AddressNotAsked
        try:
            yield
        except openai.APITimeoutError as problem:
            raise ModelTooSlow from problem
        except openai.APIConnectionError as problem:
            raise ModelUnreachable from problem
        except openai.APIStatusError as problem:
            raise problem_of(
                problem.status_code, problem.response.text, problem.response.headers, secret=self._model.secret
            ) from problem
        except (openai.OpenAIError, ValueError, AttributeError) as problem:
            raise WrongAddress from problem


@contextmanager
def _not_found_means(problem: type[ModelProblem]) -> Iterator[None]:
    """Of an address that leads to nothing. For a single call that is a mistyped one, or a model that is not there."""
    try:
        yield
    except (UnknownModel, WrongAddress) as found:
        if type(found) is AnswerNotReadable:
            raise
        raise problem from found


def _file_name(token: str) -> str:
    return f"{TOKEN}-{token}.jsonl"


def _words(said: object) -> str | None:
    return " ".join(said.split())[:300] if isinstance(said, str) and said.strip() else None
