"""Which addresses are asked at all, and which count as local."""

import pytest

from app.llm.addresses import (
    CredentialsInside,
    NeverAsked,
    NotAnAddress,
    checked_address,
    is_local,
    leads_where_none_is_asked,
    origin,
)
from app.llm.openai_model import OpenAIModel
from app.llm.problems import AddressNotAsked
from tests.llm.test_contract import QUESTION


@pytest.mark.parametrize(
    ("typed", "stored", "local"),
    [
        ("https://api.openai.com/v1/", "https://api.openai.com/v1", False),
        ("HTTP://LocalHost:11434/v1", "http://localhost:11434/v1", True),
        ("http://ollama:11434/v1", "http://ollama:11434/v1", True),
        ("http://gpu-3.lab.internal/v1", "http://gpu-3.lab.internal/v1", True),
        ("http://mac.local:8080/v1", "http://mac.local:8080/v1", True),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", True),
        ("http://10.20.30.40/v1", "http://10.20.30.40/v1", True),
        ("http://172.31.0.1/v1", "http://172.31.0.1/v1", True),
        ("http://192.168.1.9/v1", "http://192.168.1.9/v1", True),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", True),
        ("http://[fd12::7]/v1", "http://[fd12::7]/v1", True),
        ("http://172.32.0.1/v1", "http://172.32.0.1/v1", False),
        ("http://8.8.8.8/v1", "http://8.8.8.8/v1", False),
        ("http://[2001:db8::1]/v1", "http://[2001:db8::1]/v1", False),
        ("http://internal.example.org/v1", "http://internal.example.org/v1", False),
        ("http://local/v1", "http://local/v1", True),
        ("http://localhost.example.org/v1", "http://localhost.example.org/v1", False),
        ("http://127.0.0.1.example.org/v1", "http://127.0.0.1.example.org/v1", False),
    ],
)
def test_an_address_is_stored_plainly_and_local_by_what_it_says(typed: str, stored: str, local: bool) -> None:
    assert checked_address(typed) == stored
    assert is_local(stored) is local


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", NotAnAddress),
        ("api.openai.com/v1", NotAnAddress),
        ("file:///etc/passwd", NotAnAddress),
        ("gopher://10.0.0.1/", NotAnAddress),
        ("https://", NotAnAddress),
        ("http://a b/v1", NotAnAddress),
        ("http://host:0/v1", NotAnAddress),
        ("http://host:99999/v1", NotAnAddress),
        ("http://host/v1?api-version=1", NotAnAddress),
        ("https://<resource>.openai.azure.com/openai/v1", NotAnAddress),
        ("http://2852039166/v1", NotAnAddress),  # 169.254.169.254 as one number
        ("http://0xa9fea9fe/v1", NotAnAddress),
        ("http://127.1/v1", NotAnAddress),
        ("http://two..dots/v1", NotAnAddress),
        (f"http://{'a' * 64}.com/v1", NotAnAddress),
        (f"http://{'a.' * 127}com/v1", NotAnAddress),
        ("https://ada:secret@host/v1", CredentialsInside),
        ("http://169.254.169.254/v1", NeverAsked),
        ("http://[fe80::1]/v1", NeverAsked),
        ("http://[::ffff:169.254.169.254]/v1", NeverAsked),
        ("http://[64:ff9b::a9fe:a9fe]/v1", NeverAsked),
        ("http://[64:ff9b:1::a9fe:a9fe]/v1", NeverAsked),
        ("http://[::169.254.169.254]/v1", NeverAsked),
        ("http://[::ffff:0:169.254.169.254]/v1", NeverAsked),
        ("http://[fd00:ec2::254]/latest", NeverAsked),
        ("http://100.100.100.200/v1", NeverAsked),
        ("http://168.63.129.16/v1", NeverAsked),
        ("http://metadata.google.internal/v1", NeverAsked),
        ("http://0.0.0.0:8000/v1", NeverAsked),
        ("http://224.0.0.1/v1", NeverAsked),
    ],
)
def test_what_is_no_model_is_refused(typed: str, why: type[NotAnAddress]) -> None:
    with pytest.raises(NotAnAddress) as refused:
        checked_address(typed)

    assert type(refused.value) is why


def test_link_local_and_metadata_are_never_local() -> None:
    assert not any(
        map(is_local, ("http://169.254.1.1/v1", "http://[fe80::1]/v1", "http://[fd00:ec2::254]/v1", "http:"))
    )


def test_where_a_name_leads_to_is_looked_at_and_an_unknown_name_leads_nowhere() -> None:
    assert leads_where_none_is_asked("http://169.254.169.254/v1")
    assert not leads_where_none_is_asked("http://localhost:9/v1")
    assert not leads_where_none_is_asked("http://no-such-host.invalid/v1")
    assert not leads_where_none_is_asked("http://no..name/v1")
    with pytest.raises(AddressNotAsked):
        OpenAIModel(base_url="http://169.254.169.254/v1", api_key="", model="m", is_guarded=True).answer(QUESTION)


def test_a_key_belongs_to_scheme_host_and_port() -> None:
    assert origin("https://Host:443/v1") == origin("https://host:443/v2")
    assert (
        len({origin(at) for at in ("http://host/v1", "https://host/v1", "http://host:81/v1", "http://host.b/v1")}) == 4
    )
