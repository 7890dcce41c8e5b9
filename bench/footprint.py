"""What Tandem costs a machine: `python -m bench.footprint`.

Starts the demo twice in a folder of its own, and measures the starts, the memory of every process when idle
(proportional set size), and the installed environment without `__pycache__` and what only tests and checks need.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]

CHECKOUT = Path(__file__).resolve().parents[1]
IDLE_SECONDS = 5
MIB = 1 << 20
LIMITS = {"second start, s": 3.0, "idle memory, MiB": 220.0, "installed, MiB": 600.0}


class Row(NamedTuple):
    what: str
    figure: float
    parts: dict[str, float]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="tandem-footprint-") as folder:
        first, _ = demo_run(Path(folder))
        second, memory = demo_run(Path(folder))
    rows = [
        Row("first start, s", first, {}),
        Row("second start, s", second, {}),
        Row("idle memory, MiB", sum(memory.values()), memory),
        Row("installed, MiB", installed_mib(), {}),
    ]
    for row in rows:
        limit = LIMITS.get(row.what)
        print(f"{row.what:<18}{row.figure:>9.1f}" + (f"   limit {limit:.0f}" if limit else ""))
        for name, part in row.parts.items():
            print(f"  {name:<16}{part:>9.1f}")
    return int(any(row.figure > LIMITS.get(row.what, float("inf")) for row in rows))


def demo_run(folder: Path) -> tuple[float, dict[str, float]]:
    """Seconds until the first page is answered, and MiB of each kind of process when idle."""
    began = time.monotonic()
    demo = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", "--port", "0", "--no-browser", "--data-dir", str(folder)],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("TANDEM_")},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert demo.stdout is not None
        if not any(line.startswith("Tandem is at") for line in demo.stdout):
            raise SystemExit("The demo did not start.")
        seconds = time.monotonic() - began
        time.sleep(IDLE_SECONDS)
        return seconds, memory_of(psutil.Process(demo.pid))
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait()


def memory_of(server: psutil.Process) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for process in [server, *server.children(recursive=True)]:
        kind = "postgres" if process.name() == "postgres" else "worker" if "worker" in process.cmdline() else "server"
        sizes[kind] = sizes.get(kind, 0) + process.memory_full_info().pss / MIB
    return sizes


def installed_mib() -> float:
    """What the runtime lock names, as it lies on the disk."""
    named = re.findall(r"^([A-Za-z0-9_.-]+)==", (CHECKOUT / "requirements.lock").read_text(), re.MULTILINE)
    wanted = {_plain(name) for name in named}
    here = [each for each in distributions() if _plain(each.metadata["Name"]) in wanted]
    return sum(_bytes_of(each) for each in here) / MIB


def _bytes_of(installed: Distribution) -> int:
    files = {Path(str(file.locate())) for file in installed.files or [] if "__pycache__" not in file.parts}
    return sum(file.stat().st_size for file in files if file.is_file())


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
