"""Projects of other tools: bytes in, plain values and what has no place out. Nothing is unpacked to the disk."""

from app.export.readers.archive import ProjectFileProblem, opened_archive
from app.export.readers.project import (
    QdaCase,
    QdaCode,
    QdaCoding,
    QdaNote,
    QdaProject,
    QdaSelection,
    QdaSource,
    QdaUser,
)
from app.export.readers.project_xml import read_project

__all__ = [
    "ProjectFileProblem",
    "QdaCase",
    "QdaCode",
    "QdaCoding",
    "QdaNote",
    "QdaProject",
    "QdaSelection",
    "QdaSource",
    "QdaUser",
    "opened_archive",
    "read_project",
]
