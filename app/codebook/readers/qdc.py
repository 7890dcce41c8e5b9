"""REFI-QDA codebooks (QDC), also of other tools: top-level codes that cannot be applied are dimensions.

Definition, rules and examples come back out of the description where Tandem's own headings stand in it. Entities and
document types are refused, and nothing is fetched.
"""

import re
from typing import TYPE_CHECKING

from app.codebook.readers.listed import NO_DIMENSION, CodebookFileProblem, ListedCode, ListedCodebook, ListedDimension

if TYPE_CHECKING:
    from lxml.etree import _Element

HEADINGS = {"Use when: ": "use_when", "Not when: ": "not_when", "Source: ": "source"}
EXAMPLE = "Example: "
DEEPEST = 50


def read_qdc(content: bytes) -> ListedCodebook:
    root = _parsed(content)
    if _tag(root) != "CodeBook":
        raise CodebookFileProblem("The file is XML, but no REFI-QDA codebook: its first element is not CodeBook.")
    tops = [each for group in root if _tag(group) == "Codes" for each in group if _tag(each) == "Code"]
    if not tops:
        raise CodebookFileProblem("The codebook in this file holds no codes.")
    found = ListedCodebook([])
    if all(each.get("isCodable") == "false" for each in tops):
        for top in tops:
            dimension = ListedDimension(_name(top), question=_description(top))
            dimension.codes = [_code(child, 1) for child in top if _tag(child) == "Code"]
            found.dimensions.append(dimension)
    else:
        found.dimensions.append(ListedDimension(NO_DIMENSION, codes=[_code(top, 1) for top in tops]))
    sets = sum(_tag(each) == "Set" for each in root.iter())
    if sets:
        found.left_out.append(f"{sets} sets of codes")
    return found


def _parsed(content: bytes) -> "_Element":
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as problem:
        raise CodebookFileProblem(f"The file is no XML that can be read: {problem.msg}.") from problem
    if root.getroottree().docinfo.doctype:
        raise CodebookFileProblem("The file declares a document type, which a codebook has no need of. Remove it.")
    return root


def _code(element: "_Element", depth: int) -> ListedCode:
    if depth > DEEPEST:
        raise CodebookFileProblem(f"The codes of this file stand more than {DEEPEST} levels deep.")
    code = ListedCode(
        name=_name(element),
        place=f"line {element.sourceline}",
        colour=element.get("color") or "",
        is_category=element.get("isCodable") == "false",
        codes=[_code(child, depth + 1) for child in element if _tag(child) == "Code"],
    )
    take_description(code, _description(element))
    return code


def take_description(code: ListedCode, text: str) -> None:
    """The paragraphs under Tandem's headings; what stands before them is the definition."""
    definition: list[str] = []
    for paragraph in re.split(r"\n{2,}(?=(?:Use when|Not when|Example|Source): )", text):
        heading = next((heading for heading in HEADINGS if paragraph.startswith(heading)), None)
        if heading is not None:
            setattr(code, HEADINGS[heading], paragraph.removeprefix(heading).strip())
        elif paragraph.startswith(EXAMPLE):
            code.examples.append(paragraph.removeprefix(EXAMPLE).strip())
        else:
            definition.append(paragraph)
    code.definition = "\n\n".join(definition).strip()


def _description(element: "_Element") -> str:
    return next(((child.text or "").strip() for child in element if _tag(child) == "Description"), "")


def _name(element: "_Element") -> str:
    return " ".join((element.get("name") or "").split())


def _tag(element: "_Element") -> str:
    """Without its namespace, so that older files are read too; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
