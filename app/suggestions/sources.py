"""Whom a lead may ask: this server's model, the endpoints of the study, or nobody but similar incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.ledger.endpoints import endpoints_of
from app.ledger.models import ModelEndpoint
from app.llm.configured import OPENAI, model_name
from app.settings import Settings
from app.suggestions.models import SuggestionRun
from app.suggestions.similar import NAME as SIMILAR

SERVER, NOBODY = "server", "similar"


@dataclass(frozen=True)
class Source:
    """key: as the form sends it. model '': similar incidents. address: the endpoint's base URL. most_at_once None: the
    server decides."""

    key: str
    name: str
    model: str
    address: str = ""
    endpoint: ModelEndpoint | None = None

    @property
    def endpoint_id(self) -> int | None:
        return self.endpoint.id if self.endpoint else None

    @property
    def host(self) -> str:
        """Host and port, without a path or a key."""
        return urlsplit(self.address).netloc.rsplit("@", 1)[-1]

    @property
    def takes_batches(self) -> bool:
        return self.endpoint is not None and self.endpoint.takes_batches

    @property
    def most_at_once(self) -> int | None:
        return self.endpoint.most_at_once if self.endpoint else None

    @property
    def words(self) -> str:
        if not self.model:
            return self.name
        return (
            f"{self.name}: {self.model} at {self.host}" if self.name != self.model else f"{self.model} at {self.host}"
        )


def sources_of(session: Session, settings: Settings, study_id: int) -> list[Source]:
    """The usual one first."""
    return [*models_of(session, settings, study_id), Source(NOBODY, "No model: similar incidents", "")]


def models_of(session: Session, settings: Settings, study_id: int) -> list[Source]:
    found = []
    if model := model_name(settings):
        found.append(Source(SERVER, "This server’s model", model, settings.llm_base_url or OPENAI))
    return found + [
        Source(str(one.id), one.name, one.model, one.base_url, one) for one in endpoints_of(session, study_id)
    ]


def source_named(sources: Sequence[Source], key: str) -> Source | None:
    """key '': the usual one."""
    return sources[0] if not key else next((one for one in sources if one.key == key), None)


def source_words(run: SuggestionRun) -> str:
    """What a run is called."""
    return run.model if run.source == "model" else SIMILAR
