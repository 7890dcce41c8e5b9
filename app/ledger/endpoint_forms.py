"""What a lead types about a model."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from app.ledger import endpoint_problems as problems
from app.ledger.endpoint_actions import EndpointPlan, fingerprint_of
from app.ledger.models import ModelEndpoint
from app.web.forms import Form, Places, Posted

PRICE = re.compile(r"\d{1,9}(\.\d{1,6})?")
NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?")


@dataclass(frozen=True)
class Like:
    """A kind of endpoint, with the address that it usually has. hint: what else to know of it."""

    key: str
    called: str
    base_url: str
    hint: str


LIKES = (
    Like("openai", "OpenAI", "https://api.openai.com/v1", "The key is made under API keys of the account."),
    Like(
        "azure",
        "Azure OpenAI",
        "https://<resource>.openai.azure.com/openai/v1",
        "Put the name of your resource in. The model is the name of the deployment; say below what it really is.",
    ),
    Like(
        "bedrock",
        "Amazon Bedrock",
        "https://bedrock-runtime.<region>.amazonaws.com/openai/v1",
        "Put your region in. The key is an Amazon Bedrock API key, the model an id such as openai.gpt-oss-120b-1:0.",
    ),
    Like(
        "ollama",
        "Ollama",
        "http://localhost:11434/v1",
        "It wants no key. Its context is small unless OLLAMA_CONTEXT_LENGTH says otherwise; the test tells.",
    ),
    Like("vllm", "vLLM", "http://localhost:8000/v1", "It wants a key only where it was started with --api-key."),
    Like("llamacpp", "llama.cpp", "http://localhost:8080/v1", "It has one model and takes any name for it."),
)


@dataclass
class EndpointForm(Form):
    """As typed. key is never given back to the page. seen: the fingerprint of what stood there."""

    belongs_to: ClassVar[Places] = {
        problems.NameNotUsable: "name",
        problems.NameTaken: "name",
        problems.AddressNotUsable: "base_url",
        problems.AddressHoldsPassword: "base_url",
        problems.AddressNotAllowed: "base_url",
        problems.ModelNotUsable: "model",
        problems.KeyNotUsable: "key",
        problems.KeyAgain: "key",
        problems.NoSecretKey: "key",
        problems.NumberNotUsable: "most_at_once",
        problems.PricesNotUsable: "input_price",
        problems.BatchShareNotUsable: "batch_price_share",
    }
    name: str = ""
    base_url: str = ""
    model: str = ""
    real_model: str = ""
    key: str = ""
    forgets_key: bool = False
    most_at_once: str = "4"
    timeout_seconds: str = "90"
    takes_batches: bool = False
    input_price: str = ""
    cached_price: str = ""
    output_price: str = ""
    batch_price_share: str = ""
    seen: str = ""

    @classmethod
    def like(cls, like: Like | None) -> "EndpointForm":
        return cls(name=like.called, base_url=like.base_url) if like else cls()

    @classmethod
    def of(cls, endpoint: ModelEndpoint) -> "EndpointForm":
        return cls(
            name=endpoint.name,
            base_url=endpoint.base_url,
            model=endpoint.model,
            real_model=endpoint.real_model,
            most_at_once=str(endpoint.most_at_once),
            timeout_seconds=f"{endpoint.timeout_seconds:g}",
            takes_batches=endpoint.takes_batches,
            input_price=_written(endpoint.input_price),
            cached_price=_written(endpoint.cached_price),
            output_price=_written(endpoint.output_price),
            batch_price_share=_written(endpoint.batch_price_share),
            seen=fingerprint_of(endpoint),
        )

    @classmethod
    def read(cls, posted: Posted) -> "EndpointForm":
        return cls(
            name=posted.text("name"),
            base_url=posted.text("base_url"),
            model=posted.text("model"),
            real_model=posted.text("real_model"),
            key=posted.text("key"),
            forgets_key="forgets_key" in posted,
            most_at_once=posted.text("most_at_once"),
            timeout_seconds=posted.text("timeout_seconds"),
            takes_batches="takes_batches" in posted,
            input_price=posted.text("input_price"),
            cached_price=posted.text("cached_price"),
            output_price=posted.text("output_price"),
            batch_price_share=posted.text("batch_price_share"),
            seen=posted.text("seen"),
        )

    def plan(self) -> EndpointPlan:
        """Raises an Invalid for what is no number."""
        return EndpointPlan(
            name=self.name,
            base_url=self.base_url,
            model=self.model,
            real_model=self.real_model,
            key=self.key,
            forgets_key=self.forgets_key,
            timeout_seconds=_number(self.timeout_seconds),
            most_at_once=int(_number(self.most_at_once)),
            takes_batches=self.takes_batches,
            input_price=_price(self.input_price),
            cached_price=_price(self.cached_price),
            output_price=_price(self.output_price),
            batch_price_share=_price(self.batch_price_share),
        )


def like_of(key: str) -> Like | None:
    return next((like for like in LIKES if like.key == key), None)


def _number(typed: str) -> float:
    if not NUMBER.fullmatch(typed) or not typed.isascii():
        raise problems.NumberNotUsable
    return float(typed)


def _price(typed: str) -> Decimal | None:
    if not typed:
        return None
    if not PRICE.fullmatch(typed) or not typed.isascii():
        raise problems.PricesNotUsable
    return Decimal(typed)


def _written(price: Decimal | None) -> str:
    return "" if price is None else f"{price.normalize():f}"
