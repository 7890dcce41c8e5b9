"""`tandem serve` in a process of its own: what it said, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
TANDEM = (sys.executable, "-m", "app.cli")


@dataclass
class Served:
    """address and link: as printed. link: of the first owner, '' where there is one."""

    process: "subprocess.Popen[str]"
    log: Path
    address: str = ""
    link: str = ""
    printed: list[str] = field(default_factory=list)

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def bare_environment(**settings: str) -> dict[str, str]:
    """Without any setting of the machine that the tests run on."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")} | settings


@contextmanager
def served(
    folder: Path,
    *more: str,
    command: Sequence[str] = TANDEM,
    cwd: Path = CHECKOUT,
    settings: Mapping[str, str],
    nobody_yet: bool = False,
) -> Iterator[Served]:
    """nobody_yet: the database is new, so that a link for the first owner is printed."""
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*command, "serve", "--port", "0", *more],
            cwd=cwd,
            env=bare_environment(**settings),
            stdout=subprocess.PIPE,
            stderr=out,
            text=True,
        )
    running = Served(process, log)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            running.printed.append(line.strip())
            if line.startswith("Tandem is at "):
                running.address = line.strip().removeprefix("Tandem is at ")
                break
        assert running.address, running.told()
        if nobody_yet:
            running.link = process.stdout.readline().rpartition(" ")[2].strip()
        yield running
    finally:
        running.stop()
