"""What a save costs: `python -m bench.saves --incidents 10000 100000 --seconds 20`.

Coders at a Tandem of two server processes with its embedded Postgres, each commit durable, save act after act over one
connection that stays open, submit, and have the next desk: in turns along with the answer, as browsers do, and fetched
afterwards. First one coder alone, then eight, without pauses, on so many incidents and 100,000 assignments. Tells how
long saves (acts on a dimension, their event included), submits and next desks took as the coders saw it, and what the
coding screen transfers to a browser, cold and warm. Prints a
table beside the targets and, with --json, one JSON document. Exit 1 when an act failed or is missing, not when a target
is missed: a machine that does other work misses them.
"""

import argparse
import asyncio
import http.client
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import psycopg
from playwright.async_api import async_playwright

from app.accounts.viewer import COOKIE
from bench.saves_stage import ASSIGNMENTS, CODERS, Desks, set_stage
from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.coders import SimulatedCoder
from tests.support.installation import Installation
from tests.support.whole_acts import half_acts, missing_acts

SERVERS = 2
AT_ONCE = (1, 8)
WARM_SECONDS = 3.0
KIB = 1024
IDLE_LOAD = 0.5
ASKED = ("save", "submit", "onward", "next")
TARGETS = {
    "one coder, save p50 ms": 4.5,
    "one coder, save p95 ms": 9.0,
    "8 coders, saves a second": 270.0,
    "8 coders, save p95 ms": 60.0,
    "one coder, next p95 ms": 20.0,
    "screen cold, KiB": 150.0,
    "screen warm, KiB": 25.0,
    "ratio of save p50": 1.3,
}
AT_LEAST = {"8 coders, saves a second"}


@dataclass(frozen=True)
class Measured:
    """Of so many coders at once. saves: acts on a dimension. submit: its answer names the next desk, which is then
    fetched (next); onward: its answer holds it."""

    coders: int
    saves: int
    saves_a_second: float
    save_p50_ms: float
    save_p95_ms: float
    submit_p50_ms: float
    onward_p50_ms: float
    onward_p95_ms: float
    next_p50_ms: float
    next_p95_ms: float


@dataclass
class Size:
    incidents: int
    assignments: int
    measured: list[Measured] = field(default_factory=list)
    missing: int = 0
    half: int = 0


