"""The programs that made a data folder, kept in it: the next Tandem may bring another major of Postgres only."""

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from app.db.postgres_files import (
    MAJOR,
    PARTS,
    Programs,
    copied_for_account,
    copy_parts,
    everybody_may_enter,
    packages_folder,
    server_account,
)

_USUAL_PLACES = (  # Debian and Ubuntu, Red Hat and SUSE, Homebrew on both kinds of Mac
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/usr/lib/postgresql{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)

log = logging.getLogger(__name__)


def keep_programs(home: Path) -> None:
    """Hard links where the file system allows, which cost no room; else copies. Without them Tandem starts as well."""
    kept = home / f"programs-{MAJOR}"
    if kept.exists():
        return
    half = home / "unfinished-programs"
    try:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        copy_parts(packages_folder(), half, PARTS, _link_or_copy)
        half.rename(kept)
    except OSError as problem:
        shutil.rmtree(half, ignore_errors=True)
        log.warning("The programs of Postgres %s could not be kept beside the data: %s", MAJOR, problem)


def programs_of(major: int, home: Path) -> Programs | None:
    """Those kept beside the data, those of this machine, or none."""
    kept = home / f"programs-{major}"
    account = server_account()
    for folder in _candidates(major, kept):
        if version_of_program(folder / "postgres") != major:
            continue
        if account is None or everybody_may_enter(folder):
            return Programs(folder, major, account)
        if folder.is_relative_to(kept):
            return Programs(_copied(kept, folder, major), major, account)
    return None


def version_of_program(program: Path) -> int | None:
    """The major that `--version` says; None where it does not run."""
    if not program.exists():
        return None
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.rpartition("PostgreSQL) ")[2].split(".")[0].split()
    return int(number[0]) if number and number[0].isdigit() else None


def _candidates(major: int, kept: Path) -> Iterator[Path]:
    for program in kept.glob("**/bin/postgres"):
        yield program.parent
    for place in _USUAL_PLACES:
        yield Path(place.format(major=major))
    for name in ("postgres", "pg_config"):  # both stand in the folder of the rest
        found = shutil.which(name)
        if found is not None:
            yield Path(found).resolve().parent


def _copied(kept: Path, folder: Path, major: int) -> Path:
    size = (folder / "postgres").stat().st_size
    parts = [each.name for each in kept.iterdir()]
    return copied_for_account(kept, parts, f"postgres-{major}-kept-{size}") / folder.relative_to(kept)


def _link_or_copy(source: str, target: str) -> None:
    """What is in a person's data folder is theirs: files of another are copied."""
    try:
        if Path(source).stat().st_uid == os.geteuid():
            return os.link(source, target)
    except OSError:  # another file system
        pass
    shutil.copy2(source, target)
