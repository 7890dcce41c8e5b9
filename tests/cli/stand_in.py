"""Everything together with a tiny app in place of Tandem's: `stand_in.py DATA_DIR PORT [PROCESSES]`."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.opening import saying_problems
from app.cli.parenthood import end_with_parent_process
from app.cli.run_together import run_together
from app.settings import Settings

Message = MutableMapping[str, Any]


async def answer(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"here"})


def make_app() -> object:
    end_with_parent_process()
    return answer


def prepare(url: str, address: str) -> str:
    print("preparing", flush=True)
    time.sleep(0.2)
    return "link"


def announce(address: str, link: str | None) -> None:
    print(f"answers at {address}, {link}", flush=True)


def stand_in(data_dir: Path, port: int, processes: Annotated[int, typer.Argument()] = 1) -> None:
    settings = Settings(data_dir=data_dir, port=port, log_level="warning")
    with saying_problems():
        run_together(settings, prepare=prepare, announce=announce, processes=processes, factory="stand_in:make_app")


if __name__ == "__main__":
    typer.run(stand_in)