class Worker(threading.Thread):
    """One coder with one connection: three saves, a submit, the next desk, and so on."""

    def __init__(self, address: str, cookie: str, member_id: int, desks: Desks, acts: list[str]) -> None:
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
        self.cookie, self.member_id, self.desks, self.acts = cookie, member_id, desks, acts
        self.seconds: dict[str, list[float]] = {what: [] for what in ASKED}
        self.is_measured = self.is_over = False
        self.problem = ""

    def run(self) -> None:
        try:
            path = self.desks.first(self.member_id)
            while not self.is_over:
                path = self._code(path, "onward")
                path = self._code(path, "submit")
        except Exception as problem:
            self.problem = f"{type(problem).__name__}: {problem}"

    def _code(self, path: str, ending: str) -> str:
        last = ""
        for dimension_id, code_id in self.desks.codes:
            fields = {"kind": "toggle_code", "dimension_id": str(dimension_id), "code_id": str(code_id)}
            last, _ = self._act("save", path, fields, last)
        _, following = self._act(ending, path, {"kind": "submit", "incomplete": "true"}, last)
        if ending == "submit":
            self._ask("next", "GET", following, None)
        return following

    def _act(self, what: str, path: str, fields: dict[str, str], last: str) -> tuple[str, str]:
        act_id = str(uuid4())
        named = {"act_id": act_id, "after_act_id": last, "tab": "bench", "member": str(self.member_id)}
        headers = self._ask(what, "POST", f"{path}/acts", {**fields, **named})
        if headers["Act-Saved"] != act_id:
            raise AssertionError(f"{path}: the answer does not name the act")
        self.acts.append(act_id)
        return act_id, headers.get("HX-Redirect") or ""

    def _ask(self, what: str, method: str, path: str, fields: dict[str, str] | None) -> http.client.HTTPMessage:
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Accept-Encoding": "gzip"}
        if fields is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "true"}
            if "dimension_id" in fields:
                headers["Dimensions-To-Show"] = fields["dimension_id"]
            if what == "onward":
                headers["Next-Desk"] = "true"
        body = urlencode(fields) if fields is not None else None
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        words = answer.read()
        if self.is_measured:
            self.seconds[what].append(time.perf_counter() - began)
        if answer.status not in (200, 204):
            raise AssertionError(f"{method} {path}: {answer.status} {words[:200]!r}")
        return answer.headers


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    asked = _asked()
    busy = os.getloadavg()[0]
    sizes, screen, problems = measure(asked.incidents, asked.seconds, with_screen=not asked.no_screen)
    figures = _figures(sizes, screen)
    for size in sizes:
        print(
            f"{size.incidents:,} incidents, {size.assignments:,} assignments: missing {size.missing}, half {size.half}"
        )
        for each in size.measured:
            print(
                f"  {each.coders} at once: {each.saves} saves, {each.saves_a_second:.0f} a second, "
                f"p50 {each.save_p50_ms:.1f}, p95 {each.save_p95_ms:.1f} ms; submit p50 {each.submit_p50_ms:.1f}, "
                f"with the next desk p50 {each.onward_p50_ms:.1f}, p95 {each.onward_p95_ms:.1f}; "
                f"next p50 {each.next_p50_ms:.1f}, p95 {each.next_p95_ms:.1f} ms"
            )
    print(f"load average before: {busy:.1f}" + (", so these figures say little" if busy > IDLE_LOAD else ""))
    print(f"{'':<28}{'measured':>10}{'target':>9}")
    for name, figure in figures.items():
        target = TARGETS[name]
        reached = figure >= target if name in AT_LEAST else figure <= target
        print(f"{name:<28}{figure:>10.1f}{target:>9.1f}  {'reached' if reached else 'missed'}")
    for problem in problems:
        print(f"    {problem}")
    if asked.json is not None:
        found: dict[str, Any] = {"load_average_before": busy, "sizes": [asdict(size) for size in sizes]}
        found |= {"screen": screen, "figures": figures, "targets": TARGETS}
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
    return int(bool(problems) or any(size.missing or size.half for size in sizes))


def measure(
    incidents: Sequence[int], seconds: float, *, with_screen: bool = True, assignments: int = ASSIGNMENTS
) -> tuple[list[Size], dict[str, int], list[str]]:
    """Each size on an installation of its own. The screen is weighed on the first."""
    sizes, screen, problems = [], {}, []
    for number in incidents:
        with tempfile.TemporaryDirectory(prefix="tandem-saves-") as folder:
            tandem = Installation(Path(folder), {}, "--workers", str(SERVERS))
            try:
                url = tandem.postgres.url()
                desks = set_stage(url, incidents=number, assignments=assignments)
                cookies = [_cookie(tandem.address, email) for email in desks.seats.emails]
                if with_screen and not screen:
                    screen = asyncio.run(_screen_bytes(tandem.address, cookies[-1], desks))
                size, said = _measured_size(tandem.address, url, desks, cookies, seconds)
            finally:
                tandem.stop()
        sizes.append(size)
        problems += said
    return sizes, screen, problems


def _measured_size(
    address: str, url: str, desks: Desks, cookies: Sequence[str], seconds: float
) -> tuple[Size, list[str]]:
    size, acts, problems = Size(desks.incidents, desks.assignments), [], []
    place = 0
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        durable = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    if durable != [("on",), ("on",)]:
        problems.append(f"commits are not durable: {durable}")
    for at_once in AT_ONCE:
        members = list(enumerate(desks.member_ids))[place : place + at_once]  # nobody codes twice
        place += at_once
        workers = [Worker(address, cookies[at], member_id, desks, acts) for at, member_id in members]
        size.measured.append(_at_work(workers, seconds))
        problems += [worker.problem for worker in workers if worker.problem]
    size.missing = len(missing_acts(url, desks.seats.study_id, acts))
    size.half = len(half_acts(url, desks.seats.study_id, set(desks.seats.takes_one)))
    return size, problems


