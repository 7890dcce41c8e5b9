"""REFI-QDA codebooks (QDC), also of other tools: top-level codes that cannot be applied are dimensions.

Definition, rules and examples come back out of the description where Tandem's own headings stand in it. Entities and
document types are refused, and nothing is fetched.
"""

from collections import Counter
from typing import TYPE_CHECKING

from app.codebook.folding import unfolded
from app.codebook.readers.listed import (
    DEEPEST,
    MOST_CODES,
    NO_DIMENSION,
    CodebookFileProblem,
    ListedCode,
    ListedCodebook,
    ListedDimension,
    counted,
    too_deep,
    too_many_codes,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

KNOWN = {"CodeBook", "Codes", "Code", "Description", "Sets"}
KNOWN_OF_CODES = {"guid", "name", "isCodable", "color"}
NOT_ALLOWED = "it holds a character that XML does not allow, such as a control character. Take it out"
# What the parser says, by a few words of it, in words that help.
FAULTS = {
    "not proper UTF-8": "it is not written in UTF-8, as it should be. Save it as UTF-8",
    "amplification": "it declares entities that grow without end, of which a codebook has no need. Remove them",
    "encoding": "it is not written in the encoding that it names. Save it as UTF-8",
    "xmlChar": NOT_ALLOWED,
    "invalid Char": NOT_ALLOWED,
    "invalid xmlChar": NOT_ALLOWED,
}


def read_qdc(content: bytes) -> ListedCodebook:
    root = _parsed(content)
    if _tag(root) != "CodeBook":
        raise CodebookFileProblem("The file is XML, but no REFI-QDA codebook: its first element is not CodeBook.")
    tops = [each for group in root if _tag(group) == "Codes" for each in group if _tag(each) == "Code"]
    if not tops:
        raise CodebookFileProblem("The codebook in this file holds no codes.")
    codes = [each for each in root.iter() if _tag(each) == "Code"]
    if len(codes) > MOST_CODES:
        raise too_many_codes(len(codes))
    found = ListedCodebook([], left_out=_left_out(root), remarks=_shared_guids(codes))
    if all(_is_category(each) for each in tops):
        for top in tops:
            dimension = ListedDimension(_name(top), question=_description(top))
            dimension.codes = [_code(child, 1) for child in top if _tag(child) == "Code"]
            found.dimensions.append(dimension)
    else:
        found.dimensions.append(ListedDimension(NO_DIMENSION, codes=[_code(top, 1) for top in tops]))
    return found


def _parsed(content: bytes) -> "_Element":
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as problem:
        if "depth" in (problem.msg or ""):
            raise too_deep() from problem
        fault = next((said for word, said in FAULTS.items() if word in (problem.msg or "")), problem.msg)
        raise CodebookFileProblem(f"The file is no XML that can be read: {fault}.") from problem
    if root.getroottree().docinfo.doctype:
        raise CodebookFileProblem("The file declares a document type, which a codebook has no need of. Remove it.")
    return root


def _left_out(root: "_Element") -> list[str]:
    """Elements and attributes that Tandem has no place for, by name and count."""
    elements = Counter(_tag(each) for each in root.iter() if _tag(each) and _tag(each) not in KNOWN)
    of_sets = elements.pop("MemberCode", 0)
    sets = elements.pop("Set", 0)
    attributes = Counter(
        str(name) for each in root.iter() if _tag(each) == "Code" for name in each.attrib if name not in KNOWN_OF_CODES
    )
    members = f", with {counted(of_sets, 'code')} in them" if of_sets else ""
    found = [counted(sets, "set of codes", many="sets of codes") + members] if sets else []
    found += [f"{count} of the element “{name[:60]}”" for name, count in elements.most_common(20)]
    return found + [f"{count} times the attribute “{name[:60]}”" for name, count in attributes.most_common(20)]


def _shared_guids(codes: "list[_Element]") -> list[str]:
    guids = Counter((each.get("guid") or "").upper() for each in codes if each.get("guid"))
    shared = [guid for guid, count in guids.items() if count > 1]
    if not shared:
        return []
    more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
    return [f"several codes share the GUID {shared[0][:40]}{more}; each was read for itself"]


def _code(element: "_Element", depth: int) -> ListedCode:
    if depth > DEEPEST:
        raise too_deep()
    written = unfolded(_description(element))
    return ListedCode(
        name=_name(element),
        place=f"line {element.sourceline}",
        texts=written.texts,
        examples=written.examples,
        source=written.source,
        colour=element.get("color") or "",
        is_category=_is_category(element),
        codes=[_code(child, depth + 1) for child in element if _tag(child) == "Code"],
    )


def _description(element: "_Element") -> str:
    return next((str(child.xpath("string()")).strip() for child in element if _tag(child) == "Description"), "")


def _is_category(element: "_Element") -> bool:
    """The schema lets a boolean be written as a number too."""
    return (element.get("isCodable") or "").strip() in ("false", "0")


def _name(element: "_Element") -> str:
    return " ".join((element.get("name") or "").split())


def _tag(element: "_Element") -> str:
    """Without its namespace, so that older files are read too; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
