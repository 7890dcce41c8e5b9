"""The models that leads entered, and how each is asked. None in place of one is the model that the settings name."""

from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.ledger.endpoint_problems import EndpointRetired, NoSuchEndpoint, OnlyLocalModels
from app.ledger.models import ModelEndpoint
from app.ledger.sealing import unseal
from app.llm.abilities import Abilities
from app.llm.addresses import is_local
from app.llm.configured import model_from
from app.llm.openai_model import OpenAIModel
from app.llm.port import Model
from app.llm.prices import Prices
from app.settings import Settings
from app.studies.models import Study


def endpoints_of(session: Session, study_id: int) -> Sequence[ModelEndpoint]:
    """Those that may be chosen, by name."""
    return session.scalars(
        select(ModelEndpoint)
        .where(ModelEndpoint.study_id == study_id, ModelEndpoint.retired_at.is_(None))
        .order_by(ModelEndpoint.name, ModelEndpoint.id)
    ).all()


def endpoint_of(session: Session, study_id: int, endpoint_id: int) -> ModelEndpoint:
    """Also a retired one, since runs name it. Raises NoSuchEndpoint."""
    found = session.scalars(
        select(ModelEndpoint).where(ModelEndpoint.study_id == study_id, ModelEndpoint.id == endpoint_id)
    ).first()
    if found is None:
        raise NoSuchEndpoint
    return found


def kept_keys(session: Session) -> Sequence[str]:
    """Of all studies, sealed: for whoever runs the server and asks whether they can be opened."""
    return session.scalars(select(ModelEndpoint.key).where(ModelEndpoint.key != "").order_by(ModelEndpoint.id)).all()


def model_of(settings: Settings, endpoint: ModelEndpoint | None) -> Model | None:
    """None where the settings name no model. Raises an EndpointUnusable: the run pauses and says its sentence."""
    if endpoint is None:
        return model_from(settings)
    if endpoint.retired_at is not None:
        raise EndpointRetired
    return _model(
        endpoint.base_url,
        unseal(settings, endpoint.key),
        endpoint.model,
        endpoint.real_model,
        endpoint.timeout_seconds,
        Abilities.stored(endpoint.probe),
    )


def prices_of(endpoint: ModelEndpoint | None) -> Prices | None:
    """None: by the price table. Cached input costs what input costs, unless a lead said otherwise."""
    if endpoint is None or endpoint.input_price is None or endpoint.output_price is None:
        return None
    cached = endpoint.input_price if endpoint.cached_price is None else endpoint.cached_price
    return Prices(endpoint.input_price, cached, endpoint.output_price)


def may_leave(study: Study, address: str) -> bool:
    """Whether texts of the study may go there."""
    return not study.local_models_only or is_local(address)


def check_may_leave(study: Study, address: str) -> None:
    if not may_leave(study, address):
        raise OnlyLocalModels


@lru_cache(maxsize=64)  # kept, because it remembers what its endpoint refuses
def _model(
    address: str, key: str, name: str, real_name: str, timeout_seconds: float, abilities: Abilities
) -> OpenAIModel:
    return OpenAIModel(
        base_url=address,
        api_key=key,
        model=name,
        timeout_seconds=timeout_seconds,
        abilities=abilities,
        real_name=real_name,
        is_guarded=True,
    )
