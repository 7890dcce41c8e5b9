"""Keys of endpoints at rest: sealed with what stands in the environment alone."""

import pytest
from pydantic import ValidationError

from app.ledger.endpoint_problems import KeyNotReadable, NoSecretKey
from app.ledger.sealing import resealed, seal, unseal
from app.settings import Settings
from tests.support.endpoints import SECRET, settings_with

OTHER = "another secret that is just as long"
KEY = "sk-very-secret-0123456789"


def test_what_was_sealed_is_opened_and_looks_like_nothing() -> None:
    sealed = seal(settings_with(), KEY)

    assert KEY not in sealed and sealed != seal(settings_with(), KEY)
    assert unseal(settings_with(), sealed) == KEY
    assert seal(settings_with(), "") == unseal(settings_with(None), "") == "", "no key needs no secret"


def test_without_a_secret_no_key_is_kept_and_the_sentence_says_what_to_set() -> None:
    with pytest.raises(NoSecretKey, match="TANDEM_SECRET_KEY"):
        seal(settings_with(None), KEY)


@pytest.mark.parametrize("secret", [None, OTHER])
def test_a_key_that_another_secret_sealed_cannot_be_read_and_the_sentence_says_why(secret: str | None) -> None:
    with pytest.raises(KeyNotReadable, match="TANDEM_SECRET_KEY") as unreadable:
        unseal(settings_with(secret), seal(settings_with(), KEY))

    assert KEY not in str(unreadable.value)


def test_of_several_secrets_the_first_seals_and_all_open() -> None:
    rotating = settings_with(f"{OTHER} , {SECRET}")
    old = seal(settings_with(), KEY)

    assert unseal(rotating, old) == KEY
    assert unseal(settings_with(OTHER), seal(rotating, KEY)) == KEY
    assert unseal(settings_with(OTHER), resealed(rotating, old)) == KEY
    with pytest.raises(KeyNotReadable):
        unseal(settings_with(OTHER), old)


@pytest.mark.parametrize("secret", ["short", f"{OTHER},short", f"{OTHER},,{OTHER}"])
def test_a_short_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        settings_with(secret)

    assert "at least 20 characters" in str(refused.value) and OTHER not in str(refused.value)


def test_the_secret_may_come_from_a_file(tmp_path, monkeypatch) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    monkeypatch.setenv("TANDEM_SECRET_KEY_FILE", str(file))

    assert unseal(Settings(), seal(settings_with(), KEY)) == KEY
