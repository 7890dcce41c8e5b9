"""Writes docs/settings.md from the settings in the code: `python -m bench.settings_table`."""

from pathlib import Path
from types import UnionType
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings import PREFIX, Settings

FILE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
HEAD = """\
# Settings

Made from `app/settings.py` by `make docs`; change it there.

Every setting comes from the environment. In place of the value itself, `TANDEM_NAME_FILE` may name a file that holds
it, such as `TANDEM_LLM_API_KEY_FILE=/run/secrets/llm_api_key`, so that a secret stands in no environment. Where both
are there, the environment is taken. A blank value is none. A value that cannot be used is said in a sentence, and ends
the command with exit 2.

| setting | value | unless set | meaning |
|---|---|---|---|
"""
WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "folder", SecretStr: "secret"}


def settings_page() -> str:
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{PREFIX}{name.upper()}` | {_value(field.annotation)} | {_default(field)} | {field.description} |\n"


def _value(kind: object) -> str:
    if get_origin(kind) is UnionType or type(None) in get_args(kind):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is Literal:
        return ", ".join(f"`{each}`" for each in get_args(kind))
    return WORDS[kind]  # type: ignore[index]


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "the user's own"  # differs from machine to machine
    return "" if field.default in (None, PydanticUndefined) else f"`{field.default}`"


if __name__ == "__main__":
    FILE.write_text(settings_page(), encoding="utf-8")
