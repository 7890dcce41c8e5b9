"""A file on its way out."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response


@dataclass(frozen=True)
class ExportFile:
    name: str
    media_type: str
    content: bytes


def download(file: ExportFile) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": disposition})


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8, comma, CRLF, quoted where needed: as RFC 4180 says."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()
