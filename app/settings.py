"""Settings, read from the environment with the prefix TANDEM_; TANDEM_NAME_FILE names a file that holds one."""

import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from app.places import default_data_dir
from app.problems import Invalid

DRIVER = "postgresql+psycopg://"
PREFIX = "TANDEM_"
SHORTEST_SECRET_KEY = 20
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingNotReadable(Invalid):
    """A file that a setting names cannot be read."""


class _Files(PydanticBaseSettingsSource):
    """Secrets need not stand in the environment: TANDEM_LLM_API_KEY_FILE=/run/secrets/llm_api_key."""

    def __call__(self) -> dict[str, Any]:
        read = {name: self._content(name) for name in self.settings_cls.model_fields}
        return {name: content for name, content in read.items() if content}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._content(field_name), field_name, False

    def _content(self, name: str) -> str | None:
        variable = f"{PREFIX}{name.upper()}_FILE"
        file = os.environ.get(variable)
        if not file:
            return None
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "it is not a text"
            raise SettingNotReadable(f"{variable}: {file} cannot be read: {why}.") from problem


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What stands in the environment itself comes before what a file holds."""
        return init_settings, env_settings, _Files(settings_cls)

    database_url: str | None = Field(None, description="A Postgres 15 or later; without it an embedded one runs.")
    database_password: SecretStr | None = Field(None, description="Its password, where the address holds none.")
    data_dir: Path = Field(default_factory=default_data_dir, description="Where the embedded Postgres keeps its data.")

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 is every one.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; taken: the next free one.")
    public_url: str | None = Field(None, description="The address people type, when a proxy stands in front.")
    allowed_hosts: str = Field("", description="Further names it may be asked by, parted by commas.")
    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Whose word on the visitor's address is taken: numbers or networks, by commas."
    )
    secure_cookies: bool | None = Field(None, description="Unset: when the public address is https.")
    session_days: int = Field(30, ge=1, description="How long a sign-in lasts.")
    upload_limit_mib: int = Field(64, ge=1, description="The largest file that can be imported.")

    smtp_from: str | None = Field(None, description="From whom letters come: Tandem <tandem@example.org>.")
    smtp_url: SecretStr | None = Field(
        None,
        description="Sends links to a new password: smtp+starttls://person:password@mail.example.org:587, or smtps://.",
    )

    oidc_issuer: str | None = Field(None, description="People may sign in at this OpenID Connect provider, too.")
    oidc_client_id: str | None = Field(None, description="What this Tandem is called there.")
    oidc_client_secret: SecretStr | None = Field(None, description="What it shows there; unset: a public client.")
    oidc_name: str = Field("your organisation", description="What the button says after “Sign in with”.")
    oidc_trust_every_email: bool = Field(
        False, description="For a provider that checks addresses and does not say so (email_verified)."
    )

    secret_key: SecretStr | None = Field(
        None,
        description="Seals the API keys that leads enter: 20 characters or more, made by chance. Several by commas: "
        "the first seals, the others still open.",
    )

    llm_base_url: str | None = Field(None, description="An OpenAI-compatible endpoint; unset: that of OpenAI.")
    llm_api_key: SecretStr | None = Field(None, description="The key of that endpoint, where it wants one.")
    llm_model: str | None = Field(None, description="Its model; unset: final codes of similar incidents are offered.")
    llm_timeout_seconds: float = Field(90, gt=0, description="Patience with one answer.")

    llm_most_at_once: int = Field(8, ge=1, description="Calls of that model at a time, of all workers together.")
    llm_first_wait_seconds: float = Field(
        2, gt=0, description="Before a failed call is tried again; then twice as long each time."
    )
    llm_batch_look_seconds: float = Field(
        30, gt=0, description="Until a batch is looked at; then twice as long each time, up to a quarter of an hour."
    )
    llm_batch_step_seconds: float = Field(
        600, gt=0, description="For how long a worker has a batch to itself; after a killed one, another takes it up."
    )

    worker_concurrency: int = Field(4, ge=1, description="Jobs that one worker runs at the same time.")
    stalled_job_seconds: float = Field(60, gt=0, description="Silence of a worker after which its jobs are taken up.")
    stalled_job_check_seconds: float = Field(30, gt=0, description="How often a worker looks for such jobs.")

    log_level: Literal["critical", "error", "warning", "info", "debug"] = Field(
        "info", description="From which level on Tandem tells; libraries only ever warn."
    )
    log_format: Literal["text", "json"] = Field("text", description="Lines to read, or one JSON object a line.")

    metrics_port: int | None = Field(None, ge=1, le=65535, description="Serves /metrics there, to whoever asks.")
    metrics_host: str = Field("127.0.0.1", description="The address that this port listens on.")
    metrics_token: SecretStr | None = Field(None, description="Serves /metrics beside the pages, to who has the token.")

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str | None) -> str | None:
        for short in ("postgres://", "postgresql://"):
            if url is not None and url.startswith(short):
                return DRIVER + url.removeprefix(short)
        if url is not None and not url.startswith(DRIVER):
            raise ValueError("The database is a Postgres: postgresql://person:password@host:5432/name")
        return url

    @field_validator("data_dir")
    @classmethod
    def _whole_path(cls, folder: Path) -> Path:
        return folder.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str | None) -> str | None:
        if url is not None and urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("The public address begins with http:// or https://")
        return url.rstrip("/") if url else None

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, keys: SecretStr | None) -> SecretStr | None:
        for key in keys.get_secret_value().split(",") if keys else ():
            if len(key.strip()) < SHORTEST_SECRET_KEY:
                raise ValueError("Each secret key has at least 20 characters. Make one: openssl rand -hex 32")
        return keys

    @field_validator("smtp_url")
    @classmethod
    def _letters_can_leave(cls, url: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        if url is None:
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in ("smtp", "smtp+starttls", "smtps") or not parts.hostname:
            raise ValueError("The mail server is smtp+starttls://person:password@host:587, smtps://… or smtp://…")
        if parts.scheme == "smtp" and parts.password and parts.hostname not in LOOPBACK:
            raise ValueError("Over smtp:// the password would travel readable. Use smtp+starttls:// or smtps://")
        if not others.data.get("smtp_from") or not others.data.get("public_url"):
            raise ValueError("Letters also need TANDEM_SMTP_FROM, and TANDEM_PUBLIC_URL for their links")
        return url

    @field_validator("oidc_issuer")
    @classmethod
    def _provider_is_safe(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme != "https" and (parts.scheme, parts.hostname) not in [("http", name) for name in LOOPBACK]:
            raise ValueError("The issuer is an address that begins with https://, as the provider itself writes it")
        return url

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if self.oidc_issuer is not None and not (self.oidc_client_id and self.public_url):
            raise ValueError(
                "TANDEM_OIDC_ISSUER also needs TANDEM_OIDC_CLIENT_ID, and TANDEM_PUBLIC_URL to come back to"
            )
        return self

    @model_validator(mode="after")
    def _put_password_in(self) -> Self:
        """Only where the address has a person and no password, so that it stays as it is when it is read again."""
        if self.database_url is None or self.database_password is None:
            return self
        parts = urlsplit(self.database_url)
        person, at, server = parts.netloc.rpartition("@")
        if at and ":" not in person:
            netloc = f"{person}:{quote(self.database_password.get_secret_value(), safe='')}@{server}"
            self.database_url = urlunsplit(parts._replace(netloc=netloc))
        return self

    @property
    def host_names(self) -> list[str]:
        return [name.strip() for name in self.allowed_hosts.split(",") if name.strip()]

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The first seals, all of them open."""
        keys = self.secret_key.get_secret_value() if self.secret_key else ""
        return tuple(key.strip() for key in keys.split(",") if key.strip())

    @property
    def embedded(self) -> bool:
        return self.database_url is None
