"""What a large codebook costs: `python -m bench.codebook --codes 2000 --submitted 200000`.

A Tandem of one server process with its embedded Postgres holds so many codes, over so many codes that were handed in.
The tree page is asked again and again: as a lead and a coder see it, with a code opened beside it, searched, and after
each time that a code was moved, when others read the codebook anew. Checks that the page holds every code and that its
counts add up, and tells the medians beside the target. Exit 1 when a page is wrong, not when a target is missed: a
machine that does other work misses it.
"""

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.codebook_stage import Shelf, set_stage
from tests.support.coders import SimulatedCoder
from tests.support.installation import Installation

TARGETS = {"tree page p50 ms": 300.0}
WARM = 3
IDLE_LOAD = 0.5
ROW = re.compile(rb'<li data-code="(\d+)"')
COUNTED = re.compile(rb'<span class="count">([^<]+)<span class="visually-hidden"> times')


@dataclass
class Found:
    shelf: Shelf
    kib: float = 0.0
    seconds: dict[str, list[float]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def figures(self) -> dict[str, float]:
        return {f"{name} p50 ms": 1000 * statistics.median(found) for name, found in self.seconds.items()}


class Reader:
    """One who is signed in."""

    def __init__(self, address: str, email: str) -> None:
        coder = SimulatedCoder([address], "shelf", email)
        coder.sign_in()
        self.cookie = coder.cookie
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[float, int, bytes]:
        headers = {"Cookie": self.cookie, "Accept": "text/html"}
        body = None
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Origin"] = f"http://{self.connection.host}:{self.connection.port}"
            body = urlencode(fields)
        self.connection.close()  # the server ends one that was idle for some seconds
        began = time.perf_counter()
        self.connection.request("GET" if fields is None else "POST", path, body, headers)
        answer = self.connection.getresponse()
        words = answer.read()
        return time.perf_counter() - began, answer.status, words


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    asked = _asked()
    busy = os.getloadavg()[0]
    found = measure(asked.codes, asked.submitted, asked.times)
    print(f"{found.shelf.codes:,} codes, {found.shelf.submitted_codes:,} submitted codes, page of {found.kib:,.0f} KiB")
    print(f"load average before: {busy:.1f}" + (", so these figures say little" if busy > IDLE_LOAD else ""))
    print(f"{'':<36}{'measured':>10}{'target':>9}")
    for name, figure in found.figures.items():
        target = TARGETS.get(name)
        judged = f"{target:>9.0f}  {'reached' if figure <= target else 'missed'}" if target is not None else ""
        print(f"{name:<36}{figure:>10.1f}{judged}")
    for problem in found.problems:
        print(f"    {problem}")
    if asked.json is not None:
        told: dict[str, Any] = {"load_average_before": busy, "codes": found.shelf.codes}
        told |= {"submitted_codes": found.shelf.submitted_codes, "figures": found.figures, "targets": TARGETS}
        asked.json.write_text(json.dumps(told, indent=2) + "\n")
    return int(bool(found.problems))


def measure(codes: int, submitted: int, times: int) -> Found:
    with tempfile.TemporaryDirectory(prefix="tandem-codebook-") as folder:
        tandem = Installation(Path(folder), {})
        try:
            found = Found(set_stage(tandem.postgres.url(), codes=codes, submitted_codes=submitted))
            _measure_tree(tandem.address, found, times)
        finally:
            tandem.stop()
    return found


def _measure_tree(address: str, found: Found, times: int) -> None:
    home = f"/studies/{found.shelf.seats.slug}/codebook"
    lead, coder = Reader(address, found.shelf.seats.lead), Reader(address, found.shelf.seats.emails[0])
    code = f"{home}/codes/{found.shelf.a_code}"
    _check_page(found, lead.ask(home))
    asked: dict[str, Callable[[], tuple[float, int, bytes]]] = {
        "tree page": lambda: lead.ask(home),
        "tree page of a coder": lambda: coder.ask(home),
        "tree with a code beside": lambda: lead.ask(code),
        "tree searched": lambda: lead.ask(f"{home}?find=factor%201"),
    }
    for name, ask in asked.items():
        found.seconds[name] = [ask()[0] for _ in range(WARM + times)][WARM:]
    found.seconds["tree page after a change"] = []
    for _ in range(times):
        fields = {"parent_id": "", "before_id": _other(lead, home, found), "reason": "Tried out."}
        _, status, _ = lead.ask(f"{code}/moves", fields)
        if status not in (303, 422):
            found.problems.append(f"a move is answered {status}")
        found.seconds["tree page after a change"].append(lead.ask(home)[0])


def _other(lead: Reader, home: str, found: Found) -> str:
    """Where the code stands next: before the first, or the second of the tree, in turns."""
    shown = [each.decode() for each in ROW.findall(lead.ask(home)[2]) if int(each) != found.shelf.a_code]
    return shown[len(found.seconds["tree page after a change"]) % 2]


def _check_page(found: Found, answer: tuple[float, int, bytes]) -> None:
    _, status, words = answer
    found.kib = len(words) / 1024
    rows, counted = len(ROW.findall(words)), sum(int(each.replace(b",", b"")) for each in COUNTED.findall(words))
    if status != 200 or rows != found.shelf.codes:
        found.problems.append(f"the page is answered {status} and shows {rows} of {found.shelf.codes} codes")
    if counted != found.shelf.submitted_codes:
        found.problems.append(f"the counts add up to {counted}, not to {found.shelf.submitted_codes}")


def _asked() -> Any:
    words = argparse.ArgumentParser(prog="python -m bench.codebook", description=(__doc__ or "").partition("\n\n")[2])
    words.add_argument("--codes", type=int, default=2_000)
    words.add_argument("--submitted", type=int, default=200_000, help="codes that were handed in")
    words.add_argument("--times", type=int, default=20, help="how often each page is asked")
    words.add_argument("--json", type=Path, help="write the figures there, too")
    return words.parse_args()


if __name__ == "__main__":
    sys.exit(main())
