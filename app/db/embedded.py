"""An embedded Postgres in a data folder: a real server, reached only through a socket in a private folder.

In the data folder: `tandem.pid` (who uses it), `postgres/data` (the cluster and its socket), `postgres/log`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

from app.db.data_folder import DataFolderLock
from app.db.postgres_files import Account, make_private, run_postgres_program, seen_from_inside, server_account
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
    "io_method": "sync",  # no I/O worker processes
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
_NEW_CLUSTER = (
    "--username=postgres",
    "--auth=trust",  # the socket's folder is private
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


class PostgresDidNotStart(Problem):
    """The embedded Postgres did not start."""


class EmbeddedPostgres:
    """A server for one running Tandem. Left over after a kill, it is taken over by the next start."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.home = self.data_dir / "postgres"
        self.cluster = self.home / "data"
        self.log = self.home / "log"
        self._lock = DataFolderLock(self.data_dir)
        self._short_path: Path | None = None
        self._started: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Returns the URL of the server. Raises DataFolderInUse when another Tandem runs on this folder."""
        make_private(self.data_dir)
        self._lock.take()
        try:
            account = server_account()
            self._make_cluster(account)
            left_over = running_server(self.cluster)
            if left_over is not None and _status(self.cluster) == "stopping":
                end_server(left_over)
                left_over = None
            if left_over is None:
                self._run_server(account)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, what was committed is on disk. No process stays."""
        if not self._lock.held:
            return
        server = running_server(self.cluster)
        if server is None and self._started is not None and self._started.poll() is None:
            server = psutil.Process(self._started.pid)  # so young that it has no lock file yet
        if server is not None:
            end_server(server)
        if self._started is not None:
            self._started.wait()
            self._started = None
        self.forget_short_path()
        self._lock.release()

    def is_running(self) -> bool:
        """Or about to run."""
        begun = self._started is not None and self._started.poll() is None
        return begun or running_server(self.cluster) is not None

    def is_ready(self) -> bool:
        return running_server(self.cluster) is not None and _status(self.cluster) == "ready"

    def run_again(self) -> None:
        """After its end; returns before it is ready."""
        if self._started is not None:
            self._started.wait()
        self._run_server(server_account())

    def last_words(self) -> str:
        with self.log.open("rb") as said:
            said.seek(max(0, self.log.stat().st_size - 4096))
            return _last_line(said.read())

    def __enter__(self) -> str:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/postgres?host={quote(str(self._reachable_cluster()), safe='/')}"

    def forget_short_path(self) -> None:
        if self._short_path is not None:
            self._short_path.unlink(missing_ok=True)
            self._short_path.parent.rmdir()
            self._short_path = None

    def _reachable_cluster(self) -> Path:
        """The cluster's folder, through a link in a private folder where its own path is too long for a socket."""
        if len(os.fsencode(self.cluster / SOCKET)) <= SOCKET_PATH_LIMIT:
            return self.cluster
        if self._short_path is None:
            private = tempfile.mkdtemp(prefix="tandem-", dir=None if len(tempfile.gettempdir()) < 60 else "/tmp")
            self._short_path = Path(private) / "data"
            self._short_path.symlink_to(self.cluster, target_is_directory=True)
        return self._short_path

    def _make_cluster(self, account: Account | None) -> None:
        make_private(self.home)
        if (self.cluster / "PG_VERSION").exists():
            return
        # Made aside and moved into place, so that a kill in between leaves nothing that looks whole.
        half = self.home / "unfinished"
        if half.exists():
            shutil.rmtree(half)
        half.mkdir(mode=0o700)
        if account is not None:
            os.chown(half, account.uid, account.gid)
        making = run_postgres_program("initdb", half, account, *_NEW_CLUSTER, out=subprocess.PIPE)
        said, _ = making.communicate()
        if making.returncode != 0:
            raise PostgresDidNotStart(f"The embedded Postgres could not make its data folder: {_last_line(said)}")
        half.rename(self.cluster)

    def _run_server(self, account: Account | None) -> None:
        _clear_after_kill(self.cluster)
        socket_folder = seen_from_inside(self._reachable_cluster(), account)
        options = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        long = self.log.exists() and self.log.stat().st_size > LOG_LIMIT
        with self.log.open("wb" if long else "ab") as out:
            self._started = run_postgres_program(
                "postgres", self.cluster, account, "-k", socket_folder, *options, out=out
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if _status(self.cluster) == "ready":
                return
            if self._started is not None and self._started.poll() is not None:
                break
            time.sleep(0.01)
        raise PostgresDidNotStart(f"The embedded Postgres did not start: {self.last_words()} ({self.log} has the rest)")


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
        at_work = process.name().startswith("postgres") and process.status() != psutil.STATUS_ZOMBIE
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
