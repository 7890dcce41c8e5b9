"""Any endpoint that speaks OpenAI's chat completions. The first of two files that know the openai package."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.llm.abilities import Abilities, Form
from app.llm.addresses import leads_where_none_is_asked
from app.llm.json_text import storable
from app.llm.openai_problems import KEY_SIGN, is_failure, problem_of, refused_parameter, request_id_of, told_status
from app.llm.port import Answer, Question
from app.llm.problems import (
    AddressNotAsked,
    AnswerNotReadable,
    ModelProblem,
    ModelRefusedRequest,
    ModelTooSlow,
    ModelUnreachable,
    ReplyCut,
    ReplyEmpty,
    ReplyFiltered,
    ReplyRefused,
    ReplyUnusable,
)

if TYPE_CHECKING:
    from openai import OpenAI

# Old servers know the one name, new models take only the other: a refused one is asked for under its other name.
OTHER_NAME = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
SHORTEST_KEY = 8  # what is shorter is no secret, and a word of the answer more likely
COMPLETIONS = "/chat/completions"
MOST_REQUESTS = 12  # of one answer: each but the last was a free 400


class OpenAIModel:
    """One model at one base URL.

    abilities: what a probe found, to begin with. What the endpoint refuses (a parameter, the strict schema) is
    remembered, so that it is refused once, not once for every question. Two threads may share a model: the worst is
    that both learn the same thing. real_name: where `model` is the name of a deployment.
    is_guarded: the address was entered by a lead, so where its name leads to is looked at before each request.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        model: str,
        timeout_seconds: float = 90.0,
        abilities: Abilities | None = None,
        real_name: str = "",
        is_guarded: bool = False,
    ) -> None:
        self.address = base_url
        self.name = model
        self.abilities = abilities or Abilities()
        self.secret = api_key
        self._timeout_seconds = timeout_seconds
        self.real_name = real_name
        self.is_guarded = is_guarded

    def with_abilities(self, abilities: Abilities) -> OpenAIModel:
        """The same model, taken to have these; what this one learns, that one does not."""
        _ = self.client  # made once, as that takes its time
        another = copy(self)
        another.abilities = abilities
        return another

    def answer(self, question: Question) -> Answer:
        started = time.monotonic()
        for made in range(1, MOST_REQUESTS + 1):
            sent, dropped = self.request_for(question)
            try:
                body, request_id = self._post(sent)
                answer = read_body(body, request_id, told_parameters(sent), dropped, time.monotonic() - started)
                return replace(answer, requests=made, priced_as=self.real_name)
            except ModelProblem as problem:
                self._count(problem, made)
                if not self.learn(problem, sent):
                    raise
        ended = ModelRefusedRequest("each time another part of the request was refused")
        ended.requests = MOST_REQUESTS
        raise ended

    def _count(self, problem: ModelProblem, made: int) -> None:
        problem.requests = made
        if isinstance(problem, ReplyUnusable) and problem.answer is not None:
            problem.answer = replace(problem.answer, requests=made, priced_as=self.real_name)

    def request_for(self, question: Question) -> tuple[dict[str, Any], tuple[str, ...]]:
        abilities = self.abilities
        request: dict[str, Any] = {
            "model": self.name,
            "messages": _messages(question, says_schema=abilities.says_schema),
            "store": False,
            **question.parameters,
        }
        if abilities.form <= Form.SCHEMA:
            request["response_format"] = _json_schema(question, strict=abilities.form is Form.STRICT_SCHEMA)
        elif abilities.form is Form.JSON_MODE:
            request["response_format"] = {"type": "json_object"}
        dropped = [name for name in abilities.dropped if name in request]
        for name in dropped:
            value = request.pop(name)
            other = OTHER_NAME.get(name)
            if other and other not in abilities.dropped:
                request.setdefault(other, value)
        return request, tuple(dropped)

    def learn(self, problem: ModelProblem, sent: Mapping[str, Any]) -> bool:
        """Whether the refusal taught us a request that the endpoint may take."""
        name = refused_parameter(problem, set(sent))
        if name is None:
            return False
        learnt = self.abilities
        self.abilities = learnt.lower() if name == "response_format" else learnt.without(name)
        return True

    def _post(self, request: dict[str, Any]) -> tuple[Any, str | None]:
        import openai  # slow to import: only who asks a model pays for it

        if self.is_guarded and leads_where_none_is_asked(self.address):
            raise AddressNotAsked
        known = {name: request[name] for name in ("model", "messages")}
        others = {name: value for name, value in request.items() if name not in known}
        try:
            # extra_body, because the package refuses parameters it does not know, and endpoints know others.
            reply = self.client.chat.completions.with_raw_response.create(**known, extra_body=others)
            request_id = request_id_of(reply.headers)
            body = self.told(reply.text)
        except openai.APITimeoutError as problem:
            raise ModelTooSlow from problem
        except openai.APIConnectionError as problem:
            raise ModelUnreachable from problem
        except openai.APIStatusError as problem:
            raise problem_of(
                problem.status_code, problem.response.text, problem.response.headers, secret=self.secret
            ) from problem
        except (ValueError, RecursionError) as problem:
            raise AnswerNotReadable from problem
        if is_failure(body):
            raise problem_of(told_status(body), json.dumps(body), reply.headers, secret=self.secret)
        return body, request_id

    def told(self, said: str) -> Any:
        """The JSON of a server. One that repeats the key, escaped or not, must not bring it into the ledger."""
        return self._without_key(json.loads(said))

    def plain(self, said: str) -> str:
        """As it may be stored and shown."""
        return storable(said.replace(self.secret, KEY_SIGN) if len(self.secret) >= SHORTEST_KEY else said)

    def _without_key(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.plain(value)
        if isinstance(value, list):
            return [self._without_key(each) for each in value]
        if isinstance(value, dict):
            return {name: self._without_key(each) for name, each in value.items()}
        return value

    @cached_property
    def client(self) -> OpenAI:
        import openai

        from app.llm.bounded import bounded  # as slow to import

        return openai.OpenAI(
            base_url=self.address,
            api_key=self.secret or "none",  # local servers want none, the package wants one
            max_retries=0,  # each attempt is the caller's, so that each is recorded
            timeout=openai.Timeout(self._timeout_seconds, connect=min(10.0, self._timeout_seconds)),
            http_client=openai.DefaultHttpxClient(
                follow_redirects=False,  # one would carry the text to a host that nobody entered
                event_hooks={"response": [bounded(self._timeout_seconds, path=COMPLETIONS)]},
            ),
        )


def _json_schema(question: Question, *, strict: bool) -> dict[str, Any]:
    described = {"name": question.schema_name, "strict": strict, "schema": question.json_schema}
    return {"type": "json_schema", "json_schema": described}


def _messages(question: Question, *, says_schema: bool) -> list[dict[str, str]]:
    system = question.system
    if says_schema:
        schema = json.dumps(question.json_schema, ensure_ascii=False)
        system += f"\n\nAnswer with one JSON object and nothing else. It fits this JSON schema:\n{schema}"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": question.user}]
    roles = {"model": "assistant", "asker": "user"}
    return messages + [{"role": roles[turn.speaker], "content": turn.text} for turn in question.later_turns]


def told_parameters(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters for the record: all but the messages, the schema by its name."""
    parameters = {name: value for name, value in sent.items() if name != "messages"}
    asked = parameters.get("response_format", {"type": "text"})
    parameters["response_format"] = asked["type"]
    if asked["type"] == "json_schema":
        parameters["schema"] = asked["json_schema"]["name"]
    return parameters


def read_body(
    body: Any, request_id: str | None, told: dict[str, Any], dropped: tuple[str, ...], seconds: float
) -> Answer:
    """The answer in the body of a 200, or the problem that it is. Endpoints differ, so nothing is taken on trust."""
    if not isinstance(body, dict) or not isinstance(body.get("choices"), list):
        raise AnswerNotReadable(request_id=request_id)
    if not body["choices"]:
        raise ReplyEmpty(request_id=request_id)
    choice = _mapping(body["choices"][0])
    message = _mapping(choice.get("message"))
    usage = _mapping(body.get("usage"))
    refusal = _text(message.get("refusal"))
    answer = Answer(
        text=_text(message.get("content")) or "",
        model_answered=_text(body.get("model")) or told["model"],
        parameters_sent=told,
        parameters_dropped=dropped,
        request_id=_text(request_id) or _text(body.get("id")),
        fingerprint=_text(body.get("system_fingerprint")),
        finish_reason=_text(choice.get("finish_reason")),
        refusal=refusal,
        input_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(_mapping(usage.get("prompt_tokens_details")).get("cached_tokens")),
        output_tokens=_count(usage.get("completion_tokens")),
        reasoning_tokens=_count(_mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
        seconds=seconds,
    )
    _check_usable(answer)
    return answer


def _check_usable(answer: Answer) -> None:
    if answer.finish_reason == "content_filter":
        raise ReplyFiltered(answer)
    if answer.refusal:
        raise ReplyRefused(answer, answer.refusal[:300])
    if answer.finish_reason == "length":
        raise ReplyCut(answer)
    if not answer.text.strip():
        raise ReplyEmpty(answer)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
