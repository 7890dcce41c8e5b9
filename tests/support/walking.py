"""Every route of the app as a walk: a test that goes by it meets each new route."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from zipfile import ZipFile

from fastapi.routing import APIRoute

from app import routers


def every_route() -> Iterator[tuple[str, str]]:
    """(method, path) of each, in the order in which addresses are tried."""
    for router in routers.ALL:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield from ((method, route.path) for method in sorted(route.methods))


def named_in(path: str) -> list[str]:
    """The names of what a path takes."""
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def address_of(path: str, of: Mapping[str, object]) -> str:
    unknown = [name for name in named_in(path) if name not in of]
    assert not unknown, f"{path} takes {unknown}, of which this walk knows nothing. Teach it a value."
    return path.format(**of)


def unpacked(content: bytes) -> bytes:
    """What a file says: a workbook is a ZIP of XML, and so is a project."""
    if not content.startswith(b"PK"):
        return content
    with ZipFile(BytesIO(content)) as packed:
        return b"".join(packed.read(name) for name in packed.namelist())
