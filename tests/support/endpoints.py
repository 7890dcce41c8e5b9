"""Models as leads enter them."""

from typing import Any

from sqlalchemy.orm import Session

from app.ledger.endpoint_actions import EndpointPlan, add_endpoint
from app.ledger.models import ModelEndpoint
from app.settings import Settings
from app.studies.viewer import Viewer
from tests.support.clients import NOWHERE

SECRET = "a secret of this server that is long enough"
NOBODY = "http://127.0.0.1:9/v1"  # where nothing listens


def settings_with(secret_key: str | None = SECRET, **more: Any) -> Settings:
    return Settings(**{"database_url": NOWHERE, "secret_key": secret_key, **more})


def make_endpoint(
    session: Session, lead: Viewer, *, name: str = "Ours", base_url: str = NOBODY, model: str = "small", **more: Any
) -> ModelEndpoint:
    plan = EndpointPlan(name=name, base_url=base_url, model=model, **more)
    return add_endpoint(session, lead, settings_with(), plan)
