"""Which problem a refusal of an OpenAI-like endpoint is, and which parameter it is about."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from app.llm.json_text import storable
from app.llm.problems import (
    ModelBroken,
    ModelBusy,
    ModelProblem,
    ModelRefusedRequest,
    ModelTooSlow,
    QuotaExhausted,
    ReplyFiltered,
    TextTooLong,
    UnknownModel,
    WrongAddress,
    WrongKey,
)

ABOUT_FORM = re.compile(
    r"response_format|json_schema|json_object|structured output|guided|grammar|invalid schema", re.I
)
ABOUT_LENGTH = re.compile(
    r"context[ _](length|window|size)|maximum context|too many tokens|exceeds? the .*context", re.I
)
ABOUT_MODEL = re.compile(r"model|deployment", re.I)
NO_SUCH_MODEL = re.compile(
    r"\bmodel\b.{0,120}(does not exist|not found|is invalid|is(n't| not) supported on)", re.I | re.S
)
NO_QUOTA = re.compile(r"insufficient_quota|billing_hard_limit|billing_not_active")
REQUEST_IDS = ("x-request-id", "apim-request-id", "x-amzn-requestid")
NEVER_DROPPED = {"model", "messages"}
KEY_SIGN = "[the key]"
MASKED_KEY = re.compile(r"\S*\*{3,}\S*")  # as OpenAI repeats a wrong key: its first and last letters


def is_failure(body: Any) -> bool:
    """Whether what came with 200 is an error, as some gateways send it."""
    if not isinstance(body, dict) or body.get("choices"):
        return False
    return bool(body.get("error")) or body.get("object") == "error"


def request_id_of(headers: Mapping[str, str]) -> str | None:
    """By the name it has at OpenAI, Azure or Amazon."""
    return next((headers[name] for name in REQUEST_IDS if name in headers), None)


def told_status(body: Mapping[str, Any]) -> int:
    """Of an error that came with 200: the status that it tells of, else 400."""
    inner = body.get("error")
    codes = [body.get("code"), body.get("status")]
    if isinstance(inner, dict):
        codes = [inner.get("code"), inner.get("status"), *codes]
    return next((code for code in codes if isinstance(code, int) and 400 <= code < 600), 400)


def problem_of(status: int, body: str, headers: Mapping[str, str], *, secret: str = "") -> ModelProblem:
    """The problem that a response with this status is. `secret` never gets into its sentence."""
    error = _error(body)
    detail = _detail(error, secret)
    code = f"{error.get('code') or ''} {error.get('type') or ''}"
    request_id = request_id_of(headers)
    if status == 402 or NO_QUOTA.search(code):
        return QuotaExhausted(detail, request_id=request_id)
    if status in (429, 503):
        wait = retry_after_seconds(headers, datetime.now(UTC))
        return ModelBusy(detail, retry_after_seconds=wait, request_id=request_id)
    if status in (401, 403):
        return WrongKey(detail, request_id=request_id)
    if status == 413:
        return TextTooLong(detail, request_id=request_id)
    if status in (408, 504):
        return ModelTooSlow(detail, request_id=request_id)
    if status >= 500 or status == 409:
        return ModelBroken(detail, request_id=request_id)
    if 300 <= status < 400:
        return WrongAddress(f"moved to {headers.get('location')}", request_id=request_id)
    if status in (404, 405):
        about_model = "model_not_found" in code or ABOUT_MODEL.search(detail or "")
        return (UnknownModel if about_model else WrongAddress)(detail, request_id=request_id)
    return _refused(error, body, code, detail, request_id)


def _refused(
    error: Mapping[str, Any], body: str, code: str, detail: str | None, request_id: str | None
) -> ModelProblem:
    if "content_filter" in code:
        return ReplyFiltered(None, detail, request_id=request_id)
    if "context_length_exceeded" in code or ABOUT_LENGTH.search(detail or ""):
        return TextTooLong(detail, request_id=request_id)
    if "model_not_found" in code or error.get("param") == "model" or NO_SUCH_MODEL.search(detail or ""):
        return UnknownModel(detail, request_id=request_id)
    problem = RefusedWithWords(detail, request_id=request_id)
    problem.param = error.get("param") if isinstance(error.get("param"), str) else None
    problem.words = body
    return problem


class RefusedWithWords(ModelRefusedRequest):
    """The model's server does not take this request."""

    param: str | None = None
    words: str = ""


def refused_parameter(problem: ModelProblem, sent: set[str]) -> str | None:
    """The parameter that a refusal names, if it is one we sent and can do without."""
    if not isinstance(problem, RefusedWithWords):
        return None
    candidates = sent - NEVER_DROPPED
    param = (problem.param or "").split(".")[0].split("[")[0]
    if param in candidates:
        return param
    if "response_format" in candidates and ABOUT_FORM.search(problem.words):
        return "response_format"
    either = "|".join(re.escape(name) for name in sorted(candidates))
    named = re.search(rf"(?<![\w-])(?:{either})(?![\w-])", problem.words)
    return named.group() if named else None


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """What Retry-After asks for: seconds or a date. None when it asks for nothing that can be read."""
    milliseconds = _number(headers.get("retry-after-ms") or headers.get("x-ms-retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    if asked is None or _number(asked) is not None:
        return _number(asked)
    try:
        until = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and re.fullmatch(r"\d{1,9}(\.\d+)?", text.strip()) else None


def _error(body: str) -> Mapping[str, Any]:
    """The error that the body tells of: {"error": {...}}, {"error": "..."}, {...} or not JSON at all."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    inner = told.get("error")
    if isinstance(inner, str):
        return {"message": inner}
    return inner if isinstance(inner, dict) else told


def _detail(error: Mapping[str, Any], secret: str) -> str | None:
    said = error.get("message") or error.get("Message") or error.get("detail")
    if not said:
        return None
    words = " ".join((said if isinstance(said, str) else json.dumps(said)).split())
    if secret:
        words = words.replace(secret, KEY_SIGN)
    words = MASKED_KEY.sub(KEY_SIGN, words)
    return storable(words[:300])
