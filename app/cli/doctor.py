"""`tandem doctor`: is everything well, and what to do where it is not."""

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.opening import read_settings

if TYPE_CHECKING:
    from app.cli.checks import Check


class Part(StrEnum):
    DATABASE = "database"
    MIGRATIONS = "migrations"
    DISK = "disk"
    CLOCK = "clock"
    WORKER = "worker"
    MODEL = "model"
    KEYS = "keys"
    MAIL = "mail"
    PROVIDER = "provider"
    ADDRESS = "address"


def doctor(
    only: Annotated[list[Part] | None, typer.Option("--only", help="Look at this alone; as often as needed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Look at the database, its migrations, the disk, the clock, the worker, the model, the keys of models that leads
    entered, the mail server, the provider to sign in at, and the public address.

    Nothing is started or changed, no letter is sent. The model is asked a few small questions.

    Exit 0: all is well. Exit 1: something is not, and what to do about it is said. Exit 2: wrong usage.
    """
    settings = read_settings()

    from app.cli.checks import checked

    typer.echo("Looking.", err=True)
    found = checked(settings, list(only or Part))
    typer.echo(_document(found) if as_json else _lines(found))
    if not all(check.ok for check in found):
        raise typer.Exit(1)


def _document(found: "list[Check]") -> str:
    checks = [
        {"name": check.name, "ok": check.ok, "sentence": check.sentence, "remedy": check.remedy} for check in found
    ]
    return json.dumps({"checks": checks, "ok": all(check.ok for check in found)}, indent=2, ensure_ascii=False)


def _lines(found: "list[Check]") -> str:
    lines = []
    for check in found:
        lines.append(f"{'well' if check.ok else 'NOT WELL':<9} {check.name:<11} {check.sentence}")
        if check.remedy:
            lines.append(f"{'':<21} {check.remedy}")
    return "\n".join(lines)
