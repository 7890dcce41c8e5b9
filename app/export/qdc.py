"""REFI-QDA codebook exchange (QDC), checked against the official schema before it leaves.

Dimensions are top-level codes that are not codable; definition, use when, not when and examples are folded into
the description under plain headings, since the format has no place of their own for them.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from app.codebook.folding import folded
from app.codebook.tree import Codebook
from app.problems import Invalid

if TYPE_CHECKING:
    from pyrefiqda.models.codebook import CodeType

SCHEMA = Path(__file__).parent / "schemas" / "Codebook.xsd"
NAMESPACE = "urn:QDA-XML:codebook:1.0"
COLOUR = re.compile(r"#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})")
# What XML 1.0 cannot hold: control characters and lone surrogates.
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class NothingToExport(Invalid):
    """The codebook has no dimensions yet, and the exchange format asks for at least one code."""


class NotValidQdc(Invalid):
    """The file would not be valid by the official schema, so it was not written."""


def qdc_file(codebook: Codebook, slug: str, remarks: Sequence[str] = ()) -> bytes:
    """UTF-8 XML, with the remarks as comments. Raises NothingToExport, and NotValidQdc with the schema's own words."""
    from pyrefiqda.models.codebook import CodeBook, CodesType, CodeType
    from xsdata_pydantic.bindings import XmlSerializer

    if not codebook.dimensions:
        raise NothingToExport
    tops = [
        CodeType(
            guid=_guid(slug, "dimension", dimension.id),
            name=_clean(dimension.name),
            is_codable=False,
            description=_clean(dimension.question) or None,
            code=_codes(codebook, slug, dimension.id),
        )
        for dimension in codebook.dimensions
    ]
    document = CodeBook(codes=CodesType(code=tops), origin="Tandem")
    declared, _, root = XmlSerializer().render(document, ns_map={None: NAMESPACE}).partition("\n")
    content = "\n".join([declared, *(_comment(each) for each in remarks), root]).encode()
    check_valid(content)
    return content


def check_valid(content: bytes) -> None:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    schema = etree.XMLSchema(etree.parse(str(SCHEMA), parser))
    if not schema.validate(etree.fromstring(content, parser)):
        raise NotValidQdc(f"{NotValidQdc().sentence} {schema.error_log.last_error.message}")


def _codes(codebook: Codebook, slug: str, dimension_id: int) -> "list[CodeType]":
    from pyrefiqda.models.codebook import CodeType

    active = codebook.codes_of(dimension_id)
    made = {
        code.id: CodeType(
            guid=_guid(slug, "code", code.id),
            name=_clean(code.name),
            is_codable=not code.is_category,
            color=code.colour if COLOUR.fullmatch(code.colour) else None,
            description=_clean(folded(code)) or None,
            code=[],
        )
        for code in active
    }
    tops: list[CodeType] = []
    for code in active:
        above = made.get(code.parent_id) if code.parent_id is not None else None
        (tops if above is None else above.code).append(made[code.id])
    return tops


def _guid(slug: str, kind: str, id: int) -> str:
    """The same study and object give the same GUID, so that a second export is identical."""
    study: UUID = uuid5(NAMESPACE_URL, f"tandem:{slug}")
    return str(uuid5(study, f"{kind}:{id}")).upper()


def _comment(text: str) -> str:
    return f"<!-- {re.sub('-(?=-)', '- ', _clean(text))} -->"


def _clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
