"""Servers that behave as each provider is documented to, for the probe and for runs.

Each class names where its behaviour is told. None of them is the real thing: what they do is what their documentation,
their source or reports of their users say they do, as of autumn 2026.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.support.openai_server import Body, OpenAIServer, Raw, Response, completion, failure, strictness_problem

NUMBERS = ", ".join(f"number {at}" for at in range(1, 61))


def meant(request: Body) -> str:
    """What the model behind all of them has in mind."""
    asked = request["messages"][-1]["content"]
    if "capital of France" in asked:
        return "Paris"
    if "from one to sixty" in asked:
        return NUMBERS
    return "done"


def within_schema(request: Body) -> str:
    """As by constrained decoding: the first allowed word, whatever the model has in mind."""
    schema = request["response_format"]["json_schema"]["schema"]
    allowed = schema["properties"].get("word", {}).get("enum")
    return json.dumps({"word": allowed[0] if allowed else meant(request)})


def in_json(request: Body) -> str:
    return json.dumps({"word": meant(request)})


def in_prose(request: Body) -> str:
    return f"Sure! The answer is {meant(request)}."


def form_of(request: Body) -> str:
    return request.get("response_format", {}).get("type", "text")


def words_of(request: Body) -> int:
    return sum(len(message["content"].split()) for message in request["messages"])


class Provider(OpenAIServer):
    """path: of its chat completions. limits: the names under which it knows a limit on the reply."""

    path: ClassVar[str] = "/v1/chat/completions"
    limits: ClassVar[tuple[str, ...]] = ("max_completion_tokens", "max_tokens")
    wants_key: ClassVar[bool] = True

    def __init__(self, *, model: str = "small", api_key: str = "key-of-the-provider", context: int = 100_000) -> None:
        super().__init__(api_key=api_key)
        self.model = model
        self.context = context

    @property
    def base_url(self) -> str:
        return super().base_url.removesuffix("/v1") + self.path.removesuffix("/chat/completions")

    def respond(self, path: str, authorization: str | None, body: bytes) -> Response:
        if path != self.path:
            return self.elsewhere()
        if self.wants_key and authorization != f"Bearer {self.api_key}":
            return self.wrong_key()
        request = json.loads(body)
        self.requests.append(request)
        return self.refusal(request) or self.reply(request)

    def elsewhere(self) -> Response:
        return Response(404, "<html><body><h1>404 Not Found</h1></body></html>", {"Content-Type": "text/html"})

    def wrong_key(self) -> Response:
        return failure(401, "Incorrect API key provided: key-****************ider.", code="invalid_api_key")

    def refusal(self, request: Body) -> Response | None:
        return None

    def said(self, request: Body) -> str:
        return within_schema(request) if form_of(request) == "json_schema" else in_json(request)

    def reply(self, request: Body, *, read: int | None = None) -> Response:
        self.taken.append(dict(request))
        limit = next((request[name] for name in self.limits if name in request), None)
        words = self.said(request).split(" ")
        cut = limit is not None and len(words) > limit
        spoken = completion(request, " ".join(words[:limit]), finish_reason="length" if cut else "stop")
        usage = {**spoken.body["usage"], **({} if read is None else {"prompt_tokens": read})}  # type: ignore[index]
        return Response(200, {**spoken.body, "usage": usage, **self.around(request)}, self.headers())  # type: ignore[dict-item]

    def around(self, request: Body) -> dict[str, Any]:
        return {"model": self.model}

    def headers(self) -> dict[str, str]:
        return {}


class OpenAI(Provider):
    """OpenAI: schemas are enforced where strict; an unknown key is repeated with stars in its midst.

    Told in the API reference (platform.openai.com/docs, Chat and Structured outputs).
    """

    def refusal(self, request: Body) -> Response | None:
        if request["model"] != self.model:
            return failure(
                404,
                f"The model `{request['model']}` does not exist or you do not have access to it.",
                code="model_not_found",
            )
        if "max_tokens" in request and "max_completion_tokens" in request:
            return failure(
                400,
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                code="invalid_parameter_combination",
            )
        if form_of(request) == "json_schema" and request["response_format"]["json_schema"]["strict"]:
            problem = strictness_problem(request["response_format"]["json_schema"]["schema"])
            if problem:
                return failure(400, f"Invalid schema for response_format: {problem}", param="response_format")
        return None


class OpenAIThinking(OpenAI):
    """An o-series or GPT-5 model: no temperature but 1, and max_completion_tokens only.

    The words are those in tmc/langchaingo #1355 (temperature), tailcallhq/forgecode #1081 (max_tokens) and
    BeehiveInnovations/pal-mcp-server #78 (o3-mini: unsupported_parameter).
    """

    def refusal(self, request: Body) -> Response | None:
        if request.get("temperature", 1) != 1:
            return failure(
                400,
                f"Unsupported value: 'temperature' does not support {request['temperature']} with this model. "
                "Only the default (1) value is supported.",
                code="unsupported_value",
                param="temperature",
            )
        if "max_tokens" in request:
            return failure(
                400,
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                "instead.",
                code="unsupported_parameter",
                param="max_tokens",
            )
        return super().refusal(request)


class Azure(Provider):
    """Azure OpenAI, v1: `model` is the name of a deployment, the answer names the real one, filters stop prompts.

    The 404 is that of MicrosoftDocs/azure-docs #114013; the 400 with innererror that of microsoft/TinyTroupe #85 and
    compl-ai/compl-ai #20; stanford-crfm/helm #3327 has the same one without innererror. Filters and
    prompt_filter_results: learn.microsoft.com, Azure OpenAI, Content filtering. The v1 path takes the key as a bearer.
    """

    path = "/openai/v1/chat/completions"
    real_model = "gpt-4.1-mini-2025-04-14"
    forbidden = "a fight with knives"

    def elsewhere(self) -> Response:
        return Response(404, {"error": {"code": "404", "message": "Resource not found"}})

    def wrong_key(self) -> Response:
        message = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
            "an active subscription and use a correct regional API endpoint for your resource."
        )
        return Response(401, {"error": {"code": "401", "message": message}})

    def refusal(self, request: Body) -> Response | None:
        if request["model"] != self.model:
            message = (
                "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
                "minutes, please wait a moment and try again."
            )
            return Response(404, {"error": {"code": "DeploymentNotFound", "message": message}})
        if self.forbidden in request["messages"][-1]["content"]:
            return Response(400, {"error": self.filtered(with_inner="twice" not in request["messages"][-1]["content"])})
        return None

    def filtered(self, *, with_inner: bool) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management "
            "policy. Please modify your prompt and retry.",
            "type": None,
            "param": "prompt",
            "code": "content_filter",
            "status": 400,
        }
        if with_inner:
            result = {"violence": {"filtered": True, "severity": "medium"}}
            error["innererror"] = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result}
        return error

    def around(self, request: Body) -> dict[str, Any]:
        safe = {"hate": {"filtered": False, "severity": "safe"}}
        return {
            "model": self.real_model,
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": safe}],
        }

    def headers(self) -> dict[str, str]:
        return {"apim-request-id": f"apim-{len(self.requests)}"}


class Bedrock(Provider):
    """Amazon Bedrock's /openai/v1 with gpt-oss: thinking stands in the reply, errors are AWS's own.

    Path and bearer key: docs.aws.amazon.com, Bedrock user guide, "Invoke a model with the OpenAI Chat Completions API".
    That gpt-oss does not keep to a schema there: BerriAI/litellm #16014. An unknown model: RooCodeInc/Roo-Code #10473.
    Two things are told nowhere as such and are guesses that the adapter must cope with: that thinking stands in the
    reply (it did for older models, aws-samples/bedrock-access-gateway #200), and that `store` and `seed` are refused.
    """

    path = "/openai/v1/chat/completions"

    def elsewhere(self) -> Response:
        return Response(404, {"message": "no Route matched with those values"})

    def wrong_key(self) -> Response:
        return Response(403, {"Message": "Authentication failed: Please make sure your API Key is valid."})

    def refusal(self, request: Body) -> Response | None:
        if request["model"] != self.model:
            return Response(400, {"message": "The provided model identifier is invalid."})
        for name in ("store", "seed"):
            if name in request:
                return Response(400, {"message": f"Malformed input request: extraneous key [{name}] is not permitted"})
        return None

    def said(self, request: Body) -> str:
        return f"<reasoning>The user wants {{JSON}}.</reasoning>{in_json(request)}"

    def headers(self) -> dict[str, str]:
        return {"x-amzn-requestid": f"amzn-{len(self.requests)}"}


class Ollama(Provider):
    """Ollama: no key, unknown fields are passed over, a long text is cut without a word.

    Its source (openai/openai.go) reads max_tokens and not max_completion_tokens, nor `strict`, and makes its errors of
    message and type. That prompt_tokens tells what was left of the text: ollama/ollama #17889, #17427 and
    Stirling-Tools/Stirling-PDF #7770 (4,096 tokens of context leave 2,050).
    """

    wants_key = False
    limits = ("max_tokens",)

    def elsewhere(self) -> Response:
        return Response(404, "404 page not found", {"Content-Type": "text/plain"})

    def refusal(self, request: Body) -> Response | None:
        if request["model"] != self.model:
            message = f'model "{request["model"]}" not found, try pulling it first'
            return Response(
                404, {"error": {"message": message, "type": "not_found_error", "param": None, "code": None}}
            )
        return None

    def reply(self, request: Body, *, read: int | None = None) -> Response:
        whole = words_of(request)
        return super().reply(request, read=whole if whole <= self.context else self.context // 2 + 2)

    def around(self, request: Body) -> dict[str, Any]:
        return {"model": self.model, "system_fingerprint": "fp_ollama"}


class OldOllama(Ollama):
    """Before 0.5 (December 2024) it knew JSON mode only: json_schema was passed over, and prose came with 200."""

    def said(self, request: Body) -> str:
        return in_json(request) if form_of(request) == "json_object" else in_prose(request)


class Vllm(Provider):
    """vLLM: guided decoding; errors are the whole body ({"object": "error"}), unknown fields are warned of and ignored.

    404: vllm-project/vllm #3485. Too long: #20409, and opendatalab/MinerU #4868 for the reply's share. Unknown fields:
    #10463 (extra="allow"). `wraps`: newer versions put the same into "error".
    """

    wants_key = False
    wraps: ClassVar[bool] = False

    def elsewhere(self) -> Response:
        return Response(404, {"detail": "Not Found"})

    def error(self, status: int, kind: str, message: str) -> Response:
        told = {"message": message, "type": kind, "param": None, "code": status}
        return Response(status, {"error": told} if self.wraps else {"object": "error", **told})

    def refusal(self, request: Body) -> Response | None:
        if request["model"] != self.model:
            return self.error(404, "NotFoundError", f"The model `{request['model']}` does not exist.")
        room = next((request[name] for name in self.limits if name in request), 16)
        words = words_of(request)
        if words + room > self.context:
            return self.error(
                400,
                "BadRequestError",
                f"'max_tokens' or 'max_completion_tokens' is too large: {room}. This model's maximum context length is "
                f"{self.context} tokens and your request has {words} input tokens.",
            )
        return None


class NewVllm(Vllm):
    wraps = True


class OldVllm(Vllm):
    """Before 0.6.5 it refused what it did not know, as in 1Panel-dev/MaxKB #2912."""

    def refusal(self, request: Body) -> Response | None:
        for name in ("store", "max_completion_tokens"):
            if name in request:
                told = f"[{{'type': 'extra_forbidden', 'loc': ('body', '{name}'), 'msg': 'Extra inputs'}}]"
                return self.error(400, "BadRequestError", told)
        return super().refusal(request)


class LlamaCpp(Provider):
    """llama.cpp's server: one model under any name, errors of code, message and type.

    503 while it loads: mindverse/Second-Me #20. Too long: ggml-org/llama.cpp #15780 and #16486. A grammar that cannot
    be read: 400 as in flagdizero/jenny-android-ai-agent #2.
    """

    wants_key = False
    is_loading = False
    grammar_fails: ClassVar[bool] = False

    def elsewhere(self) -> Response:
        return self.error(404, "not_found_error", "File Not Found")

    def error(self, code: int, kind: str, message: str, **more: Any) -> Response:
        return Response(code, {"error": {"code": code, "message": message, "type": kind, **more}})

    def refusal(self, request: Body) -> Response | None:
        if self.is_loading:
            return self.error(503, "unavailable_error", "Loading model")
        if self.grammar_fails and form_of(request) == "json_schema":
            message = "Failed to initialize samplers: failed to parse grammar"
            return self.error(400, "invalid_request_error", message)
        if words_of(request) > self.context:
            message = "the request exceeds the available context size, try increasing it"
            return self.error(400, "exceed_context_size_error", message, n_ctx=self.context)
        return None

    def around(self, request: Body) -> dict[str, Any]:
        return {"model": "qwen2.5-7b-instruct-q4_k_m.gguf"}


class LlamaCppWithoutGrammar(LlamaCpp):
    grammar_fails = True


class OpenLlamaCpp(LlamaCpp):
    """A grammar that cannot be read is dropped, and the reply comes unconstrained: ggml-org/llama.cpp #19051."""

    def said(self, request: Body) -> str:
        return in_prose(request) if form_of(request) != "json_object" else in_json(request)


class Gateway(Provider):
    """Answers 200 and puts what went wrong into the body: runpod-workers/worker-vllm #57, or {"error": {...}}."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__()
        self.body = body

    def reply(self, request: Body, *, read: int | None = None) -> Response:
        return Raw(200, self.body).respond(request)
