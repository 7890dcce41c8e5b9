"""One Postgres server on one cluster folder, reached only through a socket in that folder."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

from app.db.postgres_files import HERE, Programs, make_private, run_postgres_program
from app.problems import Problem

SOCKET_PATH_LIMIT = 103  # bytes, of the narrowest system (macOS); Linux takes 107
SOCKET = ".s.PGSQL.5432"
LOG_LIMIT = 4 << 20
PATIENCE_SECONDS = 30

# Small, for a laptop; what makes a commit safe (fsync, synchronous_commit) stays as it is.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "16MB",
    "wal_buffers": "1MB",
    "work_mem": "8MB",
    "max_wal_size": "256MB",
    "max_connections": "60",
    "max_wal_senders": "0",
    "max_replication_slots": "0",
    "wal_level": "minimal",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
_SETTINGS_SINCE = {18: {"io_method": "sync"}}  # no I/O worker processes
_NEW_CLUSTER = (
    "--username=postgres",
    "--auth=trust",  # the socket's folder is private
    "--encoding=UTF8",
    "--no-instructions",
)
_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_LOCALE_BEFORE_17 = ("--locale=C.UTF-8",)


class PostgresDidNotStart(Problem):
    """The embedded Postgres did not start."""


class Cluster:
    """folder: the cluster, made aside and moved into place. A server left over after a kill is taken over."""

    def __init__(self, folder: Path, log: Path, find_programs: Callable[[], Programs]) -> None:
        self.folder = folder
        self.log = log
        self._find_programs = find_programs
        self._short_path: Path | None = None
        self._started: subprocess.Popen[bytes] | None = None

    @cached_property
    def programs(self) -> Programs:
        return self._find_programs()

    def make(self) -> None:
        if version_of(self.folder) is not None:
            return
        # Made aside and moved into place, so that a kill in between leaves nothing that looks whole.
        half = self.folder.parent / f"unfinished-{self.folder.name}"
        remove_whole(half)
        make_private(half)
        account = self.programs.account
        if account is not None:
            os.chown(half, account.uid, account.gid)
        locale = _LOCALE if self.programs.major >= 17 else _LOCALE_BEFORE_17
        making = run_postgres_program("initdb", half, self.programs, *_NEW_CLUSTER, *locale, out=subprocess.PIPE)
        said, _ = making.communicate()
        if making.returncode != 0:
            raise PostgresDidNotStart(f"The embedded Postgres could not make its data folder: {_last_line(said)}")
        half.rename(self.folder)

    def start(self) -> None:
        left_over = running_server(self.folder)
        if left_over is not None and _status(self.folder) == "stopping":
            end_server(left_over)
            left_over = None
        if left_over is None:
            self._run()
        self._wait_until_ready()

    def stop(self) -> None:
        server = running_server(self.folder)
        if server is None and self._started is not None and self._started.poll() is None:
            server = psutil.Process(self._started.pid)  # so young that it has no lock file yet
        if server is not None:
            end_server(server)
        if self._started is not None:
            self._started.wait()
            self._started = None
        self.forget_short_path()

    def is_running(self) -> bool:
        """Or about to run."""
        begun = self._started is not None and self._started.poll() is None
        return begun or running_server(self.folder) is not None

    def is_ready(self) -> bool:
        return running_server(self.folder) is not None and _status(self.folder) == "ready"

    def run_again(self) -> None:
        """After its end; returns before it is ready."""
        if self._started is not None:
            self._started.wait()
        self._run()

    def last_words(self) -> str:
        with self.log.open("rb") as said:
            said.seek(max(0, self.log.stat().st_size - 4096))
            return _last_line(said.read())

    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={quote(str(self._reachable()), safe='/')}"

    def forget_short_path(self) -> None:
        if self._short_path is not None:
            self._short_path.unlink(missing_ok=True)
            self._short_path.parent.rmdir()
            self._short_path = None

    def _reachable(self) -> Path:
        """The folder, through a link in a private folder where its own path is too long for a socket."""
        if len(os.fsencode(self.folder / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.folder
        if self._short_path is None:
            private = tempfile.mkdtemp(prefix="tandem-", dir=None if len(tempfile.gettempdir()) < 60 else "/tmp")
            self._short_path = Path(private) / "data"
            self._short_path.symlink_to(self.folder, target_is_directory=True)
        return self._short_path

    def _run(self) -> None:
        _clear_after_kill(self.folder)
        socket_folder = str(self._reachable()) if self.programs.account is None else HERE
        settings = dict(_SETTINGS)
        for major, newer in _SETTINGS_SINCE.items():
            settings |= newer if self.programs.major >= major else {}
        options = [f"--{name}={value}" for name, value in settings.items()]
        long = self.log.exists() and self.log.stat().st_size > LOG_LIMIT
        with self.log.open("wb" if long else "ab") as out:
            self._started = run_postgres_program(
                "postgres", self.folder, self.programs, "-k", socket_folder, *options, out=out
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if _status(self.folder) == "ready":
                return
            if self._started is not None and self._started.poll() is not None:
                break
            time.sleep(0.01)
        raise PostgresDidNotStart(f"The embedded Postgres did not start: {self.last_words()} ({self.log} has the rest)")


def version_of(cluster: Path) -> int | None:
    """The major that made this folder; None where there is no cluster."""
    path = cluster / "PG_VERSION"
    return int(path.read_text("ascii").strip()) if path.exists() else None


def running_server(cluster: Path) -> psutil.Process | None:
    """The Postgres at work in this folder, whoever started it; a dead or given-away process id is none."""
    try:
        server = psutil.Process(int(_pid_file(cluster)[0]))
    except (IndexError, ValueError, psutil.Error):
        return None
    return server if _works_in(cluster, server) else None


def end_server(server: psutil.Process) -> None:
    for how, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        try:
            server.send_signal(how)
            server.wait(seconds)
            return
        except psutil.NoSuchProcess:
            return
        except psutil.TimeoutExpired:
            continue


def remove_whole(folder: Path) -> None:
    """With everybody at work in it: a killed start leaves its initdb and its server behind, who go on writing."""
    if not folder.exists():
        return
    at_work = [each for each in psutil.process_iter() if _works_in(folder, each)]
    for each in at_work:
        with suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(at_work, timeout=PATIENCE_SECONDS)
    shutil.rmtree(folder)


def _clear_after_kill(cluster: Path) -> None:
    """Where a dead server's process id was given away again, its lock files would keep Postgres from starting.

    They go only when nobody is at work in the folder: the dead server's children beside a new one would spoil the data.
    """
    left_over = [cluster / name for name in ("postmaster.pid", f"{SOCKET}.lock") if (cluster / name).exists()]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while left_over and any(_works_in(cluster, each) for each in psutil.process_iter()):
        if time.monotonic() > deadline:
            raise PostgresDidNotStart(f"Processes of an earlier Postgres do not leave {cluster}.")
        time.sleep(0.05)
    for each in left_over:
        each.unlink()


def _works_in(cluster: Path, process: psutil.Process) -> bool:
    """Postgres and all its children stay in the folder of their cluster."""
    try:
        at_work = process.name().startswith(("postgres", "initdb")) and process.status() != psutil.STATUS_ZOMBIE
        return at_work and Path(process.cwd()).samefile(cluster)
    except (OSError, psutil.Error):
        return False


def _pid_file(cluster: Path) -> list[str]:
    """process id, folder, start, port, socket folder, host, shared memory, status"""
    path = cluster / "postmaster.pid"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _status(cluster: Path) -> str:
    lines = _pid_file(cluster)
    return lines[7].strip() if len(lines) > 7 else ""


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing."
