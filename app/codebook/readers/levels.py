"""Levels that a file wrote in another way than Tandem: in the names of its codes, or as dimensions that are none."""

from app.codebook.readers.listed import DEEPEST, ListedCode, ListedCodebook, ListedDimension, too_deep
from app.methods.names import folded_name

SIGNS = ("::", "\\", "/", ".", ">")


def signs_in_names(listed: ListedCodebook) -> dict[str, int]:
    """In how many names each sign stands between two words."""
    names = [code.name for dimension in listed.dimensions for code in dimension.everything()]
    counts = {sign: sum(len(_parts(name, sign)) > 1 for name in names) for sign in SIGNS}
    return {sign: count for sign, count in counts.items() if count}


def by_level_sign(listed: ListedCodebook, sign: str) -> ListedCodebook:
    """Of a name such as `a::b` b stands under a, which becomes a category where the file does not list it."""
    if sign in SIGNS:
        for dimension in listed.dimensions:
            dimension.codes = _taken_apart(dimension.codes, sign)
    return listed


def under_one_dimension(listed: ListedCodebook) -> ListedCodebook:
    """What the file has as dimensions become categories of one, which it does not name."""
    categories = [
        ListedCode(
            each.name,
            f"dimension “{each.name}”",
            {"definition": each.question},
            is_category=True,
            codes=each.codes,
        )
        for each in listed.dimensions
        if each.name
    ]
    unnamed = [code for each in listed.dimensions if not each.name for code in each.codes]
    listed.dimensions = [ListedDimension("", codes=[*categories, *unnamed])]
    return listed


def _taken_apart(codes: list[ListedCode], sign: str) -> list[ListedCode]:
    tops: list[ListedCode] = []
    made: dict[tuple[str, ...], ListedCode] = {}  # parents that no row has listed yet
    known: dict[tuple[str, ...], ListedCode] = {}
    for code in codes:
        parts = _parts(code.name, sign)
        if len(parts) > DEEPEST:
            raise too_deep()
        beside = tops
        for length in range(1, len(parts)):
            way = tuple(folded_name(part) for part in parts[:length])
            if way not in known:
                known[way] = made[way] = ListedCode(parts[length - 1], code.place, is_category=True)
                beside.append(known[way])
            beside = known[way].codes
        way = tuple(folded_name(part) for part in parts)
        code.name, code.codes = parts[-1], _taken_apart(code.codes, sign)
        if way in made:
            _listed_after_all(made.pop(way), code)
        else:
            known.setdefault(way, code)
            beside.append(code)
    return tops


def _listed_after_all(parent: ListedCode, code: ListedCode) -> None:
    parent.name, parent.place, parent.texts, parent.examples = code.name, code.place, code.texts, code.examples
    parent.colour, parent.source, parent.is_category = code.colour, code.source, code.is_category
    parent.codes += code.codes


def _parts(name: str, sign: str) -> list[str]:
    """The name alone where the sign does not stand between two words."""
    parts = [part.strip() for part in name.split(sign)]
    return parts if len(parts) > 1 and all(parts) else [name]
