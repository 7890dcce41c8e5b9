"""One backup is one zip: `database.dump` (pg_dump's custom format), `manifest.json`, and `sha256sums` of both.

The sums are those of `sha256sum --check`; without Tandem the dump is restored by pg_restore.
"""

import errno
import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from app.problems import Invalid

DUMP = "database.dump"
MANIFEST = "manifest.json"
SUMS = "sha256sums"
FORMAT = 1
BLOCK = 1 << 20
_OF_A_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError)


class NotABackup(Invalid):
    """This file is not a backup of Tandem."""


class BackupDamaged(Invalid):
    """This backup is damaged."""


class CannotWrite(Invalid):
    """The backup cannot be written there."""


class Manifest(BaseModel):
    format: int = FORMAT
    tandem: str
    revision: str
    taken_at: str
    postgres: str
    postgres_major: int
    dumped_by_major: int
    schema_name: str
    rows: dict[str, int]


@contextmanager
def new_file(target: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Written beside the target, readable by us alone, and moved into place when all of it is on disk."""
    if target.exists() and not replace:
        raise CannotWrite(f"{target} exists. Name another file, or say --force to replace it.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".unfinished", dir=target.parent)
    except OSError as problem:
        raise _cannot_write(target, problem) from problem
    half = Path(name)
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        _move(half, target, replace=replace)
    except OSError as problem:
        raise _cannot_write(target, problem) from problem
    finally:
        half.unlink(missing_ok=True)


def _move(half: Path, target: Path, *, replace: bool) -> None:
    if replace:
        half.replace(target)
    else:
        try:
            os.link(half, target)  # never replaces what came in the meantime
        except FileExistsError:
            raise CannotWrite(f"{target} exists by now. Name another file, or say --force to replace it.") from None
        except OSError:  # a file system without links
            half.rename(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _cannot_write(target: Path, problem: OSError) -> CannotWrite:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return CannotWrite(f"There is no room for {target} on its disk. Nothing was written; name another place.")
    return CannotWrite(f"{target} cannot be written: {problem.strerror}.")


def write_dump(archive: zipfile.ZipFile, dump: IO[bytes]) -> str:
    """Returns its sha256."""
    digest = hashlib.sha256()
    with archive.open(DUMP, "w", force_zip64=True) as member:
        while block := dump.read(BLOCK):
            digest.update(block)
            member.write(block)
    return digest.hexdigest()


def write_manifest(archive: zipfile.ZipFile, manifest: Manifest, dump_sum: str) -> None:
    text = manifest.model_dump_json(indent=2).encode() + b"\n"
    archive.writestr(MANIFEST, text)
    archive.writestr(SUMS, f"{dump_sum}  {DUMP}\n{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n")


def checked_manifest(file: Path) -> Manifest:
    """Reads the whole file. Raises NotABackup or BackupDamaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _checked(file, archive)
    except OSError as problem:
        raise NotABackup(f"{file} cannot be read: {problem.strerror or problem}.") from problem
    except _OF_A_BROKEN_ZIP as problem:
        raise BackupDamaged(f"{file} is no whole backup of Tandem ({problem}). Take another copy of it.") from problem


def _checked(file: Path, archive: zipfile.ZipFile) -> Manifest:
    if not {DUMP, MANIFEST, SUMS} <= set(archive.namelist()):
        raise NotABackup(f"{file} is not a backup of Tandem: {DUMP}, {MANIFEST} or {SUMS} is missing in it.")
    told = archive.read(SUMS).decode("utf-8", "replace").splitlines()
    for name in (DUMP, MANIFEST):
        if f"{_sum(archive, name)}  {name}" not in told:
            raise BackupDamaged(
                f"{file} is damaged: {name} is not what it was when the backup was taken. Take another copy of it."
            )
    try:
        manifest = Manifest.model_validate_json(archive.read(MANIFEST))
    except ValidationError as problem:
        raise NotABackup(
            f"{file} is not a backup that this Tandem can read: its manifest says other things."
        ) from problem
    if manifest.format > FORMAT:
        raise NotABackup(f"{file} is of a newer Tandem ({manifest.tandem}). Upgrade Tandem here, then restore.")
    return manifest


def _sum(archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as member:
        return hashlib.file_digest(member, "sha256").hexdigest()  # type: ignore[arg-type]