def _at_work(workers: Sequence[Worker], seconds: float) -> Measured:
    for worker in workers:
        worker.start()
    time.sleep(min(WARM_SECONDS, seconds / 2))
    began = time.perf_counter()
    for worker in workers:
        worker.is_measured = True
    time.sleep(seconds)
    took = time.perf_counter() - began
    for worker in workers:
        worker.is_over = True
        worker.is_measured = False
    for worker in workers:
        worker.join()
    found = {what: sorted(each for w in workers for each in w.seconds[what]) for what in ASKED}
    return Measured(
        coders=len(workers),
        saves=len(found["save"]),
        saves_a_second=sum(len(found[what]) for what in ("save", "submit", "onward")) / took,
        save_p50_ms=_at(found["save"], 0.50),
        save_p95_ms=_at(found["save"], 0.95),
        submit_p50_ms=_at(found["submit"], 0.50),
        onward_p50_ms=_at(found["onward"], 0.50),
        onward_p95_ms=_at(found["onward"], 0.95),
        next_p50_ms=_at(found["next"], 0.50),
        next_p95_ms=_at(found["next"], 0.95),
    )


def _at(ordered: Sequence[float], share: float) -> float:
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _cookie(address: str, email: str) -> str:
    coder = SimulatedCoder([address], "saves", email)
    coder.sign_in()
    return coder.cookie


async def _screen_bytes(address: str, cookie: str, desks: Desks) -> dict[str, int]:
    """What goes over the wire for a desk in a new browser, and for the next one in the same."""
    first, second = desks.two_of(desks.member_ids[-1])
    found: dict[str, int] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = await browser.new_context()
        await context.add_cookies([{"name": COOKIE, "value": cookie.partition("=")[2], "url": address}])
        page = await context.new_page()
        network = await context.new_cdp_session(page)
        await network.send("Network.enable")
        taken: list[float] = []
        network.on("Network.loadingFinished", lambda told: taken.append(told["encodedDataLength"]))
        for name, path in (("cold", first), ("warm", second)):
            taken.clear()
            await page.goto(address + path, wait_until="networkidle")
            found[name] = int(sum(taken))
        await browser.close()
    return found


def _figures(sizes: Sequence[Size], screen: dict[str, int]) -> dict[str, float]:
    one, eight = sizes[0].measured
    figures = {
        "one coder, save p50 ms": one.save_p50_ms,
        "one coder, save p95 ms": one.save_p95_ms,
        "8 coders, saves a second": eight.saves_a_second,
        "8 coders, save p95 ms": eight.save_p95_ms,
        "one coder, next p95 ms": one.next_p95_ms,
    }
    figures |= {f"screen {name}, KiB": size / KIB for name, size in screen.items()}
    if len(sizes) > 1:
        figures["ratio of save p50"] = sizes[-1].measured[0].save_p50_ms / one.save_p50_ms
    return figures


def _asked() -> Any:
    words = argparse.ArgumentParser(
        prog="python -m bench.saves",
        description=(__doc__ or "").partition("\n\n")[2],
        epilog=f"{CODERS} coders share the {ASSIGNMENTS:,} assignments of each size.",
    )
    words.add_argument("--incidents", type=int, nargs="+", default=[10_000, 100_000], help="sizes; the first is judged")
    words.add_argument("--seconds", type=float, default=20.0, help="measured for one coder, and again for eight")
    words.add_argument("--no-screen", action="store_true", help="without weighing the screen in a browser")
    words.add_argument("--json", type=Path, help="write the figures there, too")
    return words.parse_args()


if __name__ == "__main__":
    sys.exit(main())
