"""Models as leads enter them: how each is asked, what it costs, where texts may go, and who may change what."""

import dataclasses
import logging
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.ledger import endpoint_problems as problems
from app.ledger.endpoint_actions import (
    EndpointPlan,
    add_endpoint,
    change_endpoint,
    fingerprint_of,
    keep_test,
    retire_endpoint,
)
from app.ledger.endpoint_testing import found_at
from app.ledger.endpoints import check_may_leave, endpoint_of, endpoints_of, may_leave, model_of, prices_of
from app.ledger.models import ModelEndpoint
from app.llm.abilities import Abilities, Form
from app.llm.connection import ConnectionTest
from app.llm.openai_model import OpenAIModel
from app.llm.prices import Prices, cost_in_dollars, price_table
from app.llm.problems import WrongKey
from app.studies.models import Study
from app.studies.settings_actions import ModelRules, rules_of, set_model_rules
from app.studies.viewer import LeadOnly, Viewer
from tests.llm.test_prices import ASKED_AT, answer
from tests.makers import make_member, make_study
from tests.support.clients import client_for
from tests.support.endpoints import NOBODY, make_endpoint, settings_with
from tests.support.openai_server import OpenAIServer, Says
from tests.support.providers import Ollama, OpenAI, OpenAIThinking
from tests.support.walking import every_route

__all__ = ["client_for"]

KEY = "sk-very-secret-0123456789"
PLAN = EndpointPlan(name="Ours", base_url=NOBODY, model="small")


@pytest.fixture
def lead(session: Session) -> Viewer:
    return make_study(session)


def changed(session: Session, lead: Viewer, endpoint: ModelEndpoint, **to: Any) -> ModelEndpoint:
    plan = dataclasses.replace(PLAN, name=endpoint.name, base_url=endpoint.base_url, **to)
    return change_endpoint(session, lead, settings_with(), endpoint.id, plan, seen=fingerprint_of(endpoint))


def test_a_study_has_its_own_models_and_no_other_studys(session: Session, lead: Viewer) -> None:
    later = make_endpoint(session, lead, name="Zeta")
    first = make_endpoint(session, lead, name="Alpha")
    retired = make_endpoint(session, lead, name="Mu")
    retire_endpoint(session, lead, retired.id)
    foreign = make_endpoint(session, make_study(session))

    assert [one.id for one in endpoints_of(session, lead.study.id)] == [first.id, later.id]
    assert endpoint_of(session, lead.study.id, retired.id) is retired, "runs name it"
    with pytest.raises(problems.NoSuchEndpoint):
        endpoint_of(session, lead.study.id, foreign.id)


def test_a_model_is_asked_with_its_key_and_begins_with_what_the_probe_found(session: Session, lead: Viewer) -> None:
    with OpenAIThinking() as server:
        endpoint = make_endpoint(session, lead, base_url=server.base_url, key=server.api_key)
        seen = fingerprint_of(endpoint)
        found = found_at(settings_with(), endpoint)
        keep_test(session, lead, endpoint.id, found, seen=seen)
        session.expire_all()
        model = model_of(settings_with(), endpoint_of(session, lead.study.id, endpoint.id))

    assert found.works and endpoint.probed_at is not None
    assert isinstance(model, OpenAIModel)
    assert model.abilities == Abilities(Form.STRICT_SCHEMA, True, ("temperature",))
    assert model is model_of(settings_with(), endpoint), "kept, so that it is taught once"


def test_no_endpoint_is_the_model_of_the_settings(session: Session) -> None:
    assert model_of(settings_with(), None) is None
    own = model_of(settings_with(llm_model="theirs"), None)
    assert own is not None and own.name == "theirs"


def test_a_model_whose_key_cannot_be_read_or_that_is_retired_is_not_asked(session: Session, lead: Viewer) -> None:
    endpoint = make_endpoint(session, lead, key=KEY)
    for settings in (settings_with(None), settings_with("quite another secret of this server")):
        with pytest.raises(problems.EndpointUnusable, match="TANDEM_SECRET_KEY"):
            model_of(settings, endpoint)
        assert "TANDEM_SECRET_KEY" in found_at(settings, endpoint).sentence
    retire_endpoint(session, lead, endpoint.id)
    assert endpoint.key == "", "its key is forgotten"
    with pytest.raises(problems.EndpointRetired):
        model_of(settings_with(), endpoint)


