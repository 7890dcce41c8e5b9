"""GUIDs of the exchange files, made of the study and the object, so that a second export is identical."""

from collections.abc import Callable
from uuid import NAMESPACE_URL, uuid5

Guid = Callable[..., str]  # kind, then the numbers or names that tell one from another


def guids_of(slug: str) -> Guid:
    """A code has the same GUID in a codebook (QDC) and in a project (QDPX)."""
    study = uuid5(NAMESPACE_URL, f"tandem:{slug}")

    def guid(kind: str, *of: int | str) -> str:
        return str(uuid5(study, ":".join([kind, *map(str, of)]))).upper()

    return guid
