"""Models of a study, as the sample's lead might have entered them."""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from app.ledger.endpoint_actions import fingerprint_of, keep_test
from app.llm.abilities import Abilities
from app.llm.connection import KEEPS, MANY_WORDS, SMALL, ConnectionTest
from app.llm.problems import ModelUnreachable
from app.studies.viewer import Viewer
from tests.support.endpoints import make_endpoint


def pages_of_models(session: Session, lead: Viewer) -> dict[str, str]:
    """One that works, one with little room, one that does not, and one that was never tested."""
    mini = {"input_price": Decimal("0.4"), "cached_price": Decimal("0.1"), "output_price": Decimal("1.6")}
    azure = make_endpoint(
        session,
        lead,
        name="Azure, Sweden",
        base_url="https://incidents.openai.azure.com/openai/v1",
        model="coding-mini",
        real_model="gpt-4.1-mini",
        key="a-key-of-azure",
        takes_batches=True,
        **mini,
    )
    ollama = make_endpoint(session, lead, name="Ollama", base_url="http://ollama:11434/v1", model="qwen3:14b")
    gone = make_endpoint(session, lead, name="vLLM", base_url="http://10.0.0.9:8000/v1", model="mistral-small")
    make_endpoint(session, lead, name="Bedrock", base_url="https://bedrock-runtime.eu-north-1.amazonaws.com/openai/v1")
    keeps = ConnectionTest(True, KEEPS.format("gpt-4.1-mini-2025-04-14") + ".", True)
    small = SMALL.format(MANY_WORDS, 2050)
    little = f"{KEEPS.format('qwen3:14b')}, but {small}."
    cramped = replace(keeps, sentence=little, is_roomy=False, abilities=Abilities(dropped=("max_completion_tokens",)))
    broken = ConnectionTest(False, ModelUnreachable().sentence)
    for endpoint, found in ((azure, keeps), (ollama, cramped), (gone, broken)):
        keep_test(session, lead, endpoint.id, found, seen=fingerprint_of(endpoint))
    return {
        "settings-models": "/settings/models",
        "settings-model-new": "/settings/models/new?like=azure",
        "settings-model": f"/settings/models/{azure.id}",
    }
