"""Static files: addresses that change with the content, so that browsers may keep what they have."""

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.places import STATIC

YEAR = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # kept, but checked by ETag: modules import each other by plain addresses


def static_url(path: str) -> str:
    """The address of a file under static/, with its content hash. A missing file is an error at render time."""
    return f"/static/{path}?v={content_hash(path)}"


def content_hash(path: str) -> str:
    file = STATIC / path
    return _hash_of(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _hash_of(file: Path, changed_at_ns: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


class VersionedStaticFiles(StaticFiles):
    """A file asked for by its present hash may be kept for a year; any other is checked every time."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        if answer.status_code in (200, 304):
            asked_for = scope.get("query_string", b"").decode("latin-1")
            answer.headers["Cache-Control"] = YEAR if asked_for == f"v={content_hash(path)}" else ASK_AGAIN
        return answer
