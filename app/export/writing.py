"""A file on its way out."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

PIECE = 1 << 18


@dataclass(frozen=True)
class ExportFile:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class LargeFile:
    """One that is never whole in memory. file: at its first byte; whoever takes it closes it."""

    name: str
    media_type: str
    file: IO[bytes]
    size: int

    @classmethod
    def at_its_end(cls, name: str, media_type: str, file: IO[bytes]) -> "LargeFile":
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        return cls(name, media_type, file, size)

    def pieces(self) -> Iterator[bytes]:
        while piece := self.file.read(PIECE):
            yield piece


def download(file: ExportFile) -> Response:
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": _disposition(file.name)})


def download_large(file: LargeFile) -> Response:
    return StreamingResponse(
        file.pieces(),
        media_type=file.media_type,
        headers={"Content-Disposition": _disposition(file.name), "Content-Length": str(file.size)},
        background=BackgroundTask(file.file.close),
    )


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8, comma, CRLF, quoted where needed: as RFC 4180 says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _disposition(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
