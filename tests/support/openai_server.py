"""A small local HTTP server that speaks OpenAI's chat completions, with the moods real endpoints have.

    with OpenAIServer(Busy(), Broken(), Says({"word": "yes"}), otherwise=Says(reply_to)) as server:
        OpenAIModel(base_url=server.base_url, api_key=server.api_key, model="small")

It refuses what the real one refuses: a wrong key, an unknown model, a schema that is not strict.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Response:
    status: int
    body: Body | str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False  # the connection ends in the middle of the body
    line_seconds: float = (
        0.0  # before the body an empty line so often, ten of them, as some endpoints do while they work
    )


class Behaviour(Protocol):
    def respond(self, request: Body) -> Response: ...


@dataclass(frozen=True)
class Says:
    """A valid reply. What is said is a text, an object (sent as JSON) or a function of the request."""

    said: str | Body | Callable[[Body], str | Body]

    def respond(self, request: Body) -> Response:
        said = self.said(request) if callable(self.said) else self.said
        return completion(request, said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))


@dataclass(frozen=True)
class Busy:
    retry_after: str | None = "1"

    def respond(self, request: Body) -> Response:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return failure(429, "Rate limit reached.", code="rate_limit_exceeded", headers=headers)


@dataclass(frozen=True)
class OutOfQuota:
    def respond(self, request: Body) -> Response:
        return failure(429, "You exceeded your current quota.", code="insufficient_quota", headers={"Retry-After": "1"})


@dataclass(frozen=True)
class Broken:
    status: int = 500

    def respond(self, request: Body) -> Response:
        return failure(self.status, "The server had an error.", code="server_error")


@dataclass(frozen=True)
class Refuses:
    words: str = "I cannot help with that."

    def respond(self, request: Body) -> Response:
        return completion(request, None, refusal=self.words)


@dataclass(frozen=True)
class Cut:
    content: str = '{"word": "ye'

    def respond(self, request: Body) -> Response:
        return completion(request, self.content, finish_reason="length")


@dataclass(frozen=True)
class Filtered:
    def respond(self, request: Body) -> Response:
        return completion(request, "", finish_reason="content_filter")


@dataclass(frozen=True)
class TooLong:
    def respond(self, request: Body) -> Response:
        return failure(400, "This model's maximum context length is 4096 tokens.", code="context_length_exceeded")


@dataclass(frozen=True)
class Slow:
    """Waits, then behaves as `then` says."""

    seconds: float
    then: Behaviour

    def respond(self, request: Body) -> Response:
        time.sleep(self.seconds)
        return self.then.respond(request)


@dataclass(frozen=True)
class KeepsAlive:
    """Sends ten empty lines, so many seconds apart, before what `then` says."""

    seconds: float
    then: Behaviour

    def respond(self, request: Body) -> Response:
        return replace(self.then.respond(request), line_seconds=self.seconds)


@dataclass(frozen=True)
class Raw:
    """Any response at all."""

    status: int
    body: Body | str
    headers: Mapping[str, str] = field(default_factory=dict)

    def respond(self, request: Body) -> Response:
        return Response(self.status, self.body, self.headers)


def completion(
    request: Body, content: str | None, *, finish_reason: str = "stop", refusal: str | None = None
) -> Response:
    prompt_tokens = sum(len(str(message["content"]).split()) for message in request["messages"])
    output_tokens = len((content or refusal or "").split())
    return Response(
        200,
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": f"{request['model']}-2026-01-01",
            "system_fingerprint": "fp_local",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": content, "refusal": refusal},
                    "finish_reason": finish_reason,
                }
            ],
            "usage": {
                "prompt_tokens": prompt_tokens,
                "completion_tokens": output_tokens,
                "total_tokens": prompt_tokens + output_tokens,
                "prompt_tokens_details": {"cached_tokens": prompt_tokens // 2},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
        },
    )


def failure(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return Response(status, {"error": error}, headers or {})


class OpenAIServer:
    """Plays its behaviours in order, one a request it takes, then `otherwise` for ever.

    models: the names it knows (None: any). refused_parameters and response_formats: what it can do, checked
    before a behaviour is used up. `requests` keeps every body it got, `taken` those that it did not refuse.
    """

    def __init__(
        self,
        *behaviours: Behaviour,
        otherwise: Behaviour | None = None,
        api_key: str = "sk-local-test",
        models: Iterable[str] | None = None,
        refused_parameters: Iterable[str] = (),
        response_formats: Iterable[str] = ("json_schema", "json_object"),
        names_parameters: bool = True,
    ) -> None:
        self.api_key = api_key
        self.requests: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self._behaviours = iter(behaviours)
        self._otherwise = otherwise or Raw(500, "The script of this server has ended.")
        self._models = None if models is None else set(models)
        self._refused_parameters = set(refused_parameters)
        self._response_formats = set(response_formats)
        self._names_parameters = names_parameters
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def respond(self, path: str, authorization: str | None, body: bytes) -> Response:
        if path != "/v1/chat/completions":
            return Response(404, "<html><body>404 Not Found</body></html>", {"Content-Type": "text/html"})
        if authorization != f"Bearer {self.api_key}":
            return failure(401, f"Incorrect API key provided: {(authorization or '')[7:]}.", code="invalid_api_key")
        request = json.loads(body)
        with self._lock:
            self.requests.append(request)
            refused = self._refusal(request)
            if refused is not None:
                return refused
            self.taken.append(request)
            behaviour = next(self._behaviours, self._otherwise)
        return behaviour.respond(request)

    def _refusal(self, request: Body) -> Response | None:
        if self._models is not None and request["model"] not in self._models:
            return failure(404, f"The model '{request['model']}' does not exist.", code="model_not_found")
        for name in sorted(self._refused_parameters & set(request)):
            param = name if self._names_parameters else None
            return failure(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=param)
        form = request.get("response_format")
        if form is None:
            return None
        if form["type"] not in self._response_formats:
            return failure(400, f"response_format of type {form['type']} is not supported.")
        if form["type"] == "json_schema" and form["json_schema"].get("strict"):
            problem = strictness_problem(form["json_schema"]["schema"])
            if problem:
                return failure(400, f"Invalid schema for response_format: {problem}", param="response_format")
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # as real servers do: head and body are two packets

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                response = server.respond(self.path, self.headers.get("Authorization"), body)
                written = response.body if isinstance(response.body, str) else json.dumps(response.body)
                kind = "text/plain" if isinstance(response.body, str) else "application/json"
                headers = {"Content-Type": kind, **response.headers}
                if not any("request" in name for name in headers):
                    headers["x-request-id"] = f"req-{len(server.requests)}"
                try:
                    self.send_response(response.status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    lines = 10 if response.line_seconds else 0
                    self.send_header("Content-Length", str(len(written.encode()) + lines))
                    self.end_headers()
                    sent = written.encode()
                    for _ in range(lines):
                        self.wfile.write(b"\n")
                        time.sleep(response.line_seconds)
                    self.wfile.write(sent[: len(sent) // 2] if response.is_cut else sent)
                    if response.is_cut:
                        self.close_connection = True
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client gave up waiting, as it may

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing: the tests read `requests`."""

        return Handler


KEYWORDS = {
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "description",
    "anyOf",
    "const",
}


def strictness_problem(schema: Body) -> str | None:
    """Why OpenAI or Azure would not take the schema as strict. None when they would."""
    unknown = set(schema) - KEYWORDS
    if unknown:
        return f"keywords {sorted(unknown)} are not permitted"
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            return "'additionalProperties' must be false"
        if list(schema.get("required", [])) != list(properties):
            return "'required' must name every key of properties"
        problems = [strictness_problem(part) for part in properties.values()]
        return next((problem for problem in problems if problem), None)
    if schema.get("type") == "array":
        return strictness_problem(schema["items"]) if "items" in schema else "array without items"
    if "enum" in schema and not schema["enum"]:
        return "an empty enum"
    return None
