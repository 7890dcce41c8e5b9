"""A study as QDPX, the project file of REFI-QDA: a ZIP of project.qde and the texts, checked before it is offered."""

from tempfile import TemporaryFile
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy.orm import Session

from app.export.qdc import SCHEMA
from app.export.qdpx_data import ProjectData, incident_texts
from app.export.qdpx_guids import guids_of
from app.export.qdpx_xml import NAMESPACE, text_name, write_project
from app.export.writing import LargeFile
from app.problems import Invalid

PROJECT_SCHEMA = SCHEMA.with_name("Project.xsd")
PROJECT = "project.qde"
NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can tell, so that the bytes depend on the study alone


class NotValidQdpx(Invalid):
    """The file would not be valid by the official schema, so it is not given out."""


def qdpx_file(session: Session, data: ProjectData) -> LargeFile:
    """On the disk, not in memory; whoever takes it closes it. Raises NotValidQdpx with the schema's own words."""
    out = TemporaryFile()  # noqa: SIM115 -- it outlives this function
    try:
        with ZipFile(out, "w", ZIP_DEFLATED) as archive:
            with archive.open(_entry(PROJECT), "w") as project:
                write_project(session, data, project)
            guid = guids_of(data.study.slug)
            for row in incident_texts(session, data.study.id):
                archive.writestr(_entry(f"sources/{text_name(guid, row.id)}"), (row.text or "").encode())
        with ZipFile(out) as archive, archive.open(PROJECT) as project:
            check_valid_project(project)
        return LargeFile.at_its_end(f"{data.study.slug}.qdpx", "application/zip", out)
    except BaseException:
        out.close()
        raise


def check_valid_project(project: IO[bytes]) -> None:
    """Reads it piece by piece."""
    from lxml import etree

    schema = etree.XMLSchema(etree.parse(str(PROJECT_SCHEMA), etree.XMLParser(resolve_entities=False, no_network=True)))
    pieces = etree.iterparse(project, events=("end",), schema=schema, resolve_entities=False, no_network=True)
    large = {f"{{{NAMESPACE}}}{tag}" for tag in ("Code", "Case", "TextSource", "Note")}
    try:
        for _, element in pieces:
            if element.tag in large:
                element.clear(keep_tail=False)
    except etree.XMLSyntaxError as problem:
        raise NotValidQdpx(f"{NotValidQdpx().sentence} {problem.msg}") from problem


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, NO_DATE)
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
    return entry
