"""Settings, read from the environment with the prefix TANDEM_."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.places import default_data_dir

DRIVER = "postgresql+psycopg://"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TANDEM_", env_ignore_empty=True)

    database_url: str | None = Field(None, description="A Postgres 15 or later; without it an embedded one runs.")
    data_dir: Path = Field(default_factory=default_data_dir, description="Where the embedded Postgres keeps its data.")

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str | None = Field(None, description="The address people type, when a proxy stands in front.")
    secure_cookies: bool | None = Field(None, description="Unset: when the public address is https.")
    session_days: int = Field(30, ge=1)
    upload_limit_mib: int = Field(64, ge=1)

    llm_base_url: str | None = None
    llm_api_key: SecretStr | None = None
    llm_model: str | None = None
    llm_timeout_seconds: float = Field(90, gt=0)

    worker_concurrency: int = Field(4, ge=1, description="Jobs that one worker runs at the same time.")
    stalled_job_seconds: float = Field(60, gt=0, description="Silence of a worker after which its jobs are taken up.")
    stalled_job_check_seconds: float = Field(30, gt=0, description="How often a worker looks for such jobs.")

    log_level: Literal["critical", "error", "warning", "info", "debug"] = "info"

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

    @property
    def embedded(self) -> bool:
        return self.database_url is None
