"""The ZIP around a project. What is read of it is counted while it is unpacked, since what a ZIP says may be a lie."""

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError

from app.problems import Invalid

MIB = 2**20
LARGEST_PROJECT = 256 * MIB  # unpacked, of project.qde
LARGEST_TEXT = 8 * MIB  # of one text; the longest that an incident may have takes less
LARGEST_UNPACKED = 1024 * MIB
MOST_FILES = 200_000
# Deflate shrinks a thousandfold at most, and does so for what repeats itself; projects and texts come to 40.
MOST_GROWTH, LEAST_SUSPECT = 200, 32 * MIB
INTERNAL = "internal://"


class ProjectFileProblem(Invalid):
    """This file cannot be read as a REFI-QDA project (.qdpx)."""


@dataclass
class Archive:
    """members: by their names in small letters."""

    zipped: ZipFile
    size: int
    project: ZipInfo
    members: dict[str, ZipInfo]
    read: int = field(default=0)

    def project_pieces(self, piece: int = MIB) -> Iterator[bytes]:
        yield from self._pieces(self.project, LARGEST_PROJECT, piece)

    def text(self, path: str) -> bytes | None:
        """None where it is not in the file. Raises ProjectFileProblem for a path that leaves the project."""
        found = self._member(path)
        return None if found is None else b"".join(self._pieces(found, LARGEST_TEXT, MIB))

    def holds(self, path: str) -> bool:
        return self._member(path) is not None

    def is_too_large(self, path: str) -> bool:
        found = self._member(path)
        return found is not None and found.file_size > LARGEST_TEXT

    def _member(self, path: str) -> ZipInfo | None:
        scheme, is_path, name = path.partition("://")
        if not is_path or scheme.lower() != "internal":
            return None  # beside the project on somebody's disk, so not in this file
        name = name.replace("\\", "/")
        check_inside(name)
        return self.members.get(f"sources/{name}".lower()) or self.members.get(name.lower())

    def _pieces(self, member: ZipInfo, most: int, piece: int) -> Iterator[bytes]:
        seen = 0
        with saying_what_is_wrong(), self.zipped.open(member) as packed:
            while part := packed.read(piece):
                seen += len(part)
                self.read += len(part)
                if seen > most:
                    raise ProjectFileProblem(
                        f"Unpacked, “{member.filename}” is larger than {most // MIB} MiB. It was not read."
                    )
                self._check_growth()
                yield part

    def _check_growth(self) -> None:
        if self.read > LARGEST_UNPACKED:
            raise ProjectFileProblem(f"Unpacked, this file is larger than {LARGEST_UNPACKED // MIB} MiB.")
        if self.read > LEAST_SUSPECT and self.read > MOST_GROWTH * self.size:
            raise ProjectFileProblem(
                f"Unpacked, this file grows more than {MOST_GROWTH}-fold, as no project does. It was not read."
            )


@contextmanager
def opened_archive(file: IO[bytes]) -> Iterator[Archive]:
    """Raises ProjectFileProblem."""
    with saying_what_is_wrong():
        size = file.seek(0, 2)
        file.seek(0)
        zipped = ZipFile(file)
    with zipped:
        yield _archive(zipped, size)


@contextmanager
def saying_what_is_wrong() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, EOFError, OSError, NotImplementedError, ValueError, ZlibError) as problem:
        raise ProjectFileProblem(
            "This is no ZIP that can be read, and a project (.qdpx) is one. Export it again from where it was made."
        ) from problem
    except RuntimeError as problem:  # what zipfile raises for a password
        raise ProjectFileProblem("This file is protected by a password. Export the project without one.") from problem


def check_inside(name: str) -> None:
    """Raises ProjectFileProblem."""
    leaves = posixpath.normpath(name).startswith("..") or name.startswith("/") or name[1:2] == ":" or "\0" in name
    if leaves or ".." in name.split("/"):
        raise ProjectFileProblem(f"The path “{name[:80]}” leaves the project. This file was not read.")


def _archive(zipped: ZipFile, size: int) -> Archive:
    entries = [entry for entry in zipped.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES:
        raise ProjectFileProblem(f"This ZIP holds {len(entries):,} files; at most {MOST_FILES:,} can be read.")
    members: dict[str, ZipInfo] = {}
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        check_inside(name)
        if name.lower() in members:
            raise ProjectFileProblem(
                f"The file “{name[:80]}” stands in this ZIP twice, so it cannot be told which counts."
            )
        members[name.lower()] = entry
    projects = [entry for name, entry in members.items() if name == "project.qde"] or [
        entry for name, entry in members.items() if name.endswith(".qde") and "/" not in name
    ]
    if len(projects) != 1:
        said = "no project.qde" if not projects else "several projects"
        raise ProjectFileProblem(f"This ZIP holds {said}, so it is no REFI-QDA project (.qdpx).")
    return Archive(zipped, size, projects[0], members)