def test_a_local_model_without_a_key_needs_no_secret(session: Session, lead: Viewer) -> None:
    endpoint = add_endpoint(session, lead, settings_with(None), PLAN)

    assert model_of(settings_with(None), endpoint) is not None
    with pytest.raises(problems.NoSecretKey):
        add_endpoint(session, lead, settings_with(None), dataclasses.replace(PLAN, name="Other", key=KEY))


def test_entered_prices_count_before_the_table(session: Session, lead: Viewer) -> None:
    free = make_endpoint(session, lead, name="Free", input_price=Decimal(0), output_price=Decimal(0))
    paid = make_endpoint(session, lead, name="Paid", input_price=Decimal(2), output_price=Decimal(8))
    cached = dataclasses.replace(answer("gpt-4o-mini"), cached_tokens=500)
    asked: dict[str, Any] = {"address": NOBODY, "model_asked": "x", "asked_at": ASKED_AT}

    assert prices_of(None) is prices_of(make_endpoint(session, lead)) is None
    assert cost_in_dollars(cached, **asked, prices=prices_of(free)) == 0
    # 1,000 read at 2 and 100 written at 8 dollars a million; then 500 of them from the cache at 1
    assert cost_in_dollars(cached, **asked, prices=prices_of(paid)) == Decimal("0.0028")
    assert cost_in_dollars(cached, **asked, prices=Prices(Decimal(2), Decimal(1), Decimal(8))) == Decimal("0.0023")
    assert cost_in_dollars(answer("m", tokens=None), **asked, prices=prices_of(paid)) is None
    assert price_table(prices_of(paid)) == "entered by a lead" != price_table()


def test_the_price_table_knows_a_deployment_by_its_real_name() -> None:
    told = dataclasses.replace(answer("my-deployment"), priced_as="gpt-4o-mini")
    asked: dict[str, Any] = {"model_asked": "my-deployment", "asked_at": ASKED_AT}

    assert cost_in_dollars(told, address="https://x.openai.azure.com/openai/v1", **asked) is not None


def test_promise_10_texts_of_a_study_stay_with_local_models_when_it_says_so(session: Session, lead: Viewer) -> None:
    study = session.get_one(Study, lead.study.id)
    outside = "https://api.openai.com/v1"
    assert may_leave(study, outside)
    rules = ModelRules(redacts=False, own_words="", token_cap=None, local_models_only=True)
    set_model_rules(session, lead, rules, seen=rules_of(study).fingerprint)

    assert not may_leave(study, outside) and may_leave(study, NOBODY)
    assert not may_leave(study, "http://169.254.169.254/v1")
    with pytest.raises(problems.OnlyLocalModels):
        check_may_leave(study, outside)


def test_the_kept_key_is_sent_to_nobody_else(session: Session, lead: Viewer) -> None:
    """A lead who changes the address would otherwise get a key that another one entered."""
    endpoint = make_endpoint(session, lead, key=KEY)
    sealed = endpoint.key
    for address in ("http://127.0.0.1:10/v1", "https://127.0.0.1:9/v1", "http://evil.example.org/v1"):
        plan = dataclasses.replace(PLAN, base_url=address)
        with pytest.raises(problems.KeyAgain):
            change_endpoint(session, lead, settings_with(), endpoint.id, plan, seen=fingerprint_of(endpoint))
    assert changed(session, lead, endpoint, model="larger").key == sealed, "blank keeps it"
    moved = dataclasses.replace(PLAN, base_url="http://127.0.0.1:10/v1", key="another-key")
    change_endpoint(session, lead, settings_with(), endpoint.id, moved, seen=fingerprint_of(endpoint))
    assert changed(session, lead, endpoint, forgets_key=True).key == ""


def test_what_a_test_found_is_forgotten_where_it_may_not_hold_any_more(session: Session, lead: Viewer) -> None:
    endpoint = make_endpoint(session, lead)
    keep_test(session, lead, endpoint.id, ConnectionTest(True, "Yes."), seen=fingerprint_of(endpoint))
    changed(session, lead, endpoint, most_at_once=9)
    assert endpoint.probe["works"] and endpoint.probed_at
    before = fingerprint_of(endpoint)
    changed(session, lead, endpoint, model="another")
    assert (endpoint.probe, endpoint.probed_at) == ({}, None)
    keep_test(session, lead, endpoint.id, ConnectionTest(True, "Yes."), seen=before)
    assert endpoint.probe == {}, "a test of what it was before"


