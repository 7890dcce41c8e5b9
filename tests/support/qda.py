"""What a QDPX holds, told apart from how it is written: for comparing two files, and for looking into one."""

import re
from io import BytesIO
from zipfile import ZipFile

from lxml import etree

from app.export.qdpx import PROJECT, check_valid_project
from app.export.qdpx_xml import NAMESPACE

_GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")


def project_of(content: bytes) -> etree._Element:
    with ZipFile(BytesIO(content)) as archive:
        return etree.fromstring(archive.read(PROJECT))


def check_valid_file(content: bytes) -> None:
    """By the official schema, and in what a schema does not check: what is referred to is there."""
    with ZipFile(BytesIO(content)) as archive:
        with archive.open(PROJECT) as project:
            check_valid_project(project)
        names = archive.namelist()
    root = project_of(content)
    guids = [element.get("guid") for element in root.iter() if element.get("guid")]
    assert len(set(guids)) == len(guids)
    referred = {element.get("targetGUID") for element in root.iter() if element.get("targetGUID")}
    referred |= {element.get("creatingUser") for element in root.iter() if element.get("creatingUser")}
    assert referred <= set(guids)
    paths = {f"sources/{path.removeprefix('internal://')}" for path in root.xpath("//@plainTextPath")}
    assert {*paths, PROJECT} == set(names) and len(names) == len(paths) + 1


def found(root: etree._Element, path: str) -> list[etree._Element]:
    """path: as XPath, with q: before every element."""
    return root.xpath(path, namespaces={"q": NAMESPACE})


def carried(content: bytes) -> tuple[str, list[bytes]]:
    """The project with GUIDs by the order in which they come, without dates, and the texts in their order.

    What is said of the file itself (the note on what it does not carry) counts for nothing.
    """
    with ZipFile(BytesIO(content)) as archive:
        project = archive.read(PROJECT).decode()
        texts = [archive.read(name) for name in archive.namelist() if name != PROJECT]
    project = re.sub(r' creationDateTime="[^"]*"', "", project)
    project = re.sub(r'(<Note [^>]*name="What this file does not carry"[^>]*><PlainTextContent>)[^<]*', r"\1", project)
    seen: dict[str, str] = {}
    return _GUID.sub(lambda guid: seen.setdefault(guid[0], f"guid {len(seen)}"), project), texts
