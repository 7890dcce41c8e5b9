"""Postgres, server and worker start together and end together, however they end."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from app.cli.stopping import SIGNALS, Stopped, StopSignals

CHECKOUT = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "stand_in.py"


def hear_signals() -> None:
    """Whatever runs these tests in the background may have told its children to ignore Ctrl-C."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)


class Running:
    """One start of everything, with all it started."""

    def __init__(self, data_dir: Path, port: int, *more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(STAND_IN), str(data_dir), str(port), *more],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_signals,
        )
        self.children: list[psutil.Process] = []

    def said(self, wanted: str) -> str:
        """What the first line on stdout goes on with that begins so."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.children = psutil.Process(self.process.pid).children(recursive=True)
            if line.startswith(wanted):
                return line.strip().removeprefix(wanted)
        raise AssertionError(self.process.stderr.read() if self.process.stderr else "")

    def ended(self, seconds: float = 45) -> tuple[int, str]:
        _, talk = self.process.communicate(timeout=seconds)
        return self.process.returncode, talk

    def left(self, *, seconds: float = 0) -> list[psutil.Process]:
        """Children alive after so many seconds."""
        gone_or_not = psutil.wait_procs(self.children, timeout=seconds)[1]
        return [each for each in gone_or_not if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]

    def clean(self) -> None:
        for each in [*self.children, self.process]:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.communicate()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def starts(tmp_path: Path, port: int) -> Iterator["Starts"]:
    everything = Starts(tmp_path / "data", port)
    yield everything
    for each in everything.made:
        each.clean()


class Starts:
    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir, self.port = data_dir, port
        self.made: list[Running] = []

    def __call__(self, *more: str, data_dir: Path | None = None) -> Running:
        self.made.append(Running(data_dir or self.data_dir, self.port, *more))
        return self.made[-1]


def body(address: str) -> str:
    with urllib.request.urlopen(address, timeout=5) as response:
        return str(response.read().decode())


def names(processes: list[psutil.Process]) -> set[str]:
    return {each.name() for each in processes if each.is_running()}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_leaves_no_process(starts: Starts, how: signal.Signals) -> None:
    running = starts()
    address = running.said("answers at ").removesuffix(", link")
    assert body(address) == "here"
    assert "postgres" in names(running.children)
    assert any("worker" in each.cmdline() for each in running.children)

    running.process.send_signal(how)
    assert running.ended() == (0, "")
    assert running.left() == []


def test_several_server_processes_stop_with_the_rest(starts: Starts) -> None:
    running = starts("2")
    running.said("answers at")
    running.process.send_signal(signal.SIGTERM)
    assert running.ended()[0] == 0
    assert running.left(seconds=5) == []  # Python's own helper for several processes ends a moment after them


def test_ctrl_c_again_and_again_during_the_shutdown_is_harmless(starts: Starts) -> None:
    running = starts()
    running.said("answers at")
    while running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    assert running.ended() == (0, "")
    assert running.left() == []


def test_ctrl_c_while_it_starts_leaves_no_process(starts: Starts) -> None:
    running = starts()
    running.said("preparing")
    running.process.send_signal(signal.SIGINT)
    assert running.ended() == (0, "")
    assert running.left() == []


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.22, 0.24, 0.26, 0.3])
def test_ctrl_c_is_heeded_when_everything_is_ready_and_nobody_serves_yet(starts: Starts, seconds: float) -> None:
    """The stand-in prepares for 0.2 seconds; then the server takes over the signals."""
    running = starts()
    running.said("preparing")
    time.sleep(seconds)
    running.process.send_signal(signal.SIGINT)
    assert running.ended(15)[0] == 0
    assert running.left() == []


def test_a_ctrl_c_that_an_import_swallowed_is_heeded_at_the_next_step() -> None:
    before = {each: signal.signal(each, signal.SIG_DFL) for each in SIGNALS}
    signals = StopSignals()
    signals.take()
    try:
        with suppress(BaseException):  # as some libraries do while they are imported
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(Stopped):
            signals.heed()
        with pytest.raises(Stopped):
            signals.leave_to_server()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_after_a_kill_no_server_holds_the_port_and_the_next_start_takes_over(starts: Starts, processes: str) -> None:
    killed = starts(processes)
    killed.said("answers at")
    killed.process.kill()
    killed.process.wait()
    survivors = killed.left(seconds=10)
    assert names(survivors) == {"postgres"}

    again = starts()
    assert again.said("answers at ") == f"http://127.0.0.1:{starts.port}, link"
    again.process.send_signal(signal.SIGINT)
    assert again.ended() == (0, "")
    assert killed.left() == []
    assert again.left() == []


def test_a_worker_that_dies_is_started_again(starts: Starts) -> None:
    running = starts()
    running.said("answers at")
    first = next(each for each in running.children if "worker" in each.cmdline())
    first.kill()

    def workers() -> list[psutil.Process]:
        children = psutil.Process(running.process.pid).children()
        return [each for each in children if each != first and "worker" in each.cmdline()]

    deadline = time.monotonic() + 10
    while not workers():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.children += workers()
    running.process.send_signal(signal.SIGINT)
    code, talk = running.ended()
    assert (code, talk) == (0, "The worker ended (-9). Starting it again.\n")
    assert running.left() == []


def test_when_the_port_is_taken_the_next_free_one_is_used_and_said(starts: Starts) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", starts.port))
        other.listen()
        running = starts()
        address = running.said("answers at ").removesuffix(", link")
        assert body(address) == "here"
        running.process.send_signal(signal.SIGINT)
        code, talk = running.ended()
    taken = int(address.rpartition(":")[2])
    assert taken > starts.port
    assert (code, talk) == (0, f"Port {starts.port} is taken; using {taken}.\n")


def test_a_second_start_on_the_same_data_folder_is_refused_with_a_sentence(starts: Starts) -> None:
    running = starts()
    running.said("answers at")
    code, talk = starts().ended()
    assert code == 1
    assert f"Another Tandem (process {running.process.pid}) is using the data folder {starts.data_dir}." in talk
    assert "Traceback" not in talk
    assert running.process.poll() is None