def test_two_leads_do_not_overwrite_each_other_and_only_leads_change_models(session: Session, lead: Viewer) -> None:
    endpoint = make_endpoint(session, lead)
    seen = fingerprint_of(endpoint)
    changed(session, lead, endpoint, most_at_once=7)
    with pytest.raises(problems.TakenMeanwhile):
        change_endpoint(session, lead, settings_with(), endpoint.id, PLAN, seen=seen)
    with pytest.raises(LeadOnly):
        add_endpoint(session, make_member(session, lead), settings_with(), PLAN)


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        ({"name": ""}, problems.NameNotUsable),
        ({"name": "Ours"}, problems.NameTaken),
        ({"base_url": "ftp://host/v1"}, problems.AddressNotUsable),
        ({"base_url": "https://a:b@host/v1"}, problems.AddressHoldsPassword),
        ({"base_url": "http://169.254.169.254/v1"}, problems.AddressNotAllowed),
        ({"model": ""}, problems.ModelNotUsable),
        ({"key": "two words"}, problems.KeyNotUsable),
        ({"key": "clé"}, problems.KeyNotUsable),
        ({"most_at_once": 0}, problems.NumberNotUsable),
        ({"timeout_seconds": 4000}, problems.NumberNotUsable),
        ({"input_price": Decimal(1)}, problems.PricesNotUsable),
        ({"cached_price": Decimal(1)}, problems.PricesNotUsable),
    ],
)
def test_what_cannot_be_used_is_refused(
    session: Session, lead: Viewer, plan: dict[str, Any], why: type[Exception]
) -> None:
    make_endpoint(session, lead)
    with pytest.raises(why):
        add_endpoint(session, lead, settings_with(), dataclasses.replace(PLAN, **{"name": "New", **plan}))


def at(lead: Viewer, rest: str = "") -> str:
    return f"/studies/{lead.study.slug}/settings/models{rest}"


def typed(server: OpenAIServer | None = None, **more: str) -> dict[str, str]:
    form = {"name": "Ours", "model": "small", "most_at_once": "3", "timeout_seconds": "20"}
    form |= {"base_url": server.base_url if server else NOBODY, "key": server.api_key if server else ""}
    return form | more


def seen_in(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"')[0]


@pytest.fixture
def client(lead: Viewer, client_for: Any) -> Any:
    made = client_for(lead)
    made.app.state.settings = settings_with(llm_model="theirs", llm_base_url=NOBODY)
    return made


def test_a_model_is_added_tested_changed_and_retired_on_the_page(session: Session, lead: Viewer, client: Any) -> None:
    with OpenAI() as server:
        answer = client.post(at(lead), data=typed(server))
        [endpoint] = endpoints_of(session, lead.study.id)
        page = client.get(at(lead)).text
        assert client.post(at(lead, f"/{endpoint.id}/tests")).status_code == 303

    assert answer.status_code == 303 and endpoint.probe["works"]
    assert "answers and keeps to the form asked for" in page and "kept, sealed" in page and "theirs" in page
    form = client.get(at(lead, f"/{endpoint.id}")).text
    broken = typed(seen=seen_in(form), base_url=endpoint.base_url, model="other")
    assert client.post(at(lead, f"/{endpoint.id}"), data=broken).status_code == 303
    session.refresh(endpoint)
    assert not endpoint.probe["works"], "tested again, as the model is another; the server is gone"
    assert client.post(at(lead, f"/{endpoint.id}"), data=broken).status_code == 409
    assert client.post(at(lead, f"/{endpoint.id}/retirement")).status_code == 303
    assert "Retired" in client.get(at(lead)).text
    assert client.post(at(lead, f"/{endpoint.id}/tests")).status_code == 409


def test_values_are_tested_before_they_are_saved_and_nothing_is_kept(
    session: Session, lead: Viewer, client: Any
) -> None:
    with Ollama(context=4096) as server:
        page = client.post(at(lead, "/trials"), data=typed(server, key=""))
        wrong = client.post(at(lead, "/trials"), data=typed(server, key="", base_url=server.base_url[:-3]))

    assert "its context is too small" in page.text and 'value="small"' in page.text
    assert "Most addresses end in /v1" in wrong.text
    assert not endpoints_of(session, lead.study.id)
    assert "Nothing answers" in client.post(at(lead, "/trials"), data=typed()).text
    assert "Nothing answers" in client.post(at(lead, "/own/tests")).text


def test_a_change_is_tried_with_the_kept_key_only_where_it_belongs(session: Session, lead: Viewer, client: Any) -> None:
    with OpenAI() as server, OpenAIServer(otherwise=Says("x")) as elsewhere:
        endpoint = make_endpoint(session, lead, base_url=server.base_url, key=server.api_key)
        kept = client.post(at(lead, f"/{endpoint.id}/trials"), data=typed(server, key=""))
        moved = client.post(at(lead, f"/{endpoint.id}/trials"), data=typed(elsewhere, key=""))

    assert "keeps to the form" in kept.text
    assert moved.status_code == 422 and "Enter the key that belongs to it" in moved.text
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("base_url", "ftp://x", "no address of a model"),
        ("most_at_once", "many", "At once: 1 to 1,000"),
        ("input_price", "1,5", "Prices are dollars"),
        ("key", "two words", "An API key is one word"),
        ("name", "", "Name it with"),
    ],
)
def test_a_form_with_a_mistake_is_shown_again_with_its_sentence(
    lead: Viewer, client: Any, field: str, value: str, sentence: str
) -> None:
    for address in (at(lead), at(lead, "/trials")):
        answer = client.post(address, data=typed() | {"real_model": "gpt-4.1", field: value})
        assert answer.status_code == 422 and sentence in answer.text and "gpt-4.1" in answer.text


