"""Simulated coders at a running Tandem: each signs in, reads desks and saves acts over HTTP, as the browser does.

An act gets its id once and is sent with it until an answer names it; what is not acknowledged is never forgotten.
With several addresses a coder goes on at the next one when the first does not answer.
"""

import http.client
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from tests.support.desk_seen import SELDOM, DeskSeen

GIVING_UP_SECONDS = 120.0
ANSWER_SECONDS = 20.0
AGAIN_SECONDS = 0.2
IDLE_SECONDS = 2.0  # after which a connection is opened anew: the server may be closing it just now
PASSWORD = "correct horse battery staple"


class NotSaved(AssertionError):
    """An answer that no coder should get."""


@dataclass(frozen=True)
class Answered:
    status: int
    headers: http.client.HTTPMessage
    body: str
    sent_at: float  # of the attempt that was answered, seconds since the epoch
    seconds: float  # that this attempt took
    attempts: int


@dataclass(frozen=True)
class SavedAct:
    """An act that the server has acknowledged. Times are seconds since the epoch."""

    act_id: str
    kind: str
    first_sent_at: float
    sent_at: float
    acknowledged_at: float
    seconds: float
    attempts: int


@dataclass
class SimulatedCoder:
    """think_seconds: the mean pause before an act; 0 is without pause. coin_share: of answers, by a new code."""

    addresses: Sequence[str]
    slug: str
    email: str
    seed: int = 0
    think_seconds: float = 0.0
    coin_share: float = SELDOM
    saved: list[SavedAct] = field(default_factory=list)
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    page_seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._at = self.seed % len(self.addresses)
        self.cookie = ""
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def sign_in(self) -> None:
        answer = self.ask("POST", "/sign-in", {"email": self.email, "password": PASSWORD, "next": "/"})
        if answer.status != 303:
            raise NotSaved(f"{self.email} could not sign in: {answer.status}")
        self.cookie = (answer.headers["Set-Cookie"] or "").partition(";")[0]

    @property
    def is_signed_in(self) -> bool:
        return self.cookie != ""

    def code(self, go_on: Callable[[], bool]) -> None:
        """Incident after incident, while `go_on` says so before each act."""
        path = self.first_path()
        while go_on():
            desk = self.read_desk(path)
            if desk.is_handed_in:
                self._act(desk, desk.form("take_back"))
                desk = self.read_desk(path)
            path = self._code_incident(desk, go_on)

    def read_desk(self, path: str) -> DeskSeen:
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise NotSaved(f"GET {path}: {answer.status} {answer.body[:300]}")
        self.page_seconds.append(answer.seconds)
        return DeskSeen.read(path, answer.body)

    def first_path(self) -> str:
        """Where the queue says that coding goes on."""
        queue = self.ask("GET", f"/studies/{self.slug}/coding").body
        begins = queue.find(f"/studies/{self.slug}/assignments/")
        if begins < 0:
            raise NotSaved("the queue is empty")
        return queue[begins:].partition('"')[0].partition("?")[0]

    def _code_incident(self, desk: DeskSeen, go_on: Callable[[], bool]) -> str:
        """Returns the address of the next desk."""
        for fields in desk.a_coding(
            self._random, coins=f"{self.email.partition('@')[0]} {len(self.saved)}", coin_share=self.coin_share
        ):
            if not go_on():
                return desk.path
            self._act(desk, fields)
        if not go_on():
            return desk.path
        answer = self._act(desk, {**desk.form("submit"), "incomplete": "true"})
        following = answer.headers.get("HX-Redirect") or ""
        return following if "/assignments/" in following else self._random.choice(desk.known_paths)

    def _act(self, desk: DeskSeen, fields: dict[str, str]) -> Answered:
        """As static/js/acts.js: an id, the newest act that was seen, and again until it is acknowledged."""
        if self.think_seconds:
            time.sleep(self._random.expovariate(1 / self.think_seconds))
        act_id, first_sent_at = str(uuid4()), time.time()
        posted = {**fields, "act_id": act_id, "after_act_id": desk.last_act_id, "tab": f"tab-{self.email}"}
        answer = self.ask("POST", f"{desk.path}/acts", posted)
        if answer.status == 422:
            self.refused += 1
            return answer
        if answer.status not in (200, 204) or answer.headers.get("Act-Saved") != act_id:
            raise NotSaved(f"{fields['kind']}: {answer.status} {answer.body[:300]}")
        desk.last_act_id = act_id
        sent_at, seconds = answer.sent_at, answer.seconds
        acknowledged_at = sent_at + seconds
        self.saved.append(
            SavedAct(act_id, fields["kind"], first_sent_at, sent_at, acknowledged_at, seconds, answer.attempts)
        )
        return answer

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answered:
        """Again until there is an answer that is not an outage. The same form, so the same act."""
        deadline, attempts = time.monotonic() + GIVING_UP_SECONDS, 0
        while time.monotonic() < deadline:
            attempts += 1
            sent_at, began = time.time(), time.monotonic()
            try:
                status, headers, words = self._once(method, path, fields)
            except (OSError, http.client.HTTPException) as problem:
                waited = time.monotonic() - began
                self._go_elsewhere(f"{type(problem).__name__} after {waited:.1f} s: {method} {path}")
                continue
            if status < 500:
                return Answered(status, headers, words, sent_at, time.monotonic() - began, attempts)
            self._go_elsewhere(f"{status} {words[:200] if status != 503 else ''}".strip() + f": {method} {path}")
        raise NotSaved(f"{method} {path}: no answer in {GIVING_UP_SECONDS:.0f} s: {self.failures[-3:]}")

    def _once(self, method: str, path: str, fields: dict[str, str] | None) -> tuple[int, http.client.HTTPMessage, str]:
        if self._connection is None or time.monotonic() - self._used_at > IDLE_SECONDS:
            self._hang_up()
            self._connection = http.client.HTTPConnection(
                urlsplit(self.addresses[self._at]).netloc, timeout=ANSWER_SECONDS
            )
        headers = {"Cookie": self.cookie, "Accept": "text/html", "Accept-Encoding": "identity"}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            if path.endswith("/acts"):
                headers |= {"HX-Request": "true", **_to_show(fields)}
        self._connection.request(method, path, urlencode(fields) if fields is not None else None, headers)
        answer = self._connection.getresponse()
        words = answer.read().decode()
        self._used_at = time.monotonic()
        if answer.will_close:
            self._hang_up()
        return answer.status, answer.headers, words

    def _go_elsewhere(self, why: str) -> None:
        self.failures.append(why)
        self._hang_up()
        self._at = (self._at + 1) % len(self.addresses)
        time.sleep(AGAIN_SECONDS)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _to_show(act: dict[str, str]) -> dict[str, str]:
    """As static/js/sending.js: an act on a dimension is answered with that one alone."""
    return {"Dimensions-To-Show": act["dimension_id"]} if "dimension_id" in act else {}


class CodersAtWork:
    """Every coder in a thread of their own, until so many acts are saved or they are told to stop."""

    def __init__(self, coders: Sequence[SimulatedCoder], *, acts: int | None = None) -> None:
        self.coders = list(coders)
        self.problems: list[str] = []
        self._acts = acts
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(coder,), daemon=True) for coder in coders]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self.wait()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join()

    def are_at_work(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def saved(self) -> list[SavedAct]:
        return [act for coder in self.coders for act in list(coder.saved)]

    def failures(self) -> list[str]:
        return [why for coder in self.coders for why in list(coder.failures)]

    def _go_on(self) -> bool:
        return not self._stopping.is_set() and (self._acts is None or len(self.saved()) < self._acts)

    def _work(self, coder: SimulatedCoder) -> None:
        try:
            if not coder.is_signed_in:
                coder.sign_in()
            coder.code(self._go_on)
        except Exception as problem:
            self.problems.append(f"{coder.email}: {type(problem).__name__}: {problem}")
