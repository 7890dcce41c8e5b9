"""Adding, changing, testing and retiring the models of a study."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.base import now
from app.ledger import endpoint_problems as problems
from app.ledger.models import ModelEndpoint
from app.ledger.sealing import resealed, seal
from app.llm.addresses import CredentialsInside, NeverAsked, NotAnAddress, checked_address, origin
from app.llm.connection import ConnectionTest
from app.settings import Settings
from app.studies.events import record
from app.studies.viewer import Viewer, check_leads

LONGEST_NAME = 80
LONGEST_MODEL = 200
LONGEST_KEY = 4000
HIGHEST_PRICE = 100_000
MOST_AT_ONCE = 1000
LONGEST_PATIENCE = 3600


@dataclass(frozen=True)
class EndpointPlan:
    """What a lead typed. key: '' keeps the one that is there; forgets_key takes it away."""

    name: str
    base_url: str
    model: str
    real_model: str = ""
    key: str = ""
    forgets_key: bool = False
    timeout_seconds: float = 90
    most_at_once: int = 4
    takes_batches: bool = False
    input_price: Decimal | None = None
    cached_price: Decimal | None = None
    output_price: Decimal | None = None
    batch_price_share: Decimal | None = None


def checked_plan(plan: EndpointPlan) -> EndpointPlan:
    """With the address as it is stored. Raises an Invalid for what cannot be used."""
    if not 1 <= len(plan.name) <= LONGEST_NAME:
        raise problems.NameNotUsable
    if not 1 <= len(plan.model) <= LONGEST_MODEL or len(plan.real_model) > LONGEST_MODEL:
        raise problems.ModelNotUsable
    if len(plan.key) > LONGEST_KEY or not all("!" <= letter <= "~" for letter in plan.key):
        raise problems.KeyNotUsable
    if not 1 <= plan.most_at_once <= MOST_AT_ONCE or not 1 <= plan.timeout_seconds <= LONGEST_PATIENCE:
        raise problems.NumberNotUsable
    prices = (plan.input_price, plan.cached_price, plan.output_price)
    if not all(price is None or 0 <= price <= HIGHEST_PRICE for price in prices):
        raise problems.PricesNotUsable
    if (plan.input_price is None) != (plan.output_price is None) or (plan.cached_price and plan.input_price is None):
        raise problems.PricesNotUsable
    if plan.batch_price_share is not None and not 0 <= plan.batch_price_share <= 1:
        raise problems.BatchShareNotUsable
    return EndpointPlan(**{**vars(plan), "base_url": _address(plan.base_url)})


def add_endpoint(session: Session, viewer: Viewer, settings: Settings, plan: EndpointPlan) -> ModelEndpoint:
    check_leads(viewer)
    plan = checked_plan(plan)
    _check_name_is_free(session, viewer.study.id, plan.name)
    endpoint = ModelEndpoint(
        study_id=viewer.study.id, added_by=viewer.member.id, key=seal(settings, plan.key), probe={}
    )
    _write(endpoint, plan)
    session.add(endpoint)
    session.flush()
    _record(session, viewer, "endpoint.added", endpoint)
    return endpoint


def change_endpoint(
    session: Session, viewer: Viewer, settings: Settings, endpoint_id: int, plan: EndpointPlan, *, seen: str
) -> ModelEndpoint:
    """seen: the fingerprint of what the lead had before them. What a test found is forgotten where it may not hold."""
    check_leads(viewer)
    plan = checked_plan(plan)
    endpoint = held_endpoint(session, viewer.study.id, endpoint_id)
    if fingerprint_of(endpoint) != seen:
        raise problems.TakenMeanwhile
    if endpoint.retired_at is not None:
        raise problems.EndpointRetired
    _check_name_is_free(session, viewer.study.id, plan.name, but=endpoint.id)
    key = sealed_key_for(settings, endpoint, plan)
    if (endpoint.base_url, endpoint.model, endpoint.key) != (plan.base_url, plan.model, key):
        endpoint.probe, endpoint.probed_at = {}, None
    endpoint.key = key
    _write(endpoint, plan)
    session.flush()
    _record(session, viewer, "endpoint.changed", endpoint)
    return endpoint


def sealed_key_for(settings: Settings, endpoint: ModelEndpoint, plan: EndpointPlan) -> str:
    """The kept key goes to whom it was entered for, and to nobody else: another address wants it typed again.

    It is sealed anew where a newer secret stands there. Raises KeyAgain, KeyNotReadable.
    """
    if plan.key:
        return seal(settings, plan.key)
    if not endpoint.key or plan.forgets_key:
        return ""
    if origin(plan.base_url) != origin(endpoint.base_url):
        raise problems.KeyAgain
    return resealed(settings, endpoint.key)


def retire_endpoint(session: Session, viewer: Viewer, endpoint_id: int) -> ModelEndpoint:
    """Its key is forgotten. Runs that ask it pause."""
    check_leads(viewer)
    endpoint = held_endpoint(session, viewer.study.id, endpoint_id)
    if endpoint.retired_at is not None:
        raise problems.EndpointRetired
    endpoint.retired_at, endpoint.key = now(), ""
    session.flush()
    _record(session, viewer, "endpoint.retired", endpoint)
    return endpoint


def keep_test(session: Session, viewer: Viewer, endpoint_id: int, found: ConnectionTest, *, seen: str) -> None:
    """Not of an endpoint that was changed while it was asked."""
    endpoint = held_endpoint(session, viewer.study.id, endpoint_id)
    if fingerprint_of(endpoint) == seen and endpoint.retired_at is None:
        endpoint.probe, endpoint.probed_at = found.as_stored(), now()
        session.flush()
    _record(session, viewer, "endpoint.tested", endpoint, works=found.works, requests=found.requests)


def record_trial(session: Session, viewer: Viewer, address: str, found: ConnectionTest) -> None:
    """A test of what is not saved: where something was sent is kept, since a lead may enter any address."""
    told: dict[str, Any] = {"works": found.works, "requests": found.requests}
    record(session, viewer.study.id, viewer.member, "endpoint.tried", subject=None, address=address, **told)


def held_endpoint(session: Session, study_id: int, endpoint_id: int) -> ModelEndpoint:
    found = session.scalars(
        select(ModelEndpoint)
        .where(ModelEndpoint.study_id == study_id, ModelEndpoint.id == endpoint_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise problems.NoSuchEndpoint
    return found


def fingerprint_of(endpoint: ModelEndpoint) -> str:
    """Tells whether somebody changed it since a page was made."""
    told = (endpoint.key, endpoint.retired_at, *(_plainly(getattr(endpoint, name)) for name in WRITTEN))
    return sha256(repr(told).encode()).hexdigest()[:32]


def _plainly(value: Any) -> str:
    """The same before it was stored and after: 90 is 90.0, and 0.4 is 0.400000."""
    return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, int | float | Decimal) else str(value)


def _address(typed: str) -> str:
    try:
        return checked_address(typed)
    except CredentialsInside:
        raise problems.AddressHoldsPassword from None
    except NeverAsked:
        raise problems.AddressNotAllowed from None
    except NotAnAddress:
        raise problems.AddressNotUsable from None


def _check_name_is_free(session: Session, study_id: int, name: str, *, but: int = 0) -> None:
    """Names of retired ones are free again."""
    taken = select(ModelEndpoint.id).where(
        ModelEndpoint.study_id == study_id,
        ModelEndpoint.name == name,
        ModelEndpoint.retired_at.is_(None),
        ModelEndpoint.id != but,
    )
    if session.scalar(taken) is not None:
        raise problems.NameTaken


WRITTEN = (
    "name",
    "base_url",
    "model",
    "real_model",
    "timeout_seconds",
    "most_at_once",
    "takes_batches",
    "input_price",
    "cached_price",
    "output_price",
    "batch_price_share",
)


def _write(endpoint: ModelEndpoint, plan: EndpointPlan) -> None:
    for name in WRITTEN:
        setattr(endpoint, name, getattr(plan, name))


def _record(session: Session, viewer: Viewer, kind: str, endpoint: ModelEndpoint, **more: Any) -> None:
    told = {"name": endpoint.name, "address": endpoint.base_url, "model": endpoint.model, **more}
    record(session, endpoint.study_id, viewer.member, kind, subject=("endpoint", endpoint.id), **told)
