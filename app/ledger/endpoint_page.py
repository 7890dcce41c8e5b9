"""What the page of a study's models shows. A key is never part of it, sealed or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.endpoints import endpoints_of, may_leave
from app.ledger.models import ModelEndpoint
from app.llm.abilities import Abilities, Form
from app.llm.addresses import is_local
from app.llm.configured import OPENAI, endpoint_host, model_name
from app.settings import Settings
from app.studies.models import Study
from app.web.wording import dollars

FORMS = {
    Form.STRICT_SCHEMA: "a strict schema",
    Form.SCHEMA: "a schema",
    Form.JSON_MODE: "JSON",
    Form.PLAIN_TEXT: "text, from which the JSON is taken",
}


@dataclass(frozen=True)
class EndpointCard:
    """As the list shows one. may_be_asked: the study's rule lets texts go there."""

    id: int
    name: str
    address: str
    model: str
    real_model: str
    is_local: bool
    may_be_asked: bool
    has_key: bool
    facts: list[tuple[str, str]]
    probe: dict[str, Any]
    probed_at: datetime | None

    @property
    def standing(self) -> str:
        """untested, works, cramped or broken."""
        if not self.probe:
            return "untested"
        if not self.probe["works"]:
            return "broken"
        return "works" if self.probe.get("is_roomy", True) else "cramped"


@dataclass(frozen=True)
class OwnModel:
    """The model that the settings name; name '' where they name none."""

    name: str
    host: str
    is_local: bool
    may_be_asked: bool


@dataclass(frozen=True)
class ModelsPage:
    cards: list[EndpointCard]
    retired: Sequence[ModelEndpoint]
    own: OwnModel
    keeps_keys: bool
    local_only: bool


def models_page(session: Session, study_id: int, settings: Settings) -> ModelsPage:
    study = session.get_one(Study, study_id)
    return ModelsPage(
        cards=[_card(study, endpoint) for endpoint in endpoints_of(session, study_id)],
        retired=session.scalars(
            select(ModelEndpoint)
            .where(ModelEndpoint.study_id == study_id, ModelEndpoint.retired_at.is_not(None))
            .order_by(ModelEndpoint.retired_at.desc(), ModelEndpoint.id)
        ).all(),
        own=own_model(study, settings),
        keeps_keys=bool(settings.secret_keys),
        local_only=study.local_models_only,
    )


def own_model(study: Study, settings: Settings) -> OwnModel:
    address = settings.llm_base_url or OPENAI
    return OwnModel(model_name(settings), endpoint_host(settings), is_local(address), may_leave(study, address))


def _card(study: Study, endpoint: ModelEndpoint) -> EndpointCard:
    return EndpointCard(
        id=endpoint.id,
        name=endpoint.name,
        address=endpoint.base_url,
        model=endpoint.model,
        real_model=endpoint.real_model,
        is_local=is_local(endpoint.base_url),
        may_be_asked=may_leave(study, endpoint.base_url),
        has_key=bool(endpoint.key),
        facts=_facts(endpoint),
        probe=endpoint.probe,
        probed_at=endpoint.probed_at,
    )


def _facts(endpoint: ModelEndpoint) -> list[tuple[str, str]]:
    found = [
        ("Key", "kept, sealed" if endpoint.key else "none"),
        ("Calls at once", f"at most {endpoint.most_at_once:,}"),
        ("Patience", f"{endpoint.timeout_seconds:g} s"),
        ("Prices", _prices(endpoint)),
        ("Batches", "taken" if endpoint.takes_batches else "not taken"),
    ]
    if endpoint.probe.get("works"):
        abilities = Abilities.stored(endpoint.probe)
        found.append(("Asked for", FORMS[abilities.form]))
        found.append(("Left out", ", ".join(abilities.dropped) or "nothing"))
    return found


def _prices(endpoint: ModelEndpoint) -> str:
    if endpoint.input_price is None or endpoint.output_price is None:
        return "by the price table"
    cached = f", {dollars(endpoint.cached_price)} cached" if endpoint.cached_price is not None else ""
    return f"{dollars(endpoint.input_price)} in{cached}, {dollars(endpoint.output_price)} out, a million tokens"
