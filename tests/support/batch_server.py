"""An OpenAIServer that also takes files and batches, as OpenAI documents them.

A batch is worked off when the test says so, or when it has been looked at often enough. Each line is answered by the
server's behaviours, as a request would be; `said` counts the answers that cost something.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.openai_server import Behaviour, OpenAIServer, Response, failure

ENDED = ("completed", "failed", "expired", "cancelled")
MOST_LINES = 50_000
MOST_BYTES = 200 * 2**20


@dataclass
class Stored:
    name: str
    text: str


@dataclass
class Made:
    """A batch. left: how often it is still looked at before it is through."""

    id: str
    input_file_id: str
    metadata: Mapping[str, str]
    left: int
    status: str = "validating"
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "errors": {"object": "list", "data": self.errors} if self.errors else None,
            "input_file_id": self.input_file_id,
            "completion_window": "24h",
            "status": self.status,
            "output_file_id": self.output_file_id,
            "error_file_id": self.error_file_id,
            "created_at": 1_700_000_000,
            "metadata": dict(self.metadata),
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }


class BatchServer(OpenAIServer):
    """looks: how often a batch is still under way. expire_after: so many lines are answered, the rest expires.

    refuse: what a batch as a whole fails with. forget_lines: ends without a word about these places of the file.
    made_for: what a batch has to be made for; each line is for /v1/chat/completions.
    """

    def __init__(
        self,
        *behaviours: Behaviour,
        looks: int = 1,
        expire_after: int | None = None,
        refuse: Iterable[str] = (),
        forget_lines: Iterable[int] = (),
        made_for: str = "/v1/chat/completions",
        **options: Any,
    ) -> None:
        super().__init__(*behaviours, **options)
        self.files: dict[str, Stored] = {}
        self.batches: dict[str, Made] = {}
        self.said: list[str] = []  # custom ids of lines that were answered, and so paid
        self.looked = 0
        self.before_answer: dict[str, list[Response]] = {}  # "POST /v1/batches" -> answers in place of the next ones
        self.asked: list[str] = []
        self._looks = looks
        self._made_for = made_for
        self._expire_after = expire_after
        self._refuse = iter(refuse)
        self._forgotten = set(forget_lines)
        self._batch_lock = threading.RLock()

    def respond_to(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        path = path.partition("?")[0]
        if not path.startswith(("/v1/files", "/v1/batches")):
            return self.respond(path, headers.get("authorization"), body)
        self.asked.append(f"{method} {path}")
        if headers.get("authorization") != f"Bearer {self.api_key}":
            return failure(401, "Incorrect API key provided.", code="invalid_api_key")
        with self._batch_lock:
            waiting = self.before_answer.get(f"{method} {path}")
            if waiting:
                return waiting.pop(0)
            return self._files(method, path, headers, body) or self._batches(method, path, body) or _not_found()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                response = server.respond_to(self.command, self.path, headers, body)
                is_text = isinstance(response.body, str)
                written = (str(response.body) if is_text else json.dumps(response.body)).encode()
                kind = "application/jsonl" if is_text else "application/json"
                self.send_response(response.status)
                for name, value in {"Content-Type": kind, "x-request-id": "req-1", **response.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            do_GET = do_DELETE = do_POST

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        return Handler

    def _files(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response | None:
        parts = path.removeprefix("/v1/").split("/")
        if parts == ["files"] and method == "POST":
            return self._take_file(headers["content-type"], body)
        if parts == ["files"]:
            return _listed([self._file(key) for key in reversed(self.files)])
        if parts[0] != "files" or parts[1] not in self.files:
            return None
        if method == "DELETE":
            del self.files[parts[1]]
            return Response(200, {"id": parts[1], "object": "file", "deleted": True})
        if parts[2:] == ["content"]:
            return Response(200, self.files[parts[1]].text)
        return Response(200, self._file(parts[1]))

    def _take_file(self, content_type: str, body: bytes) -> Response:
        whole = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
        fields = {str(part.get_param("name", header="content-disposition")): part for part in whole.walk()}
        if fields["purpose"].get_payload(decode=True) != b"batch":
            return failure(400, "purpose has to be batch", param="purpose")
        content = fields["file"].get_payload(decode=True)
        assert isinstance(content, bytes)
        if len(content) > MOST_BYTES:
            return failure(413, "File too large.")
        key = f"file-{len(self.files) + 1}-{len(self.batches)}"
        self.files[key] = Stored(str(fields["file"].get_filename()), content.decode())
        return Response(200, self._file(key))

    def _file(self, key: str) -> dict[str, Any]:
        stored = self.files[key]
        return {
            "id": key, "object": "file", "bytes": len(stored.text), "created_at": 1_700_000_000,
            "filename": stored.name, "purpose": "batch", "status": "processed",
        }  # fmt: skip

    def _batches(self, method: str, path: str, body: bytes) -> Response | None:
        parts = path.removeprefix("/v1/").split("/")
        if parts == ["batches"] and method == "POST":
            return self._create(json.loads(body))
        if parts == ["batches"]:
            return _listed([made.told() for made in reversed(self.batches.values())])
        made = self.batches.get(parts[1])
        if made is None:
            return None
        if parts[2:] == ["cancel"]:
            if made.status not in ENDED:
                made.status = "cancelling"
        else:
            self.looked += 1
            self._go_on(made)
        return Response(200, made.told())

    def _create(self, asked: Mapping[str, Any]) -> Response:
        if asked["endpoint"] != self._made_for or asked["completion_window"] != "24h":
            return failure(400, "Only 24h is supported.", param="completion_window")
        if asked["input_file_id"] not in self.files:
            return failure(400, "No such file.", param="input_file_id")
        key = f"batch_{len(self.batches) + 1}"
        made = Made(key, asked["input_file_id"], asked.get("metadata") or {}, self._looks)
        self.batches[key] = made
        return Response(200, made.told())

    def _go_on(self, made: Made) -> None:
        if made.status in ENDED:
            return
        refused = next(self._refuse, None)
        if refused and made.status == "validating":
            made.status, made.errors = "failed", [{"code": refused, "message": f"It says {refused}.", "line": 1}]
            return
        if made.status == "cancelling":
            self._end(made, "cancelled", "batch_cancelled", 0)
        elif made.left > 0:
            made.left -= 1
            made.status = "in_progress"
        else:
            expires = self._expire_after is not None
            self._end(made, "expired" if expires else "completed", "batch_expired", self._expire_after)
            self._expire_after = None

    def _end(self, made: Made, status: str, code: str, most: int | None) -> None:
        lines = [json.loads(line) for line in self.files[made.input_file_id].text.splitlines() if line]
        assert {line["url"] for line in lines} == {"/v1/chat/completions"}
        assert len({line["custom_id"] for line in lines}) == len(lines) <= MOST_LINES
        answered = lines if most is None else lines[:most]
        good, bad = [], []
        for place, line in enumerate(answered):
            if place in self._forgotten:
                continue
            response = self.respond("/v1/chat/completions", f"Bearer {self.api_key}", json.dumps(line["body"]).encode())
            told = {
                "id": f"batch_req_{line['custom_id']}",
                "custom_id": line["custom_id"],
                "response": {"status_code": response.status, "request_id": f"r-{place}", "body": response.body},
                "error": None,
            }
            (good if response.status == 200 else bad).append(told)
            if response.status == 200:
                self.said.append(line["custom_id"])
        for line in lines[len(answered) :]:
            error = {"code": code, "message": "This request could not be executed."}
            bad.append({"id": "x", "custom_id": line["custom_id"], "response": None, "error": error})
        self._forgotten = set()
        made.output_file_id, made.error_file_id = self._result(good[::-1]), self._result(bad)
        made.status = status

    def _result(self, lines: list[dict[str, Any]]) -> str | None:
        if not lines:
            return None
        key = f"file-out-{len(self.files) + 1}-{len(self.said)}"
        self.files[key] = Stored("results.jsonl", "".join(f"{json.dumps(line)}\n" for line in lines))
        return key


def _listed(data: list[dict[str, Any]]) -> Response:
    first, last = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return Response(200, {"object": "list", "data": data, "first_id": first, "last_id": last, "has_more": False})


def _not_found() -> Response:
    return failure(404, "No such thing.")
