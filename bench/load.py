"""A team at work: `python -m bench.load --coders 50 --minutes 10 --servers 2`.

Simulated coders, each saving about every three seconds and opening the next desk between, at a Tandem of several
server processes with its embedded Postgres. Prints how long saves and pages took as the coders saw it, the errors, and
the memory of the servers (proportional set size) at the start, in the middle and at the end; with --json one JSON
document too. Exit 1 when a save failed, an act is missing, the 95th percentile of saves is over 100 ms, or memory grew.
"""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from tests.support.coders import CodersAtWork, SavedAct
from tests.support.installation import Installation
from tests.support.seats import take_seats
from tests.support.whole_acts import half_acts, missing_acts

MIB = 1 << 20
INCIDENTS = 120
TARGET_SECONDS = 0.100
GROWTH = 1.05  # from the middle to the end: at the start much is not loaded yet
WARM_SHARE = 0.1  # of the time, before measuring begins


@dataclass(frozen=True)
class Spread:
    how_many: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True)
class Load:
    """memory_mib: of all server processes together. errors: answers that no coder should get, and lost connections."""

    coders: int
    servers: int
    minutes: float
    saves: Spread
    saves_by_kind: dict[str, Spread]
    pages: Spread
    errors: list[str]
    missing: int
    half: int
    memory_mib: dict[str, float]
    machine_busy_percent: float

    @property
    def is_good(self) -> bool:
        grew = self.memory_mib["end"] > self.memory_mib["middle"] * GROWTH
        return not (self.errors or self.missing or self.half or grew) and self.saves.p95_ms <= TARGET_SECONDS * 1000


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="tandem-load-") as folder:
        how = {"think_seconds": asked.think, "coin_share": asked.coins}
        found = load(Path(folder), asked.coders, asked.minutes, asked.servers, **how)
    print(f"{found.coders} coders, {found.servers} servers, {found.minutes:g} minutes")
    print(f"{'':<16}{'number':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'longest':>9}")
    kinds = {f"  {kind}": spread for kind, spread in found.saves_by_kind.items()}
    for name, spread in {"saves": found.saves, **kinds, "pages": found.pages}.items():
        figures = (spread.p50_ms, spread.p95_ms, spread.p99_ms, spread.longest_ms)
        print(f"{name:<16}{spread.how_many:>9}" + "".join(f"{figure:>9.1f}" for figure in figures))
    print("memory, MiB: " + ", ".join(f"{when} {size:.0f}" for when, size in found.memory_mib.items()))
    print(f"errors {len(found.errors)}, acts missing {found.missing}, half {found.half}")
    print(f"the machine was {found.machine_busy_percent:.0f} % busy")
    for wrong in found.errors[:10]:
        print(f"    {wrong}")
    if asked.json is not None:
        asked.json.write_text(json.dumps({**asdict(found), "is_good": found.is_good}, indent=2) + "\n")
    return 0 if found.is_good else 1


def load(folder: Path, coders: int, minutes: float, servers: int, **how: float) -> Load:
    """how: think_seconds and coin_share of the coders."""
    tandem = Installation(folder, {}, "--workers", str(servers))
    try:
        url = tandem.postgres.url()
        seats = take_seats(url, "load", coders=coders, incidents=INCIDENTS, arm="blind")
        at_work = CodersAtWork(seats.coders([tandem.address], **how))
        for coder in at_work.coders:
            coder.sign_in()
        at_work.start()
        seconds = minutes * 60
        time.sleep(seconds * WARM_SHARE)
        psutil.cpu_percent()
        begin, memory = time.time(), {"start": _memory_of(tandem)}
        pages_before = [len(coder.page_seconds) for coder in at_work.coders]
        time.sleep(seconds * (1 - WARM_SHARE) / 2)
        memory["middle"] = _memory_of(tandem)
        time.sleep(seconds * (1 - WARM_SHARE) / 2)
        memory["end"], busy = _memory_of(tandem), psutil.cpu_percent()
        at_work.stop()
        saved = at_work.saved()
        measured = [act for act in saved if act.first_sent_at >= begin]
        pages = [
            page
            for coder, first in zip(at_work.coders, pages_before, strict=True)
            for page in coder.page_seconds[first:]
        ]
        return Load(
            coders=coders,
            servers=servers,
            minutes=minutes,
            saves=_spread([_seconds(act) for act in measured]),
            saves_by_kind={
                kind: _spread([_seconds(act) for act in measured if act.kind == kind])
                for kind in sorted({act.kind for act in measured})
            },
            pages=_spread(pages),
            errors=[*at_work.problems, *at_work.failures()],
            missing=len(missing_acts(url, seats.study_id, [act.act_id for act in saved])),
            half=len(half_acts(url, seats.study_id, seats.takes_one)),
            memory_mib=memory,
            machine_busy_percent=busy,
        )
    finally:
        tandem.stop()


def _memory_of(tandem: Installation) -> float:
    """The server processes, without the worker and Postgres."""
    processes = [psutil.Process(tandem.process.pid)]
    processes += [
        each
        for each in processes[0].children(recursive=True)
        if each.name() != "postgres" and "worker" not in each.cmdline()
    ]
    return float(sum(each.memory_full_info().pss for each in processes)) / MIB


def _seconds(act: SavedAct) -> float:
    return act.acknowledged_at - act.first_sent_at


def _spread(seconds: Sequence[float]) -> Spread:
    ordered = sorted(1000 * each for each in seconds) or [0.0]

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Spread(len(seconds), at(0.50), at(0.95), at(0.99), ordered[-1])


def _asked() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="python -m bench.load", description=(__doc__ or "").partition("\n\n")[2])
    words.add_argument("--coders", type=int, default=50)
    words.add_argument("--minutes", type=float, default=10.0)
    words.add_argument("--servers", type=int, default=2)
    words.add_argument("--think", type=float, default=3.0, help="mean seconds between two saves of a coder")
    words.add_argument("--coins", type=float, default=0.02, help="share of answers that are given by a new code")
    words.add_argument("--json", type=Path, help="write the figures there, too")
    return words.parse_args()


if __name__ == "__main__":
    sys.exit(main())
