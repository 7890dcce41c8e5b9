"""The model that the settings name, if they name one."""

from functools import lru_cache
from urllib.parse import urlsplit

from app.llm.openai_model import OpenAIModel
from app.settings import Settings

OPENAI = "https://api.openai.com/v1"


def model_from(settings: Settings) -> OpenAIModel | None:
    """None: no model is named, and the app works without one."""
    if not settings.llm_model:
        return None
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
    return _model(settings.llm_base_url or OPENAI, key, settings.llm_model, settings.llm_timeout_seconds)


def model_name(settings: Settings) -> str:
    """Empty when no model is named."""
    return settings.llm_model or ""


def endpoint_host(settings: Settings) -> str:
    """Where texts would go: host and port, without a path or a key."""
    return urlsplit(settings.llm_base_url or OPENAI).netloc.rsplit("@", 1)[-1]


@lru_cache(maxsize=4)  # kept, because it remembers what its endpoint refuses
def _model(base_url: str, api_key: str, name: str, timeout_seconds: float) -> OpenAIModel:
    return OpenAIModel(base_url=base_url, api_key=api_key, model=name, timeout_seconds=timeout_seconds)