def test_without_a_secret_a_key_is_refused_with_what_to_set(lead: Viewer, client: Any) -> None:
    client.app.state.settings = settings_with(None)
    assert "TANDEM_SECRET_KEY" in client.get(at(lead)).text
    answer = client.post(at(lead), data=typed(key=KEY))
    assert answer.status_code == 422 and "Whoever runs it sets TANDEM_SECRET_KEY" in answer.text


def test_a_preset_fills_the_address_and_a_placeholder_in_it_is_not_asked(lead: Viewer, client: Any) -> None:
    page = client.get(at(lead, "/new?like=bedrock")).text
    assert "https://bedrock-runtime.&lt;region&gt;.amazonaws.com/openai/v1" in page
    filled = typed(base_url="https://bedrock-runtime.<region>.amazonaws.com/openai/v1")
    assert client.post(at(lead, "/trials"), data=filled).status_code == 422


def test_a_key_is_never_shown_again_on_no_page_in_no_row_and_no_log(
    session: Session, lead: Viewer, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Entered, tried, refused by a server that repeats it, changed: it stands nowhere but sealed."""
    caplog.set_level(logging.DEBUG)
    with OpenAIServer(otherwise=Says(f"Your key is {KEY}"), api_key=KEY) as echoing, OpenAI() as refusing:
        told = [client.post(at(lead), data=typed(echoing)).text]
        told.append(client.post(at(lead, "/trials"), data=typed(refusing, key=KEY)).text)
        told.append(client.post(at(lead), data=typed(refusing, name="", key=KEY)).text)
        [endpoint] = endpoints_of(session, lead.study.id)
        told.append(client.post(at(lead, f"/{endpoint.id}/trials"), data=typed(echoing, key="")).text)
        told.append(client.post(at(lead, f"/{endpoint.id}/tests")).text)
        told.append(client.post(at(lead, f"/{endpoint.id}"), data=typed(echoing, seen="old")).text)
    told += [client.get(path.format(**names(lead, endpoint))).text for path in pages_of_a_study()]
    told.append(client.post(f"/studies/{lead.study.slug}/export/study").text)

    assert endpoint.key and KEY not in endpoint.key
    assert not [page[:200] for page in told if KEY in page or endpoint.key in page]
    rows = everything_stored(session)
    assert KEY not in rows and rows.count(endpoint.key) == 1, "the sealed key stands in its column alone"
    assert KEY not in caplog.text and endpoint.key not in caplog.text
    assert KEY not in WrongKey(f"Incorrect: {KEY[:0]}").sentence


def pages_of_a_study() -> list[str]:
    ids = {"slug", "endpoint_id"}
    found = [path for method, path in every_route() if method == "GET" and "{slug}" in path]
    return [path for path in found if {part[1:-1] for part in path.split("/") if part.startswith("{")} <= ids]


def names(lead: Viewer, endpoint: ModelEndpoint) -> dict[str, object]:
    return {"slug": lead.study.slug, "endpoint_id": endpoint.id}


def everything_stored(session: Session) -> str:
    """Every row of every table as text."""
    tables = session.scalars(text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"))
    rows = [str(row) for table in tables.all() for row in session.scalars(text(f'SELECT t::text FROM "{table}" t'))]
    return "\n".join(rows)
