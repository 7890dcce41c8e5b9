"""A file on its way out."""

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
