"""Asking a model whether it works, outside of any transaction."""

from dataclasses import dataclass

from app.ledger.endpoint_actions import EndpointPlan, sealed_key_for
from app.ledger.endpoint_problems import EndpointUnusable
from app.ledger.models import ModelEndpoint
from app.ledger.sealing import unseal
from app.llm.addresses import is_local
from app.llm.configured import OPENAI, model_from
from app.llm.connection import ConnectionTest, connection_test
from app.llm.openai_model import OpenAIModel
from app.settings import Settings

MOST_PATIENCE = 30.0  # somebody sits and waits
NO_MODEL = "This server names no model. Whoever runs it can set TANDEM_LLM_MODEL; or add one here."


@dataclass(frozen=True)
class Tested:
    """What is asked, read from the database or from a form, so that no transaction is open while it is."""

    address: str
    model: str
    real_model: str
    key: str
    patience: float

    @classmethod
    def stored(cls, settings: Settings, endpoint: ModelEndpoint) -> "Tested":
        """Raises KeyNotReadable."""
        key = unseal(settings, endpoint.key)
        return cls(endpoint.base_url, endpoint.model, endpoint.real_model, key, endpoint.timeout_seconds)

    @classmethod
    def typed(cls, settings: Settings, plan: EndpointPlan, kept: ModelEndpoint | None) -> "Tested":
        """plan: checked. kept: the endpoint whose key is used where none is typed. Raises KeyAgain, KeyNotReadable."""
        key = plan.key
        if not key and kept is not None:
            key = unseal(settings, sealed_key_for(settings, kept, plan))
        return cls(plan.base_url, plan.model, plan.real_model, key, plan.timeout_seconds)

    def test(self) -> ConnectionTest:
        model = OpenAIModel(
            base_url=self.address,
            api_key=self.key,
            model=self.model,
            real_name=self.real_model,
            timeout_seconds=min(self.patience, MOST_PATIENCE),
            is_guarded=True,
        )
        return connection_test(model, looks_for_room=is_local(self.address))


def found_at_own(settings: Settings) -> ConnectionTest:
    """Of the model that the settings of this server name."""
    model = model_from(settings)
    if model is None:
        return ConnectionTest(works=False, sentence=NO_MODEL)
    return connection_test(model, looks_for_room=is_local(settings.llm_base_url or OPENAI))


def found_at(settings: Settings, endpoint: ModelEndpoint) -> ConnectionTest:
    """A key that cannot be read is a finding like any other."""
    try:
        return Tested.stored(settings, endpoint).test()
    except EndpointUnusable as problem:
        return ConnectionTest(works=False, sentence=problem.sentence)
